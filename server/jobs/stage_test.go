package jobs_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/jobs"
)

// noteArgs are what the jobs of the tests are told: whose name to note.
type noteArgs struct {
	Contact uuid.UUID `json:"contact"`
}

// stage is the queue of a database of its own, with the shipped policy. Its eye
// looks past every wall.
type stage struct {
	*dbtest.DB
	driver   *rls.Driver
	records  *audit.Writer
	policies policy.Source
	eye      *pgxpool.Pool
	log      *lockedBuffer
}

func newStage(t testing.TB) *stage {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 12)
	log := &lockedBuffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	eye, err := pgxpool.New(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(eye.Close)
	records := audit.NewWriter(pool, db.Key, uuid.New())
	t.Cleanup(records.Close)
	return &stage{
		DB: db, driver: rls.New(rls.Config{Pool: pool, Key: db.Key}), records: records, policies: engine(t, rego.Files), eye: eye, log: log,
	}
}

func engine(t testing.TB, files fs.FS) policy.Source {
	t.Helper()
	e, err := opa.New(t.Context(), files, opa.Config{Budget: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// config is a quick runner's: it looks often and waits for nothing.
func (s *stage) config(workers ...jobs.Handler) jobs.Config {
	return jobs.Config{
		DSN: s.AppDSN, Driver: s.driver, Policies: s.policies, Records: s.records,
		Log: slog.New(slog.NewJSONHandler(s.log, nil)), Now: time.Now, NewID: newID, Workers: workers,
		Poll: 20 * time.Millisecond, Jitter: func(time.Duration) time.Duration { return 0 },
	}
}

// open makes a runner that does not run yet.
func (s *stage) open(t testing.TB, c jobs.Config) *jobs.Runner {
	t.Helper()
	r, err := jobs.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// run works the queue until the test ends or stop is called, which waits for the
// jobs at work.
func (s *stage) run(t testing.TB, c jobs.Config) (r *jobs.Runner, stop func()) {
	t.Helper()
	r = s.open(t, c)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return r, stop
}

// clinic makes one with a contact.
func (s *stage) clinic(t testing.TB, slug string) (org, contact uuid.UUID) {
	t.Helper()
	org, contact = newID(), newID()
	s.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'America/New_York')`, org, slug)
	s.Exec(t, `insert into contacts (org_id, id, name, phone, notes) values ($1, $2, 'Ada', '+15550100001', '')`, org, contact)
	return org, contact
}

// insert orders a job in a transaction of its own, under a scope of nothing.
func insert[A any](t testing.TB, s *stage, k queue.Kind[A], o queue.Order[A]) bool {
	t.Helper()
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	tx, err := s.driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if o.ID == uuid.Nil {
		o.ID = newID()
	}
	inserted, err := k.Insert(ctx, tx, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return inserted
}

// one reads one value past every wall.
func one[T any](t testing.TB, s *stage, query string, args ...any) (v T) {
	t.Helper()
	if err := s.eye.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// until looks again and again until the query says true; the test's own deadline
// ends it.
func until(t testing.TB, s *stage, query string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !one[bool](t, s, query, args...) {
		select {
		case <-ctx.Done():
			rows, _ := s.eye.Query(t.Context(), `select kind, state::text, attempt, errors::text from river.river_job`)
			for rows.Next() {
				values, _ := rows.Values()
				t.Log(values)
			}
			t.Fatalf("never: %s", query)
		case <-tick.C:
		}
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
