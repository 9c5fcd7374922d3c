package migrations_test

import (
	"maps"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/migrate"
	"github.com/voxanne/cascade/migrations/dbtest"
)

// notEnts are tables that ent has no row type for.
var notEnts = []string{"audit_decision_orgs", "schema_migrations"}

// ent believes what ent/schema says; the database is what migrations made. A
// column that one knows and the other does not, or knows otherwise, is drift.
func TestEntAndDatabaseAgree(t *testing.T) {
	t.Parallel()
	inDatabase := columnsOf(t, dbtest.Open(t))
	inEnt := map[string]string{}
	for _, table := range migrate.Tables {
		for _, c := range table.Columns {
			inEnt[table.Name+"."+c.Name] = kindOf(c) + nullness(c.Nullable)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inDatabase)) {
		if inEnt[name] != inDatabase[name] {
			t.Errorf("%s: the database has %q, ent has %q", name, inDatabase[name], inEnt[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inEnt)) {
		if _, ok := inDatabase[name]; !ok {
			t.Errorf("%s: ent has %q, the database nothing", name, inEnt[name])
		}
	}
}

func columnsOf(t *testing.T, db *dbtest.DB) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `select table_name || '.' || column_name, udt_name::text, is_nullable = 'YES'
		from information_schema.columns where table_schema = 'public' and table_name <> all ($1)
		 and is_generated = 'NEVER' -- what the database makes of a row's other columns, ent need not know`, notEnts)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var name, kind string
	var nullable bool
	_, err = pgx.ForEachRow(rows, []any{&name, &kind, &nullable}, func() error {
		if slices.Contains([]string{"int2", "int4", "int8"}, kind) {
			kind = "int" // ent reads any width
		}
		out[name] = kind + nullness(nullable)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// kindOf is the database's name for what ent holds in a column.
func kindOf(c *entschema.Column) string {
	switch c.SchemaType[dialect.Postgres] {
	case "text[]":
		return "_text"
	case "uuid[]":
		return "_uuid"
	case "date":
		return "date"
	}
	switch c.Type {
	case field.TypeUUID:
		return "uuid"
	case field.TypeString, field.TypeEnum:
		return "text"
	case field.TypeTime:
		return "timestamptz"
	case field.TypeBool:
		return "bool"
	case field.TypeBytes:
		return "bytea"
	case field.TypeJSON:
		return "jsonb"
	case field.TypeInt, field.TypeInt16, field.TypeInt32, field.TypeInt64:
		return "int"
	default:
		return c.Type.String()
	}
}

func nullness(nullable bool) string {
	if nullable {
		return " null"
	}
	return ""
}
