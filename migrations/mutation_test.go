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

	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/mutation"
)

// Whatever wall of the database is taken away, somebody reaches what is not
// theirs, or no longer what is, and the probe notices. The lint of the catalog
// is asked as well, to see how much of this it would have seen by itself.
func TestEveryMutantOfTheDatabaseIsNoticed(t *testing.T) {
	t.Parallel()
	var score mutation.Score
	var seen atomic.Int64
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
	if noticed, _, err := worlds[0].tryOut(t.Context(), mutant{sql: "select"}); noticed != nil || err != nil {
		t.Fatalf("with every wall in its place: %v, %v", noticed, err)
	}
	for _, w := range worlds {
		workers.Go(func() {
			for m := range jobs {
				noticed, holes, err := w.tryOut(t.Context(), m)
				if err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
				score.Add(m.name, noticed != nil && !errors.Is(noticed, errScene))
				seen.Add(int64(min(len(holes), 1)))
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
	t.Logf("%d statements stand against them; the catalog lint alone sees %d", tried, seen.Load())
}

// tryOut takes the wall away and puts it back, and returns what was noticed
// meanwhile and what the lint found.
func (w *world) tryOut(ctx context.Context, m mutant) (noticed error, holes []migrations.Hole, err error) {
	if m.undo != "" {
		if _, err := w.conn.Exec(ctx, m.sql); err != nil {
			return nil, nil, err
		}
		defer func() {
			_, back := w.conn.Exec(ctx, m.undo)
			err = errors.Join(err, back)
		}()
		if noticed := w.fresh(ctx); noticed != nil {
			return noticed, nil, nil
		}
		m.sql = "select"
	}
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	if _, err := tx.Exec(ctx, m.sql); err != nil {
		return nil, nil, err
	}
	noticed = w.notice(ctx, tx, m.table)
	holes, err = migrations.Holes(ctx, w.conn)
	return noticed, holes, err
}

// notice tries everything in a database that lacks something, what the table
// has to do with it first.
func (w *world) notice(ctx context.Context, tx pgx.Tx, table string) error {
	unset := w.run(ctx, tx, w.steps[table])
	if unset != nil && !errors.Is(unset, errScene) {
		return fmt.Errorf("%s: %w", table, unset)
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
