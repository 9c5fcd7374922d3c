package rls_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// scopeFor is the scope of a task of one clinic: what a decision would give it.
func scopeFor(t *testing.T, org uuid.UUID, resource policy.Resource, actions ...policy.Action) policy.Scope {
	t.Helper()
	s := policy.Subject{ID: uuid.New(), Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive}
	for _, a := range actions {
		s.Credential.Scopes = append(s.Credential.Scopes, string(resource)+":"+string(a))
	}
	var decisions []policy.Decision
	for _, a := range actions {
		d := policy.Judge(policy.Request{Subject: s, Action: a, Resource: resource, Orgs: []uuid.UUID{org}, Now: time.Now()},
			policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{org}}, policy.Evidence{})
		if err := d.Err(); err != nil {
			t.Fatal(err)
		}
		decisions = append(decisions, d)
	}
	return policy.NewScope(s, decisions...)
}

func reading(t *testing.T, org uuid.UUID) context.Context {
	return policy.WithScope(t.Context(), scopeFor(t, org, policy.Contact, policy.Read))
}

// world is a database with one contact in each of two clinics.
type world struct {
	*dbtest.DB
	driver *rls.Driver
	a, b   uuid.UUID
}

func newWorld(t *testing.T, conns int32) *world {
	t.Helper()
	w := &world{DB: dbtest.Open(t), a: uuid.Must(uuid.NewV7()), b: uuid.Must(uuid.NewV7())}
	w.driver = rls.New(rls.Config{Pool: w.Pool(t, conns), Key: w.Key})
	for i, org := range []uuid.UUID{w.a, w.b} {
		w.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'clinic', 'c', $2)`, org, fmt.Sprintf("clinic-%d", i))
		w.Exec(t, `insert into contacts (org_id, id, name) values ($1, $2, $3)`, org, uuid.Must(uuid.NewV7()), org.String())
	}
	return w
}

// names reads the names of all contacts that the driver lets ctx see.
func names(ctx context.Context, d dialect.ExecQuerier) ([]string, error) {
	rows := &entsql.Rows{}
	if err := d.Query(ctx, `SELECT "name" FROM "contacts"`, []any{}, rows); err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func refused(err error) bool {
	var state *pgconn.PgError
	return errors.As(err, &state) && state.Code == "42501"
}

func TestAStatementSeesItsScopeAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	for _, org := range []uuid.UUID{w.a, w.b, w.a} {
		got, err := names(reading(t, org), w.driver)
		if err != nil || len(got) != 1 || got[0] != org.String() {
			t.Errorf("clinic %s sees %v, %v", org, got, err)
		}
	}
	if _, err := names(t.Context(), w.driver); !errors.Is(err, policy.ErrNoScope) {
		t.Errorf("no scope: %v", err)
	}
	if got, err := names(policy.WithScope(t.Context(), policy.Scope{}), w.driver); err != nil || len(got) != 0 {
		t.Errorf("the zero scope sees %v, %v", got, err)
	}
	// A decision about another row type opens nothing here.
	calls := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Call, policy.Read))
	if got, err := names(calls, w.driver); err != nil || len(got) != 0 {
		t.Errorf("a scope for calls sees contacts %v, %v", got, err)
	}
}

func TestReadScopesDoNotWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	insert := func(ctx context.Context, org uuid.UUID) error {
		return w.driver.Exec(ctx, `INSERT INTO contacts (org_id, id, name) VALUES ($1, $2, 'new')`, []any{org, uuid.New()}, nil)
	}
	update := func(ctx context.Context) int64 {
		var r entsql.Result
		if err := w.driver.Exec(ctx, `UPDATE contacts SET name = 'taken'`, []any{}, &r); err != nil {
			t.Fatal(err)
		}
		n, err := r.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := insert(reading(t, w.a), w.a); !refused(err) {
		t.Errorf("inserting under a read scope: %v", err)
	}
	if n := update(reading(t, w.a)); n != 0 {
		t.Errorf("updating under a read scope changed %d rows", n)
	}
	writing := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Contact, policy.Create, policy.Update))
	if err := insert(writing, w.b); !refused(err) {
		t.Errorf("inserting into another clinic: %v", err)
	}
	if err := insert(writing, w.a); err != nil {
		t.Errorf("inserting into one's own: %v", err)
	}
	if n := update(writing); n != 2 {
		t.Errorf("updating changed %d rows, want one's own 2", n)
	}
	if err := w.driver.Exec(writing, `UPDATE contacts SET org_id = $1`, []any{w.b}, nil); !refused(err) {
		t.Errorf("moving a row to another clinic: %v", err)
	}
}

// One connection, many goroutines, two clinics in turn: what a pool leaks shows here.
func TestAPoolOfOneLeaksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	var wg sync.WaitGroup
	for i := range 8 {
		org := w.a
		if i%2 == 1 {
			org = w.b
		}
		ctx := reading(t, org)
		wg.Go(func() {
			for range 25 {
				got, err := names(ctx, w.driver)
				if err != nil || len(got) != 1 || got[0] != org.String() {
					t.Errorf("clinic %s sees %v, %v", org, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	// And one that comes after without a scope, past the driver, sees nothing.
	var n int
	if err := w.driver.Pool.QueryRow(t.Context(), `select count(*) from contacts`).Scan(&n); err != nil || n != 0 {
		t.Errorf("a bare connection sees %d rows, %v", n, err)
	}
}

func TestTransactionsKeepOrLoseEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	ctx := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Contact, policy.Read, policy.Create))
	add := func(tx *rls.Tx) error {
		return tx.Exec(ctx, `INSERT INTO contacts (org_id, id, name) VALUES ($1, $2, 'tx')`, []any{w.a, uuid.New()}, nil)
	}
	count := func() int {
		got, err := names(ctx, w.driver)
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	lost, err := w.driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := add(lost); err != nil {
		t.Fatal(err)
	}
	if err := lost.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("%d rows after a rollback", n)
	}
	kept, err := w.driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Several goroutines may share it, each with rows open or not.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := add(kept); err != nil {
				t.Error(err)
			}
			if _, err := names(ctx, kept); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// A statement in it that carries another clinic's scope sees that clinic alone.
	if got, err := names(reading(t, w.b), kept); err != nil || len(got) != 1 || got[0] != w.b.String() {
		t.Errorf("another scope in the transaction sees %v, %v", got, err)
	}
	if err := kept.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(kept.Rollback(), nil); err != nil {
		t.Errorf("rollback after commit: %v", err)
	}
	if n := count(); n != 9 {
		t.Errorf("%d rows after the commit", n)
	}
	if err := add(kept); !errors.Is(err, rls.ErrTxDone) {
		t.Errorf("a statement after the end: %v", err)
	}
	if s := w.driver.Pool.Stat(); s.AcquiredConns() != 0 {
		t.Errorf("%d connections were not given back", s.AcquiredConns())
	}
}

// ent ignores the error of closing an INSERT's rows; a constraint checked only
// at the end must be an error all the same.
func TestAWriteThatFailsAtItsEndIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.Exec(t, `alter table contacts add constraint late unique (org_id, name) deferrable initially deferred`)
	ctx := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Contact, policy.Create))
	rows := &entsql.Rows{}
	err := w.driver.Query(ctx, `INSERT INTO contacts (org_id, id, name) VALUES ($1, $2, $3) RETURNING "id"`,
		[]any{w.a, uuid.New(), w.a.String()}, rows)
	var state *pgconn.PgError
	if !errors.As(err, &state) || state.Code != "23505" {
		t.Errorf("error = %v", err)
	}
}

func TestReturningIsReadAfterTheCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ctx := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Contact, policy.Create))
	rows, id := &entsql.Rows{}, uuid.New()
	if err := w.driver.Query(ctx, `INSERT INTO contacts (org_id, id, name) VALUES ($1, $2, 'r') RETURNING "id", "created_at"`, []any{w.a, id}, rows); err != nil {
		t.Fatal(err)
	}
	// The only connection is free again while the rows are still to be read.
	if _, err := names(reading(t, w.a), w.driver); err != nil {
		t.Fatal(err)
	}
	var got uuid.UUID
	var at time.Time
	if !rows.Next() || rows.Scan(&got, &at) != nil || got != id || at.Location() != time.UTC {
		t.Errorf("read %s at %s", got, at)
	}
}

func TestFailuresInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ctx := reading(t, w.a)
	rows := &entsql.Rows{}
	if err := w.driver.Query(ctx, `SELECT 1000 / (5000 - n) FROM generate_series(1, 10000) n`, []any{}, rows); err != nil {
		t.Fatal(err)
	}
	read := 0
	for rows.Next() {
		read++
	}
	if rows.Err() == nil || read == 0 {
		t.Errorf("%d rows, then %v", read, rows.Err())
	}
	_ = rows.Close()
	// A client that goes away: the statement ends, the connection is not lost.
	gone, cancel := context.WithCancel(ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	err := w.driver.Exec(gone, `SELECT pg_sleep(30)`, []any{}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got, err := names(ctx, w.driver); err != nil || len(got) != 1 {
		t.Errorf("after it: %v, %v", got, err)
	}
	if err := w.driver.Exec(ctx, `SELEKT`, []any{}, nil); err == nil || strings.Contains(err.Error(), w.a.String()) {
		t.Errorf("a broken statement: %v", err)
	}
}
