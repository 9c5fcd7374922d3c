package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/jobs"
)

// However an attempt ends that is not the last, its effect is kept once.
func TestAJobThatIsKilledIsDoneOnce(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(t *testing.T, s *stage, ctx context.Context, tx *rls.Tx) error{
		"a panic": func(*testing.T, *stage, context.Context, *rls.Tx) error { panic("killed") },
		"its time is over": func(_ *testing.T, _ *stage, ctx context.Context, _ *rls.Tx) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"its connection ends": func(t *testing.T, s *stage, ctx context.Context, tx *rls.Tx) error {
			t.Helper()
			s.Exec(t, `select pg_terminate_backend(pid) from pg_locks where relation = 'contacts'::regclass and mode = 'RowExclusiveLock'
				and database = (select oid from pg_database where datname = current_database())`)
			return tx.Exec(ctx, `select 1`, []any{}, nil)
		},
		"its connection ends before it ends": func(t *testing.T, s *stage, _ context.Context, _ *rls.Tx) error {
			t.Helper()
			s.Exec(t, `select pg_terminate_backend(pid) from pg_locks where relation = 'contacts'::regclass and mode = 'RowExclusiveLock'
				and database = (select oid from pg_database where datname = current_database())`)
			return nil
		},
		"every connection ends": func(t *testing.T, s *stage, _ context.Context, _ *rls.Tx) error {
			t.Helper()
			s.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'cascade_app' and datname = current_database()`)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			org, contact := s.clinic(t, "sunrise")
			var attempts atomic.Int64
			w := noting()
			w.Timeout = time.Second
			w.Work = func(ctx context.Context, tx *rls.Tx, job *jobs.Job[noteArgs]) error {
				if err := mark(ctx, tx, job); err != nil || attempts.Add(1) > 1 {
					return err
				}
				return kill(t, s, ctx, tx)
			}
			insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
			c := s.config(w)
			c.Rescue = time.Minute
			s.run(t, c)
			until(t, s, `select count(*) = 1 from river.river_job where state = 'completed'`)
			if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "x" || attempts.Load() < 2 {
				t.Errorf("noted %q in %d attempts", got, attempts.Load())
			}
			// The attempt that was not kept left no record of a decision.
			if n := one[int](t, s, `select count(*) from audit_decisions where credential_id = 'note' and allow`); n != 1 {
				t.Errorf("%d records", n)
			}
		})
	}
}

// An attempt that was taken for dead, and goes on, keeps nothing: the job is
// another's by then.
func TestAnAttemptThatLostItsJobKeepsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	results := make(chan jobs.Result, 8)
	var begun atomic.Bool
	w := noting()
	w.Errand = func(ctx context.Context, job *jobs.Job[noteArgs]) error {
		if !begun.Swap(true) {
			// What a rescuer does with a job that stays away too long, and another worker after it.
			s.Exec(t, `update river.river_job set state = 'available'`)
			until(t, s, `select count(*) = 1 from river.river_job where state = 'completed' and attempt = 2`)
		}
		return job.Finish(ctx, func(tx *rls.Tx) error { return mark(ctx, tx, job) })
	}
	w.Work = nil
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	c := s.config(w)
	c.Observe = func(o jobs.Observation) { results <- o.Result }
	s.run(t, c)
	if a, b := <-results, <-results; a != jobs.Done || b != jobs.Lost {
		t.Errorf("the attempts came to %s, %s", a, b)
	}
	if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "x" {
		t.Errorf("noted %q", got)
	}
}

// Two servers, one queue: each job is worked once, and a slot of what recurs
// makes one job.
func TestTwoServersDoEachJobOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	const many = 60
	for range many {
		insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	}
	var done atomic.Int64
	c := s.config(noting())
	c.Observe = func(o jobs.Observation) {
		if o.Result == jobs.Done {
			done.Add(1)
		}
	}
	s.run(t, c)
	s.run(t, c)
	until(t, s, completed)
	if got := one[int](t, s, `select length(notes) from contacts where id = $1`, contact); got != many || done.Load() != many {
		t.Errorf("%d marks by %d attempts", got, done.Load())
	}
}

// A stop waits for jobs at work, takes no more, and what is cut off goes back.
func TestAStopLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	began, end := make(chan bool), make(chan bool)
	w := noting()
	w.Work = func(ctx context.Context, tx *rls.Tx, job *jobs.Job[noteArgs]) error {
		began <- true
		select {
		case <-end:
		case <-ctx.Done():
			return ctx.Err()
		}
		return mark(ctx, tx, job)
	}
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	c := s.config(w)
	_, stop := s.run(t, c)
	<-began
	go func() { end <- true }()
	stop() // the job at work ends
	if got := one[string](t, s, `select notes || (select state::text from river.river_job) from contacts where id = $1`, contact); got != "xcompleted" {
		t.Errorf("after a stop that waited: %s", got)
	}
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	c.Drain = 50 * time.Millisecond
	_, stop = s.run(t, c)
	<-began
	stop() // the job at work is cut off
	if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "x" {
		t.Errorf("after a stop that did not wait: %s", got)
	}
	s.run(t, c)
	<-began
	end <- true
	until(t, s, completed)
	if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "xx" {
		t.Errorf("in the end: %s", got)
	}
}

// While the database is away the runner waits, and then goes on.
func TestADatabaseThatWasAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	s.Exec(t, `revoke connect on database "`+s.Name+`" from public`)
	s.run(t, s.config(noting()))
	said := time.NewTicker(10 * time.Millisecond)
	defer said.Stop()
	for !strings.Contains(s.log.String(), "cannot be worked yet") {
		<-said.C
	}
	s.Exec(t, `grant connect on database "`+s.Name+`" to public`)
	until(t, s, completed)
}

// An errand's decisions are on record before it speaks to anybody, and each of
// its steps is kept by itself.
func TestAnErrandIsOnRecordFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	w := noting()
	w.Work = nil
	w.Errand = func(ctx context.Context, job *jobs.Job[noteArgs]) error {
		if n := one[int](t, s, `select count(*) from audit_decisions where subject_id = $1`, job.ID); n != job.Attempt {
			return errors.New("no record yet")
		}
		if job.Attempt == 2 {
			return nil // ended without a last step
		}
		if err := job.Within(ctx, func(tx *rls.Tx) error { return mark(ctx, tx, job) }); err != nil {
			return err
		}
		return jobs.Fault{Code: "gateway"}
	}
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	s.run(t, s.config(w))
	until(t, s, completed)
	got := one[string](t, s, `select notes || attempt || (errors[1] ->> 'error') from contacts, river.river_job where contacts.id = $1`, contact)
	if got != "x2gateway" {
		t.Errorf("kept %q", got)
	}
}

// What recurs is inserted once a slot, whoever asks, and made up for once.
func TestWhatRecurs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	nightly := queue.Kind[noteArgs]{Name: "nightly"}
	w := jobs.Worker[noteArgs]{Kind: nightly, Platform: true, Work: func(context.Context, *rls.Tx, *jobs.Job[noteArgs]) error { return nil }}
	now := time.Date(2026, 11, 23, 2, 29, 59, 0, time.UTC)
	c := s.config(w)
	c.Now = func() time.Time { return now }
	c.Periodic = []jobs.Periodic{jobs.Recur(nightly, jobs.Daily(2, 30), func(time.Time) noteArgs { return noteArgs{} })}
	first, second := s.open(t, c), s.open(t, c)
	look := func(want int) {
		t.Helper()
		for _, r := range []*jobs.Runner{first, second, s.open(t, c)} {
			if err := r.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := one[int](t, s, `select count(*) from river.river_job where kind = 'nightly'`); got != want {
			t.Errorf("at %s: %d jobs, want %d", now, got, want)
		}
	}
	look(0) // it is new
	now = now.Add(time.Second)
	look(1) // 02:30
	now = now.Add(23 * time.Hour)
	look(1)
	now = now.Add(4 * 24 * time.Hour)
	look(2) // four days without a process are made up for once
	now = now.Add(-48 * time.Hour)
	look(2) // a clock that was set back makes no job
}

// Keys that have expired are forgotten, each clinic's under its own scope.
func TestThePurge(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var orgs []string
	for _, slug := range []string{"sunrise", "harbor", "northside"} {
		org, _ := s.clinic(t, slug)
		orgs = append(orgs, org.String())
		for _, in := range []string{"-1 second", "-2 days", "1 hour"} {
			s.Exec(t, `insert into idempotency_keys (org_id, id, principal_id, key, operation, fingerprint, expires_at)
				select $1, id, $1, $2::text, 'o', sha256('x'), now() + $2::text::interval from gen_random_uuid() id`, org, in)
		}
	}
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, orgs[2])
	today := time.Now()
	now := today.Add(-24 * time.Hour)
	workers, periodic := jobs.Purge(newID)
	c := s.config(workers...)
	c.Periodic = []jobs.Periodic{periodic}
	c.Now = func() time.Time { return now }
	r := s.open(t, c)
	for _, now = range []time.Time{now, today} {
		if err := r.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, c)
	until(t, s, `select count(*) = 3 and bool_and(state = 'completed') from river.river_job`)
	if got := one[int](t, s, `select count(*) from idempotency_keys where org_id <> $1`, orgs[2]); got != 2 {
		t.Errorf("%d keys are left, want the 2 that have not expired", got)
	}
	if got := one[int](t, s, `select count(*) from idempotency_keys where org_id = $1`, orgs[2]); got != 3 {
		t.Errorf("%d keys of a suspended clinic are left, want all 3", got)
	}
	if got := one[int](t, s, `select count(*) from audit_decisions where resource = 'idempotency_key' and action = 'delete' and chain = 'org:' || org_id`); got != 2 {
		t.Errorf("%d records, want one for each clinic", got)
	}
}
