package migrations_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/migrations/dbtest"
)

// A temporary table is found before ours, and a session serves one clinic after
// another: what injected SQL leaves there, the next clinic would be shown, past
// every policy.
func TestNoSessionKeepsATableForTheNext(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	injected := func() (shown string, err error) {
		conn, err := pgx.Connect(t.Context(), db.AppDSN)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(t.Context()) }()
		if _, err := conn.Exec(t.Context(), `create temporary table contacts as select 'canary of another clinic' as name`); err != nil {
			return "", err
		}
		// The next request, whosever it is.
		return shown, conn.QueryRow(t.Context(), `select name from contacts`).Scan(&shown)
	}
	var refused *pgconn.PgError
	if shown, err := injected(); !errors.As(err, &refused) || refused.Code != "42501" {
		t.Errorf("%q, %v", shown, err)
	}
	// The attack is real: without the wall it succeeds.
	db.Exec(t, `grant temporary on database "`+db.Name+`" to public`)
	if shown, err := injected(); err != nil || shown == "" {
		t.Errorf("the attack that this closes is no more: %v", err)
	}
}
