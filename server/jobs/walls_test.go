package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/server/jobs"
)

// What SQL that was slipped into a statement of the app can do to the queue:
// nothing, and it sees nothing.
func TestInjectedStatementsDoNotReachTheQueue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	s.Exec(t, `insert into river.river_leader values (now(), now() + interval '1 hour', 'x')`)
	s.Exec(t, `insert into river.river_queue (name) values ('local')`)
	pool := s.driver.Pool
	for _, query := range []string{
		`select count(*) from river.river_job`, `select count(*) from river.river_queue`, `select count(*) from river.river_leader`,
		`with x as (update river.river_job set state = 'cancelled', finalized_at = now() returning 1) select count(*) from x`,
		`with x as (delete from river.river_job returning 1) select count(*) from x`,
		`with x as (update river.river_queue set paused_at = now() returning 1) select count(*) from x`,
		`with x as (delete from river.river_leader returning 1) select count(*) from x`,
	} {
		var n int
		if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", query, n, err)
		}
	}
	text := one[string](t, s, `select args ->> 'job' from river.river_job`)
	proof := one[string](t, s, `select args ->> 'proof' from river.river_job`)
	for name, query := range map[string]struct {
		sql  string
		args []any
	}{
		"a row of its own":       {`insert into river.river_job (kind, args, max_attempts) values ('note', '{}', 1)`, nil},
		"what a job is":          {`update river.river_job set args = '{}'`, nil},
		"its kind":               {`update river.river_job set kind = 'x'`, nil},
		"a lane of its own":      {`insert into river.river_queue (name) values ('x')`, nil},
		"a leader of its own":    {`insert into river.river_leader values (now(), now(), 'x')`, nil},
		"no proof":               {`select app.enqueue($1, '')`, []any{text}},
		"another job's proof":    {`select app.enqueue($1, $2)`, []any{strings.Replace(text, "note", "nota", 1), proof}},
		"another's facts":        {`select app.job_facts($1, $2)`, []any{strings.Replace(text, org.String(), contact.String(), 1), proof}},
		"an end":                 {`select app.job_done(1, 1, $1)`, []any{proof}},
		"a slot":                 {`select app.enqueue_slot('x', $1, $2, $2)`, []any{text, proof}},
		"clinics":                {`select app.expired_keys(10, $1)`, []any{proof}},
		"to be a worker":         {`select app.working() from set_config('app.working', '1 ' || $1, false)`, []any{proof}},
		"a counter":              {`select nextval('river.river_job_id_seq')`, nil},
		"another's notification": {`select count(*) from river.river_notification`, nil},
	} {
		conn, err := pgx.Connect(t.Context(), s.AppDSN)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), query.sql, query.args...); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", name, err)
		}
		_ = conn.Close(t.Context())
	}
	// A proof that was stolen from a job puts that job in a second time, and no other.
	var again bool
	if err := pool.QueryRow(t.Context(), `select app.enqueue($1, $2)`, text, proof).Scan(&again); err != nil || again {
		t.Errorf("the same job again: %v, %v", again, err)
	}
}

// A row that somebody put into the queue past the program is not worked: it is
// refused, and that is on record.
func TestAForgedJobIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	other, foreign := s.clinic(t, "harbor")
	text, err := note.Text(queue.Order[noteArgs]{ID: newID(), Org: org, Args: noteArgs{contact}})
	if err != nil {
		t.Fatal(err)
	}
	good := s.Key.Prove(queue.Message(text))
	forged := []map[string]string{
		{"job": text},
		{"job": text, "proof": "test." + strings.Repeat("0", 64)},
		{"proof": good},
		{},
		{"job": strings.ReplaceAll(strings.ReplaceAll(text, org.String(), other.String()), contact.String(), foreign.String()), "proof": good},
		{"job": text + " ", "proof": good},
	}
	put := func(kind string, args any) {
		body, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(t, `insert into river.river_job (kind, queue, args, max_attempts) values ($1, 'local', $2, 3)`, kind, string(body))
	}
	for _, f := range forged {
		put("note", f)
	}
	// An honest job under another kind's name.
	w := noting()
	w.Kind.Name = "other"
	put("other", map[string]string{"job": text, "proof": good})
	s.run(t, s.config(noting(), w))
	until(t, s, `select count(*) = $1 from river.river_job where state = 'cancelled' and attempt = 1`, len(forged)+1)
	if got := one[string](t, s, `select string_agg(notes, '') from contacts`); got != "" {
		t.Errorf("noted %q", got)
	}
	if n := one[int](t, s, `select count(*) from audit_decisions where reason = 'job_not_proven' and not allow and org_id is null`); n != len(forged)+1 {
		t.Errorf("%d records of %d", n, len(forged)+1)
	}
}

// A worker's seal is good for its own connection, until it expires.
func TestAWorkersSeal(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	conn, err := pgx.Connect(t.Context(), s.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	pid, soon, past := int64(conn.PgConn().PID()), time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Second).Unix()
	for name, test := range map[string]struct {
		pid, until int64
		good       bool
	}{
		"its own": {pid, soon, true}, "another's": {pid + 1, soon, false}, "expired": {pid, past, false},
	} {
		seal := jobs.Seal(s.Key, test.pid, test.until)
		var working bool
		err := conn.QueryRow(t.Context(), `select app.working() from set_config('app.working', $1, false)`, seal).Scan(&working)
		if working != test.good || (err == nil) != test.good {
			t.Errorf("%s: %v, %v", name, working, err)
		}
	}
}
