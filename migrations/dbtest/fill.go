package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// RowID is the id of the row that Fill makes in table for org. An organization's
// row has its own id.
func RowID(org uuid.UUID, table string) uuid.UUID {
	if table == "organizations" {
		return org
	}
	return uuid.NewSHA1(org, []byte(table))
}

// Fill makes one row for each org in every table of the database, whatever the
// tables are: columns and what they must hold are read off the catalog. Rows
// refer to the same org's rows; every column that may be filled is. It works as
// the superuser and starts no trigger.
func (db *DB) Fill(t testing.TB, orgs ...uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	err := withConn(ctx, db.SuperDSN, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `set session_replication_role = replica`); err != nil {
			return err
		}
		tables, err := columnsToFill(ctx, conn)
		if err != nil {
			return err
		}
		for i := range orgs {
			for _, columns := range tables {
				if err := fillRow(ctx, conn, columns, orgs, i); err != nil {
					return fmt.Errorf("a row of %s: %w", columns[0].Table, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("filling the database: %v", err)
	}
}

// column is one that has no default, and what the catalog says of it.
type column struct {
	Table, Name, Type string
	Refers            string // the table it refers to, beside org_id
	Checks            string // the text of its checks
	Nullable          bool
	Keys              []string // constraints and unique indexes that it is part of
}

// columnsToFill are the columns without a default, by table.
func columnsToFill(ctx context.Context, conn *pgx.Conn) ([][]column, error) {
	rows, err := conn.Query(ctx, `
		select c.relname::text as table, a.attname::text as name, format_type(a.atttypid, null) as type,
		       coalesce((select k.confrelid::regclass::text from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
		                  and a.attnum = k.conkey[cardinality(k.conkey)] limit 1), '') as refers,
		       coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
		                  where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]), '') as checks,
		       not a.attnotnull as nullable,
		       array(select k.conname::text from pg_constraint k where k.conrelid = c.oid and a.attnum = any (k.conkey)
		             union select i.indexrelid::regclass::text from pg_index i where i.indrelid = c.oid and a.attnum = any (i.indkey)) as keys
		  from pg_class c join pg_attribute a on a.attrelid = c.oid
		 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
		   and a.attnum > 0 and not a.attisdropped and (not a.atthasdef or a.attname = 'id')
		 order by c.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[column])
	if err != nil {
		return nil, err
	}
	var tables [][]column
	for _, c := range all {
		if last := len(tables) - 1; last >= 0 && tables[last][0].Table == c.Table {
			tables[last] = append(tables[last], c)
		} else {
			tables = append(tables, []column{c})
		}
	}
	return tables, nil
}

// fillRow inserts one row, taking the next guess for the columns of whatever
// constraint refuses the last.
func fillRow(ctx context.Context, conn *pgx.Conn, columns []column, orgs []uuid.UUID, number int) error {
	guesses := make([][]any, len(columns))
	turn := make([]int, len(columns))
	names, marks := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		guesses[i] = c.guesses(orgs, number)
		names[i], marks[i] = pgx.Identifier{c.Name}.Sanitize(), fmt.Sprintf("$%d", i+1)
	}
	insert := fmt.Sprintf(`insert into %s (%s) values (%s)`, columns[0].Table, strings.Join(names, ", "), strings.Join(marks, ", "))
	for range 200 {
		args := make([]any, len(columns))
		for i := range columns {
			args[i] = guesses[i][turn[i]]
		}
		_, err := conn.Exec(ctx, insert, args...)
		var refused *pgconn.PgError
		if err == nil || !errors.As(err, &refused) || refused.ConstraintName == "" {
			return err
		}
		// An odometer over the columns of the constraint.
		moved := false
		for i := len(columns) - 1; i >= 0 && !moved; i-- {
			if slices.Contains(columns[i].Keys, refused.ConstraintName) && len(guesses[i]) > 1 {
				turn[i] = (turn[i] + 1) % len(guesses[i])
				moved = turn[i] > 0
			}
		}
		if !moved {
			return fmt.Errorf("no guess satisfies %s", refused.ConstraintName)
		}
	}
	return errors.New("too many guesses")
}

// written finds what a check compares with.
var written = regexp.MustCompile(`'([^']*)'::text`)

// guesses are values for the column in the row of one of orgs, the likeliest
// first, and as far as the column allows not the same for two of them.
func (c column) guesses(orgs []uuid.UUID, of int) []any {
	org := orgs[of]
	sum := sha256.Sum256([]byte(org.String() + c.Table + "." + c.Name))
	word := hex.EncodeToString(sum[:])
	number := int64(sum[0])<<16 | int64(sum[1])<<8 | int64(sum[2]) + 1
	var out []any
	add := func(values ...any) { out = append(out, values...) }
	var listed []string
	for _, m := range written.FindAllStringSubmatch(c.Checks, -1) {
		listed = append(listed, m[1])
	}
	switch {
	case c.Name == "id":
		add(RowID(org, c.Table))
	case c.Name == "org_id":
		add(org)
	case c.Refers == "organizations":
		add(org, orgs[(of+1)%len(orgs)])
	case c.Refers != "":
		add(RowID(org, c.Refers))
	case c.Type == "uuid":
		add(uuid.NewSHA1(org, sum[:]))
	case c.Type == "text" && strings.Contains(c.Checks, "ANY (ARRAY["):
		for i := range listed {
			add(listed[(i+of)%len(listed)])
		}
	case c.Type == "text":
		add("canary "+word[:12], word[:12], fmt.Sprintf("+1555%07d", number%10_000_000), "https://"+word[:12]+".test/",
			word[:12]+"@example.test", word, "USD")
	case c.Type == "integer" || c.Type == "bigint" || c.Type == "smallint":
		add(1, 60, number)
	case c.Type == "timestamp with time zone":
		add(time.Now().Add(30*time.Minute), time.Now().Add(-30*time.Minute))
	case c.Type == "date":
		add(time.Date(2026, 1, 1+of, 0, 0, 0, 0, time.UTC))
	case c.Type == "boolean":
		add(true, false)
	case c.Type == "bytea":
		add(sum[:], append(sum[:], sum[:]...))
	case c.Type == "jsonb":
		add("{}", "[]")
	case c.Type == "text[]":
		add(append(listed, "x")[:1])
	case c.Type == "uuid[]":
		add([]uuid.UUID{org})
	default:
		add(word[:12]) // and the insert says that it does not fit
	}
	if c.Nullable {
		add(nil)
	}
	return out
}
