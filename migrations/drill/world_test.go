// Package drill_test plays the attacker who can run any SQL as the app role, on
// a connection whose scope is a genuine seal of one clinic, or on one without a
// scope. Every table, column and function it attacks is read from the catalog,
// so that a new one is attacked without anyone adding a line.
//
// What no other clinic may lose is marked: every text, id and hash of the two
// victims holds a canary, and a canary in anything that the database answers,
// rows, errors and notices alike, is a leak.
package drill_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// An org of the drill. Its mark begins every id and hash of its rows, its word
// every text, its dial every phone number.
type org struct {
	id               uuid.UUID
	word, mark, dial string
}

func newOrg(word, digit string) org {
	mark := strings.Repeat(digit, 8)
	return org{uuid.MustParse(mark + "-0000-7000-8000-000000000001"), word, mark, "+1" + strings.Repeat(fmt.Sprint(digit[0]%8+2), 4)}
}

// The attacker is an owner of clinic a; b and c are the victims.
func orgs() (a, b, c org) {
	return newOrg("canary-sunrise", "a"), newOrg("canary-harbor", "b"), newOrg("canary-northside", "c")
}

// world is a database in which every table holds rows of three clinics.
type world struct {
	*dbtest.DB
	a, b, c org
	super   *pgx.Conn
	tables  []table
	subject uuid.UUID // the attacker, a user of clinic a
}

// newWorld gives clinic a two rows of every table, c two and b as many as told:
// enough of them make the planner's statistics tell of b.
func newWorld(t testing.TB, rows int) *world {
	t.Helper()
	w := &world{DB: dbtest.Open(t)}
	w.a, w.b, w.c = orgs()
	var err error
	if w.super, err = pgx.Connect(t.Context(), w.SuperDSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.super.Close(context.WithoutCancel(t.Context())) })
	w.tables = catalog(t, w.super)
	w.Exec(t, `create table public.drill (id uuid, word text, mark text, dial text, rows int)`)
	for o, n := range map[org]int{w.a: 2, w.b: rows, w.c: 2} {
		w.Exec(t, `insert into drill values ($1, $2, $3, $4, $5)`, o.id, o.word, o.mark, o.dial, n)
		w.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'clinic', $2, $2)`, o.id, o.word)
	}
	w.Exec(t, `insert into organizations (id, kind, name, slug) values (gen_random_uuid(), 'partner', 'bridge', 'bridge')`)
	for _, tbl := range w.tables {
		if tbl.name == "organizations" {
			continue
		}
		if _, err := w.super.Exec(t.Context(), tbl.fill()); err != nil {
			t.Fatalf("filling %s: %v\n%s", tbl.name, err, tbl.fill())
		}
		var missing string
		err := w.super.QueryRow(t.Context(), fmt.Sprintf(`select coalesce(string_agg(word, ', '), '') from drill o
			where not exists (select from %s t where t::text like '%%' || o.mark || '%%')`, tbl.name)).Scan(&missing)
		if err != nil || missing != "" {
			t.Fatalf("%s has no row of %s, and would not be attacked: %v", tbl.name, missing, err)
		}
	}
	// The trigger that counts calls made these of its own accord.
	w.Exec(t, `update org_daily_stats set id = (left(org_id::text, 8) || substr(md5(id::text), 9))::uuid`)
	w.Exec(t, `drop table drill`)
	if err := w.super.QueryRow(t.Context(), `select id from users where subject like $1 || '%' limit 1`, w.a.word).Scan(&w.subject); err != nil {
		t.Fatal(err)
	}
	return w
}

// leaks are the victims' canaries in what the database said.
func (w *world) leaks(said string) []string {
	var found []string
	for _, o := range []org{w.b, w.c} {
		for _, canary := range []string{o.word, o.mark, o.dial} {
			if strings.Contains(said, canary) {
				found = append(found, canary)
			}
		}
	}
	return found
}

// victims is a digest of every row that is not the attacker's, table by table.
func (w *world) victims(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, tbl := range w.tables {
		var digest string
		err := w.super.QueryRow(context.WithoutCancel(t.Context()), fmt.Sprintf(`select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, ';' order by t::text)), '')
			from %s t where t.%s <> $1 or t.%[2]s is null`, tbl.name, tbl.owner()), w.a.id).Scan(&digest)
		if err != nil {
			t.Fatalf("%s: %v", tbl.name, err)
		}
		out[tbl.name] = digest
	}
	return out
}

// scope is all that a decision about an owner of clinic a could give: the
// actions on the row types, in a. No resources means every one.
func (w *world) scope(t testing.TB, actions []policy.Action, resources ...policy.Resource) policy.Scope {
	t.Helper()
	if len(resources) == 0 {
		resources = policy.Resources()
	}
	s := policy.Subject{ID: w.subject, Kind: policy.Member, Memberships: []policy.Membership{
		{OrgID: w.a.id, Slug: w.a.word, Role: policy.Owner, Status: policy.OrgActive},
	}}
	var decisions []policy.Decision
	for _, r := range resources {
		for _, a := range actions {
			d := policy.Judge(policy.Request{Subject: s, Action: a, Resource: r, Orgs: []uuid.UUID{w.a.id}},
				policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{w.a.id}}, policy.Evidence{})
			if err := d.Err(); err != nil {
				t.Fatal(err)
			}
			decisions = append(decisions, d)
		}
	}
	return policy.NewScope(s, decisions...)
}

func everything() []policy.Action {
	return []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete}
}
