package migrations_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/policy"
)

// mutant is one wall of the database taken away.
type mutant struct {
	name  string
	table string // whose wall it is; empty: a function's
	sql   string
	undo  string // puts it back; empty: it is made in a transaction
}

func (w *world) mutants(ctx context.Context) ([]mutant, error) {
	var all []mutant
	for _, some := range []func(context.Context) ([]mutant, error){w.policyMutants, w.tableMutants, w.keyMutants, w.functionMutants} {
		found, err := some(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// policyMutants are each policy dropped, opened, asking about another row type
// or another action, and without each of its conditions.
func (w *world) policyMutants(ctx context.Context) ([]mutant, error) {
	rows, err := w.conn.Query(ctx, `select tablename, policyname, coalesce(qual, ''), coalesce(with_check, '')
		from pg_policies where schemaname = 'public' order by 1, 2`)
	if err != nil {
		return nil, err
	}
	var all []mutant
	var table, name, using, check string
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &using, &check}, func() error {
		all = append(all, mutant{
			name: fmt.Sprintf("%s: policy %s dropped", table, name), table: table,
			sql: fmt.Sprintf("drop policy %s on %s", name, table),
		})
		for clause, text := range map[string]string{"using": using, "with check": check} {
			for what, changed := range rewordings(text) {
				all = append(all, mutant{
					name: fmt.Sprintf("%s: policy %s %s %s", table, name, clause, what), table: table,
					sql: fmt.Sprintf("alter policy %s on %s %s (%s)", name, table, clause, changed),
				})
			}
		}
		return nil
	})
	return all, err
}

// rewordings are the ways in which a policy's expression may be wrong, by what
// is wrong with them.
func rewordings(text string) map[string]string {
	out := map[string]string{}
	if text == "" || text == "true" {
		return out
	}
	out["everything"] = "true"
	for _, c := range conditionsOf(text) {
		out["without "+c.text] = c.without(text)
	}
	types := slices.Sorted(slices.Values(policy.Resources()))
	for i, r := range types {
		other := types[(i+1)%len(types)]
		if changed := strings.ReplaceAll(text, fmt.Sprintf("'%s'::text", r), fmt.Sprintf("'%s'::text", other)); changed != text {
			out[fmt.Sprintf("%s, not %s", other, r)] = changed
		}
	}
	for action, other := range map[string]string{"r": "d", "c": "r", "u": "r", "d": "r"} {
		if changed := strings.ReplaceAll(text, fmt.Sprintf("-> '%s'::text", action), fmt.Sprintf("-> '%s'::text", other)); changed != text {
			out[fmt.Sprintf("the scope's %q, not %q", other, action)] = changed
		}
	}
	return out
}

// tableMutants are each table with its row-level security or its privileges
// loosened.
func (w *world) tableMutants(context.Context) ([]mutant, error) {
	var all []mutant
	for _, t := range w.tables {
		add := func(sql string) {
			sql = fmt.Sprintf(sql, t.Name)
			all = append(all, mutant{name: sql, table: t.Name, sql: sql})
		}
		add("alter table %s disable row level security")
		add("alter table %s no force row level security")
		add("alter table %s owner to cascade_app")
		add("grant truncate on %s to cascade_app")
		for _, command := range []string{"insert", "update", "delete"} {
			var has bool
			err := w.conn.QueryRow(context.Background(), `select has_table_privilege('cascade_app', $1, $2)`, t.Name, command).Scan(&has)
			if err != nil {
				return nil, err
			}
			if !has {
				add("grant " + command + " on %s to cascade_app")
			}
		}
		for _, column := range t.Columns {
			if !slices.Contains(t.Writable, column) {
				add("grant update (" + column + ") on %s to cascade_app")
			}
		}
	}
	return all, nil
}

// keyMutants are each reference without its org, and not there at all, and each
// unique key without its org.
func (w *world) keyMutants(ctx context.Context) ([]mutant, error) {
	var all []mutant
	for _, r := range w.refs {
		drop := fmt.Sprintf("alter table %s drop constraint %s", r.Table, r.Name)
		all = append(
			all,
			mutant{name: fmt.Sprintf("%s: reference %s dropped", r.Table, r.Name), table: r.Table, sql: drop},
			mutant{
				name: fmt.Sprintf("%s: reference %s without the org", r.Table, r.Name), table: r.Table,
				sql: fmt.Sprintf("create unique index on %s (%s); %s, add foreign key (%s) references %s (%s)", r.To, r.ToColumn, drop, r.Column, r.To, r.ToColumn),
			},
		)
	}
	rows, err := w.conn.Query(ctx, `
		select i.indrelid::regclass::text, i.indexrelid::regclass::text, string_agg(a.attname::text, ', ' order by x.n)
		  from pg_index i, unnest(i.indkey::int2[]) with ordinality x(num, n), pg_attribute a
		 where i.indisunique and a.attrelid = i.indrelid and a.attnum = x.num and a.attname <> 'org_id' and x.n <= i.indnkeyatts
		   and i.indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
		   and i.indrelid in (select attrelid from pg_attribute where attname = 'org_id' and attnotnull)
		   and has_table_privilege('cascade_app', i.indrelid, 'INSERT')
		 group by 1, 2 order by 1, 2`)
	if err != nil {
		return nil, err
	}
	var table, index, columns string
	_, err = pgx.ForEachRow(rows, []any{&table, &index, &columns}, func() error {
		all = append(all, mutant{
			name: fmt.Sprintf("%s: %s without the org", table, index), table: table,
			sql: fmt.Sprintf("create unique index on %s (%s)", table, columns),
		})
		return nil
	})
	return all, err
}

// functionMutants are each definer function that may be called without each of
// its conditions: these are the doors past row-level security. What triggers
// keep is figures, of rows that somebody could write.
func (w *world) functionMutants(ctx context.Context) ([]mutant, error) {
	rows, err := w.conn.Query(ctx, `select p.proname::text, p.prosrc, pg_get_functiondef(p.oid) from pg_proc p
		where p.pronamespace = 'app'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype order by 1`)
	if err != nil {
		return nil, err
	}
	var all []mutant
	var name, body, text string
	_, err = pgx.ForEachRow(rows, []any{&name, &body, &text}, func() error {
		for _, c := range conditionsOf(body) {
			all = append(all, mutant{
				name: fmt.Sprintf("app.%s without %s", name, strings.Join(strings.Fields(c.text), " ")),
				sql:  strings.Replace(text, body, c.without(body), 1), undo: text,
			})
		}
		return nil
	})
	return all, err
}
