package drill_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy"
)

// reads are the ways to read a table's rows, or to make an error that tells of
// them. %[1]s is the table and %[2]s the column that says whose a row is.
func reads() []string {
	return []string{
		`select to_jsonb(t) from %[1]s t`,
		`table %[1]s`,
		`select * from only %[1]s`,
		`select * from %[1]s tablesample system (100)`,
		`select t.* from %[1]s t where true or t.%[2]s is not null`,
		`select t.* from %[1]s t where t.%[2]s = '{b}'`,
		`select t.* from %[1]s t where t.%[2]s <> '{a}'`,
		`select t.* from %[1]s t where t.ctid = any (array(select format('(%%s,%%s)', p, n)::tid from generate_series(0, 20) p, generate_series(1, 100) n))`,
		`select t.* from %[1]s t where t.xmin::text::int > 0 and t.tableoid = '%[1]s'::regclass`,
		`select string_agg(t::text, ',') from %[1]s t`,
		`select min(t::text), max(t::text) from %[1]s t`,
		`with recursive r as (select 0 as n, '' as seen union all select n + 1, (select t::text from %[1]s t offset n limit 1) from r where n < 8) select * from r`,
		`select (select string_agg(u::text, '') from %[1]s u where u.%[2]s <> t.%[2]s) from %[1]s t`,
		`select l.* from generate_series(1, 3) n, lateral (select * from %[1]s offset n) l`,
		`select * from %[1]s a full join %[1]s b on a.%[2]s <> b.%[2]s`,
		`select count(*), t.%[2]s from %[1]s t group by grouping sets ((t.%[2]s), ())`,
		`(select * from %[1]s) union all (select * from %[1]s)`,
		`select * from (select t.*, row_number() over (partition by t.%[2]s) from %[1]s t offset 0) s`,
		`declare c scroll cursor with hold for select * from %[1]s; fetch all from c; close c`,
		`prepare p as select * from %[1]s; execute p; deallocate p`,
		`set local enable_seqscan = off; set local enable_indexscan = off; set local plan_cache_mode = force_generic_plan; table %[1]s`,
		`set local enable_seqscan = off; set local enable_bitmapscan = off; select * from %[1]s order by %[2]s`,
		`select query_to_xml('select * from %[1]s', true, false, '')`,
		`select table_to_xml('%[1]s', true, false, '')`,
		`select * from ts_stat('select to_tsvector(t::text) from %[1]s t')`,
		`do $$ declare r record; begin for r in select * from %[1]s loop raise notice '%%', r; end loop; end $$`,
		// Errors that carry a value, and would come before the policy if Postgres
		// evaluated them first.
		`select * from %[1]s t where t::text::int > 0`,
		`select * from %[1]s t where 1 / (t.%[2]s <> '{b}')::int > 0`,
		`select * from %[1]s t where (t.%[2]s::text || '')::int > 0`,
		`select * from %[1]s t where t.%[2]s = '{b}' and (t::text)::xml is null`,
		`set local row_security = off; select * from %[1]s`,
		`select set_config('row_security', 'off', true); select * from %[1]s`,
		`set local session_replication_role = replica; select * from %[1]s`,
		`set local role none; select * from %[1]s`,
		`set local search_path = pg_catalog; select * from public.%[1]s`,
		`explain (analyze, verbose, buffers, timing off) select * from %[1]s`,
		`select * from %[1]s for update`,
		`select * from %[1]s for key share`,
	}
}

// Whatever scope the attacker has, reading gives the rows of it and no others.
func TestReadsOfEveryKindShowNoForeignRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	before := w.victims(t)
	t.Cleanup(func() { w.unharmed(t, before) })
	for name, actions := range map[string][]policy.Action{"a genuine seal": everything(), "a read seal": {policy.Read}, "no seal": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.readAll(t, w.attack(t, actions))
		})
	}
}

// readAll reads every table in every way, and every column into an error.
func (w *world) readAll(t testing.TB, a *attacker) {
	t.Helper()
	shown := 0
	for _, tbl := range w.tables {
		for _, read := range reads() {
			sql := w.name(fmt.Sprintf(read, tbl.name, tbl.owner()))
			s := a.run(t, sql)
			if strings.Contains(read, "{b}") {
				s.text = strings.ReplaceAll(s.text, w.b.id.String(), "") // the attacker said it
			}
			if found := w.leaks(s.text); len(found) > 0 {
				t.Errorf("%s: told of %v: %s", sql, found, s.text)
			}
			if strings.HasPrefix(sql, "table ") {
				shown += s.rows
			}
		}
		for _, c := range tbl.columns {
			if s := a.run(t, fmt.Sprintf(`select t.%s::text::int from %s t`, c.name, tbl.name)); len(w.leaks(s.text)) > 0 {
				t.Errorf("%s.%s: told %s", tbl.name, c.name, s.text)
			}
		}
		for _, out := range []string{`copy %s to stdout`, `copy (select * from %s) to stdout`} {
			s := a.copyOut(t, fmt.Sprintf(out, tbl.name))
			if len(w.leaks(s.text)) > 0 || (a.seal == "" && s.rows > 0) {
				t.Errorf("%s %s: %d rows, told %s", out, tbl.name, s.rows, s.text)
			}
		}
	}
	// The attacks run, and a genuine seal opens: two rows of every table.
	if want := len(w.tables); (a.seal == "") != (shown == 0) || (a.seal != "" && shown < want) {
		t.Errorf("%d rows shown of %d tables", shown, want)
	}
}

// name puts the ids of the orgs into a statement.
func (w *world) name(sql string) string {
	return strings.NewReplacer("{a}", w.a.id.String(), "{b}", w.b.id.String()).Replace(sql)
}

// unharmed holds the victims' rows against what they were.
func (w *world) unharmed(t testing.TB, before map[string]string) {
	t.Helper()
	for name, now := range w.victims(t) {
		if now != before[name] {
			t.Errorf("%s: the others' rows were %s, are %s", name, before[name], now)
		}
	}
}
