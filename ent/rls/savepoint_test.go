package rls_test

import (
	"context"
	"errors"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// What fails inside a transaction is undone by itself, whether the program or the
// database refused it; what came before and after stays.
func TestTryUndoesOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	ctx := policy.WithScope(t.Context(), scopeFor(t, w.a, policy.Contact, policy.Ingest))
	tx, err := w.driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string) error {
		return tx.Exec(ctx, `insert into contacts (org_id, id, name) values ($1, $2, $3)`, []any{w.a, uuid.New(), name}, nil)
	}
	changed := errors.New("changed my mind")
	for _, step := range []struct {
		name string
		work func() error
		want func(error) bool
	}{
		{"kept", func() error { return add("kept") }, func(err error) bool { return err == nil }},
		{"the program refuses", func() error { return errors.Join(add("lost"), changed) }, func(err error) bool { return errors.Is(err, changed) }},
		{"the database refuses", func() error {
			_ = add("lost")
			return tx.Exec(ctx, `insert into contacts (org_id, id) values ($1, $2)`, []any{w.b, uuid.New()}, nil)
		}, func(err error) bool { return err != nil && !errors.Is(err, changed) }},
		{"within another", func() error {
			if err := tx.Try(ctx, func() error { return errors.Join(add("lost"), changed) }); !errors.Is(err, changed) {
				t.Errorf("within: %v", err)
			}
			return add("kept")
		}, func(err error) bool { return err == nil }},
	} {
		if err := tx.Try(ctx, step.work); !step.want(err) {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if err := add("kept"); err != nil {
		t.Errorf("after all: %v", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Try(ctx, func() error { return nil }); !errors.Is(err, rls.ErrTxDone) {
		t.Errorf("after the end: %v", err)
	}
	names := namesOf(ctx, t, w)
	if names["kept"] != 3 || names["lost"] != 0 {
		t.Errorf("kept %v", names)
	}
}

func namesOf(ctx context.Context, t *testing.T, w *world) map[string]int {
	t.Helper()
	rows := &entsql.Rows{}
	if err := w.driver.Query(ctx, `SELECT name FROM contacts`, []any{}, rows); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names := map[string]int{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names[name]++
	}
	return names
}
