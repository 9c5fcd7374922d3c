package drill_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Temporary things come before the tables and types of a statement that names no
// schema, and stay for whoever has the connection next.
func TestNothingTemporaryIsLeftOnAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a := w.attack(t, everything())
	for _, sql := range []string{
		`create temp table contacts (org_id uuid, name text)`, `create temp view contacts as select 1`, `create temp sequence planted`,
		`create function pg_temp.planted() returns int language sql as 'select 1'`, `create domain pg_temp.uuid as text`,
		`create type pg_temp.planted as (i int)`, `select 1 as i into temp planted`, `create temp table planted on commit drop as select 1`,
	} {
		if s := a.run(t, sql); s.code != "42501" {
			t.Errorf("%s: %q, want 42501: %s", sql, s.code, s.text)
		}
	}
}

// An injection into the program is part of one statement. What it can leave on
// the pooled connection are settings: none of them shows the next clinic's rows
// to anyone, nor anyone's rows to the next clinic. (One who could choose whole
// statements could also put a prepared statement in the place of the program's;
// the program's protocol takes one statement at a time, and it chooses its verb.)
func TestSettingsLeftOnAConnectionShowNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	for _, setting := range []string{
		`set_config('search_path', 'pg_temp, app', false)`, `set_config('row_security', 'off', false)`, `set_config('row_security', 'on', false)`,
		`set_config('app.scope', current_setting('app.scope'), false)`, `set_config('app.scope', 'forged', false)`, `set_config('app.scope', '', false)`,
		`set_config('transform_null_equals', 'on', false)`, `set_config('default_transaction_read_only', 'on', false)`,
		`set_config('plan_cache_mode', 'force_generic_plan', false)`, `set_config('debug_print_plan', 'on', false) || set_config('client_min_messages', 'debug5', false)`,
		`set_config('client_encoding', 'LATIN1', false)`, `set_config('standard_conforming_strings', 'off', false)`, `set_config('TimeZone', 'Pacific/Apia', false)`,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			driver := rls.New(rls.Config{Pool: w.Pool(t, 1), Key: w.Key})
			mine := policy.WithScope(t.Context(), w.scope(t, everything()))
			injected := fmt.Sprintf(`SELECT name, %s::text FROM contacts`, setting)
			if _, err := texts(mine, driver, injected); err != nil {
				t.Fatal(err)
			}
			// The program, on the same connection, for clinic b, and then the attacker.
			victim := *w
			victim.a = w.b
			theirs, err := texts(policy.WithScope(t.Context(), victim.scope(t, everything())), driver, `SELECT name FROM contacts WHERE true`)
			if strings.Contains(theirs, w.a.word) || strings.Contains(theirs, w.c.word) || (err == nil && !strings.Contains(theirs, w.b.word)) {
				t.Errorf("clinic b sees %q, %v", theirs, err)
			}
			for _, read := range []string{`SELECT name FROM contacts WHERE 1 = 1`, `SELECT name || current_setting('app.scope', true) FROM contacts`} {
				if back, _ := texts(mine, driver, read); len(w.leaks(back)) > 0 {
					t.Errorf("%s: the attacker sees %q", read, back)
				}
			}
		})
	}
	driver := rls.New(rls.Config{Pool: w.Pool(t, 1), Key: w.Key})
	for _, two := range []string{`SELECT 1; SELECT 2`, `SELECT 1; DEALLOCATE ALL`, `SELECT 1; SET app.scope = ''`} {
		if _, err := texts(policy.WithScope(t.Context(), w.scope(t, everything())), driver, two); code(err) != "42601" {
			t.Errorf("%s: %v, want a syntax error", two, err)
		}
	}
}

// texts reads the first column through the program's own driver.
func texts(ctx context.Context, d *rls.Driver, query string) (string, error) {
	rows := &entsql.Rows{}
	if err := d.Query(ctx, query, []any{}, rows); err != nil {
		return "", err
	}
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for rows.Next() {
		values := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		out.WriteString(values[0] + "\n")
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return out.String(), err
	}
	return out.String(), rows.Close()
}
