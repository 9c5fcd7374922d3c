package dbtest_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations/dbtest"
)

// Every table has a row of each org, and every reference leads to a row.
func TestFillLeavesNoTableOut(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	db.Fill(t, uuid.New(), uuid.New(), uuid.New())
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `select relname::text from pg_class
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'schema_migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		var n int
		if err := conn.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n); err != nil || n != 3 {
			t.Errorf("%s has %d rows, %v", table, n, err)
		}
	}
	// Checking a reference anew finds the rows that lead nowhere.
	_, err = conn.Exec(t.Context(), `do $$ declare k record; begin
		for k in select conrelid::regclass as tbl, conname as name, pg_get_constraintdef(oid) as def from pg_constraint where contype = 'f' loop
			execute format('alter table %1$s drop constraint %2$I, add constraint %2$I %3$s', k.tbl, k.name, k.def);
		end loop; end $$`)
	if err != nil {
		t.Error(err)
	}
}
