package chaos_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// verify compares the rows with every clinic's ledger, while nobody asks.
func (r *run) verify(t *testing.T) {
	t.Helper()
	r.quiet.Lock()
	defer r.quiet.Unlock()
	r.super(t, func(conn *pgx.Conn) error {
		orgs := map[string]*clinic{}
		for _, c := range r.all {
			orgs[c.slug] = c
		}
		for k, table := range tables() {
			compareRows(t, conn, orgs, kind(k), table)
		}
		compareVersions(t, conn, orgs)
		compareCalls(t, conn, orgs)
		r.compareRecords(t, conn)
		statsEqualTheRows(t, conn)
		chainsHold(t, conn)
		return nil
	})
}

// table is where the rows of a kind are, the column that names them, and what
// decisions call them.
type table struct{ name, mark, resource string }

func tables() [kinds]table {
	return [kinds]table{
		article:     {"knowledge_base", "title", "knowledge_article"},
		contact:     {"contacts", "name", "contact"},
		appointment: {"appointments", "notes", "appointment"},
	}
}

// compareRows: what was acknowledged is there once, what was not at most once,
// and nothing else is, least of all another clinic's.
func compareRows(t *testing.T, conn *pgx.Conn, orgs map[string]*clinic, k kind, in table) {
	t.Helper()
	found := map[string]int{}
	each(t, conn, fmt.Sprintf(`select o.slug, x.%s from %s x join organizations o on o.id = x.org_id`, in.mark, in.name), nil, func(slug, mark string) {
		if orgs[slug].rows[k][mark] == nil {
			t.Errorf("%s: %s has %s, which it did not ask for, or was told that it was not done", in.name, slug, mark)
		}
		if found[mark]++; found[mark] > 1 {
			t.Errorf("%s: %s has %s twice", in.name, slug, mark)
		}
	})
	for slug, c := range orgs {
		for mark, row := range c.rows[k] {
			if row.acknowledged && found[mark] == 0 {
				t.Errorf("%s: %s was told that it has %s, which is not there", in.name, slug, mark)
			}
		}
	}
}

// compareVersions: each change of an article was done once.
func compareVersions(t *testing.T, conn *pgx.Conn, orgs map[string]*clinic) {
	t.Helper()
	each(t, conn, `select o.slug || ' ' || x.title, x.version from knowledge_base x join organizations o on o.id = x.org_id`, nil, func(which string, version int) {
		slug, title, _ := strings.Cut(which, " ")
		if row := orgs[slug].rows[article][title]; row != nil {
			if low, high := row.versions(); version < low || version > high {
				t.Errorf("%s has version %d, not %d to %d: a change was lost or done twice", title, version, low, high)
			}
		}
	})
}

// compareCalls: each message that was acknowledged is in the inbox once, and
// what it says is in the call once it was applied.
func compareCalls(t *testing.T, conn *pgx.Conn, orgs map[string]*clinic) {
	t.Helper()
	inbox := map[string]int{} // 0: none; 1: applied; 2: waiting
	each(t, conn, `select i.provider_call_id || ' ' || i.event_type, count(*), bool_or(i.applied_at is null) from webhook_inbox i group by 1`, nil,
		func(message string, n int, waiting bool) {
			inbox[message] = 1
			if waiting {
				inbox[message] = 2
			}
			if n > 1 {
				t.Errorf("the message %s is there %d times", message, n)
			}
		})
	status := map[string]string{}
	each(t, conn, `select o.slug || ' ' || c.provider_call_id, c.status from call_logs c join organizations o on o.id = c.org_id`, nil, func(which, s string) {
		slug, id, _ := strings.Cut(which, " ")
		if orgs[slug].calls[id] == nil || status[id] != "" {
			t.Errorf("%s has the call %s, which nobody reported, or twice", slug, id)
		}
		status[id] = s
	})
	for slug, c := range orgs {
		for id, call := range c.calls {
			begun, ended := inbox[id+" status-update"], inbox[id+" end-of-call-report"]
			if call.kept && begun == 0 || call.ended && ended == 0 {
				t.Errorf("%s: of call %s an acknowledged message is missing", slug, id)
			}
			want := ""
			switch {
			case ended == 1:
				want = "completed"
			case begun == 1 && ended == 0:
				want = "in_progress"
			}
			if want != "" && status[id] != want {
				t.Errorf("%s: call %s is %q, not %s", slug, id, status[id], want)
			}
		}
	}
}

// compareRecords: each request that was answered with data has records of this
// clinic that allowed it, and each row that a mutation made has one in the
// clinic's own chain, which commits with it.
func (r *run) compareRecords(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	var requests, orgs []string
	for _, c := range r.all {
		for _, id := range c.answered {
			requests, orgs = append(requests, id), append(orgs, c.org.String())
		}
	}
	each(t, conn, `select a.org, a.id from unnest($1::text[], $2::text[]) a(id, org) where not exists (
		select from audit_decisions d where d.request_id = a.id and d.org_id::text = a.org and d.allow)`, []any{requests, orgs}, func(org, id string) {
		t.Errorf("request %s of %s was served and has no record", id, org)
	})
	for _, in := range tables() {
		each(t, conn, fmt.Sprintf(`select o.slug, (select count(*) from %s x where x.org_id = o.id), (select count(*) from audit_decisions d
			where d.chain = 'org:' || o.id and d.action = 'create' and d.resource = $1 and d.allow) from organizations o`, in.name),
			[]any{in.resource}, func(slug string, rows, records int) {
				if rows != records {
					t.Errorf("%s: %d rows in %s were made under %d records", slug, rows, in.name, records)
				}
			})
	}
}

// statsEqualTheRows: the sums that are kept are the sums of the calls.
func statsEqualTheRows(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	each(t, conn, `
		with kept as (select org_id, sum(total) as total, sum(completed) as completed, sum(in_progress) as in_progress, sum(web) as web,
		                     sum(duration_seconds)::bigint as seconds from org_daily_stats group by 1),
		     counted as (select org_id, count(*) as total, count(*) filter (where status = 'completed') as completed,
		                     count(*) filter (where status = 'in_progress') as in_progress, count(*) filter (where direction = 'web') as web,
		                     coalesce(sum(duration_seconds), 0) as seconds from call_logs where not is_test group by 1)
		select o.slug, concat(kept.*, ' ', counted.*) from organizations o left join kept on kept.org_id = o.id left join counted on counted.org_id = o.id
		 where kept is distinct from counted`, nil, func(slug, sums string) {
		t.Errorf("%s: the statistics are not those of the calls: %s", slug, sums)
	})
}

// chainsHold recomputes every hash of every chain.
func chainsHold(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select chain, seq, body, prev_hash, hash from audit_decisions order by chain, seq`)
	if err != nil {
		t.Fatal(err)
	}
	var (
		chain, body, current string
		seq, last            int64
		before, hash         []byte
		prev                 [sha256.Size]byte
	)
	_, err = pgx.ForEachRow(rows, []any{&chain, &seq, &body, &before, &hash}, func() error {
		if chain != current {
			current, last, prev = chain, 0, [sha256.Size]byte{}
		}
		linked := sha256.Sum256(append(prev[:], body...))
		if seq != last+1 || string(before) != string(prev[:]) || string(hash) != string(linked[:]) {
			t.Errorf("chain %s does not hold at %d", chain, seq)
		}
		last, prev = seq, linked
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// each calls see, a function of a row's columns, with every row of a query.
func each(t *testing.T, conn *pgx.Conn, query string, args []any, see any) {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	call := reflect.ValueOf(see)
	columns, into := make([]reflect.Value, call.Type().NumIn()), make([]any, call.Type().NumIn())
	for i := range columns {
		p := reflect.New(call.Type().In(i))
		columns[i], into[i] = p.Elem(), p.Interface()
	}
	if _, err := pgx.ForEachRow(rows, into, func() error { call.Call(columns); return nil }); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// settle finishes what is waiting, under the same keys as before, and waits for
// messages that were kept and not applied.
func (r *run) settle(t *testing.T) {
	t.Helper()
	for _, c := range r.all {
		for tries := 0; c.waiting != nil; tries++ {
			w := c.waiting
			if !r.turn(t, c, func(ctx context.Context) (answer, error) { return c.try(ctx, w) }) {
				if tries > 100 {
					t.Fatalf("%s: %s is not acknowledged", c.slug, w.key)
				}
				wait(t.Context(), backoff)
			}
		}
	}
	for range patience / backoff {
		left := 0
		r.super(t, func(conn *pgx.Conn) error {
			return conn.QueryRow(t.Context(), `select count(*) from webhook_inbox where applied_at is null`).Scan(&left)
		})
		if left == 0 {
			return
		}
		wait(t.Context(), backoff)
	}
	t.Error("messages that were kept are never applied")
}

// sum says what the run was.
func (r *run) sum() string {
	var writes, answered int
	for _, c := range r.all {
		writes += len(c.kept)
		answered += len(c.answered)
	}
	return fmt.Sprintf("%d clinics, %d answers with data, each on record; %d writes acknowledged, each there once; %d answers wrong",
		len(r.all), answered, writes, r.wrongs.Load())
}
