package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/mutation"
)

// Whatever wall of the database is taken away, it is noticed: somebody reaches
// what is not theirs, or no longer what is; or, where the wall behind it holds by
// itself, the lints of the catalog name what is missing.
func TestEveryMutantOfTheDatabaseIsNoticed(t *testing.T) {
	t.Parallel()
	var score mutation.Score
	var linted atomic.Int64
	jobs := make(chan mutant)
	var workers sync.WaitGroup
	worlds := make([]*world, runtime.GOMAXPROCS(0))
	for i := range worlds {
		worlds[i] = openWorld(t)
	}
	tried := 0
	for _, steps := range worlds[0].steps {
		tried += len(steps)
	}
	for _, w := range worlds {
		if noticed, lint, err := w.tryOut(t.Context(), mutant{sql: "select"}); noticed != nil || lint != "" || err != nil {
			t.Fatalf("with every wall in its place: %v, %s, %v", noticed, lint, err)
		}
	}
	for _, w := range worlds {
		workers.Go(func() {
			for m := range jobs {
				noticed, lint, err := w.tryOut(t.Context(), m)
				if err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
				score.Add(m.name, noticed != nil && !errors.Is(noticed, errScene) || lint != "")
				linted.Add(int64(min(len(lint), 1)))
			}
		})
	}
	all, err := worlds[0].mutants(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, m := range all {
		jobs <- m
	}
	close(jobs)
	workers.Wait()
	score.Report(t, "the database", 500)
	t.Logf("%d statements stand against them; %d mutants are held by another wall and seen by the lints", tried, linted.Load())
}

// tryOut takes the wall away and puts it back, and returns what the statements
// noticed meanwhile; or, where they noticed nothing, the lint that did.
func (w *world) tryOut(ctx context.Context, m mutant) (noticed error, lint string, err error) {
	if m.undo != "" {
		if _, err := w.conn.Exec(ctx, m.sql); err != nil {
			return nil, "", err
		}
		defer func() {
			_, back := w.conn.Exec(ctx, m.undo)
			err = errors.Join(err, back)
		}()
		if noticed := w.fresh(ctx); noticed != nil {
			return noticed, "", nil
		}
		m.sql = "select"
	}
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	if _, err := tx.Exec(ctx, m.sql); err != nil {
		return nil, "", err
	}
	// What the table itself has to do with it first, then the lints, which cost as
	// much as a hundred statements, and then everything else.
	noticed = w.run(ctx, tx, w.steps[m.table])
	if noticed != nil && !errors.Is(noticed, errScene) {
		return fmt.Errorf("%s: %w", m.table, noticed), "", nil
	}
	if lint, err = w.lint(ctx, tx); lint != "" || err != nil {
		return noticed, lint, err
	}
	return w.notice(ctx, tx, m.table), "", nil
}

// lint asks the lints of the catalog, as the app role, and returns the first
// hole that is not known: what the test itself leaves is, and so are the steps
// of the migrations, which are not looked at here.
func (w *world) lint(ctx context.Context, tx pgx.Tx) (string, error) {
	if _, err := tx.Exec(ctx, "reset role; set local role cascade_app"); err != nil {
		return "", err
	}
	var types []string
	for _, r := range policy.Resources() {
		types = append(types, string(r))
	}
	results, err := lint.Run(ctx, tx, lint.Expect{Resources: types})
	if err != nil {
		return "", err
	}
	first := w.known == nil
	if first {
		w.known = map[string]bool{}
	}
	for _, r := range results {
		if r.Err != nil {
			return "", fmt.Errorf("%s: %w", r.Code, r.Err)
		}
		for _, h := range r.Holes {
			hole := r.Code + " " + h.At
			if first {
				w.known[hole] = true
			} else if !w.known[hole] {
				return hole, nil
			}
		}
	}
	return "", nil
}

// notice tries what other tables have to do with it.
func (w *world) notice(ctx context.Context, tx pgx.Tx, table string) (unset error) {
	if _, err := tx.Exec(ctx, "reset role"); err != nil {
		return err
	}
	for name, steps := range w.steps {
		if name == table {
			continue
		}
		err := w.run(ctx, tx, steps)
		if err != nil && !errors.Is(err, errScene) {
			return fmt.Errorf("%s: %w", name, err)
		}
		unset = errors.Join(unset, err)
	}
	return unset
}

// fresh asks on a connection that never had a scope, where the setting is not
// empty but absent.
func (w *world) fresh(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, w.AppDSN)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var n int
	if err := conn.QueryRow(ctx, `select count(*) from contacts`).Scan(&n); err != nil || n != 0 {
		return fmt.Errorf("a connection without a scope: %d rows, %w", n, err)
	}
	return nil
}
