package stage

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is what the catalog of a database says of a table that clinics own.
type table struct {
	name    string
	columns []column
	single  bool // an org has one row at most
}

// column is one of its columns.
type column struct {
	name     string
	kind     string // Postgres' name of the type
	nullable bool
	defaults bool
	checks   string // the definitions of the checks on it
	values   []string
	refers   string // the table that it refers to, if any
}

const columnsOf = `
select c.relname, a.attname, format_type(a.atttypid, null), not a.attnotnull, a.atthasdef,
       coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
                  where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]), ''),
       coalesce((select f.confrelid::regclass::text from pg_constraint f
                  where f.conrelid = c.oid and f.contype = 'f' and f.conkey[cardinality(f.conkey)] = a.attnum), ''),
       exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indnkeyatts = 1 and i.indpred is null
                  and i.indkey[0] = (select o.attnum from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id'))
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attgenerated = ''
   and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id')
 order by c.relname, a.attnum`

// readTables reads every table with an org_id, those that others refer to first.
func readTables(ctx context.Context, conn *pgx.Conn) ([]table, error) {
	rows, err := conn.Query(ctx, columnsOf)
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	var tables []table
	var name string
	var c column
	var single bool
	_, err = pgx.ForEachRow(rows, []any{&name, &c.name, &c.kind, &c.nullable, &c.defaults, &c.checks, &c.refers, &single}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name, single: single})
		}
		last := &tables[len(tables)-1]
		c.values = listed(c.checks)
		last.columns = append(last.columns, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	return inOrder(tables), nil
}

var quoted = regexp.MustCompile(`'([^']*)'::text`)

// listed are the values that a check lets a column have, where it lists them.
func listed(checks string) []string {
	if !strings.Contains(checks, "ARRAY[") {
		return nil
	}
	var values []string
	for _, m := range quoted.FindAllStringSubmatch(checks, -1) {
		values = append(values, m[1])
	}
	return values
}

// inOrder puts what is referred to before what refers to it.
func inOrder(tables []table) []table {
	waits := func(t table, placed []table) bool {
		return slices.ContainsFunc(t.columns, func(c column) bool {
			among := func(list []table) bool {
				return slices.ContainsFunc(list, func(other table) bool { return other.name == c.refers })
			}
			return c.refers != t.name && among(tables) && !among(placed)
		})
	}
	var placed []table
	for len(tables) > 0 {
		i := max(0, slices.IndexFunc(tables, func(t table) bool { return !waits(t, placed) }))
		placed = append(placed, tables[i])
		tables = slices.Delete(slices.Clone(tables), i, i+1)
	}
	return placed
}
