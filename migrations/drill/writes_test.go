package drill_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy"
)

// writes are the ways to change what is another clinic's. %[1]s is the table,
// %[2]s the column that says whose a row is, %[3]s a column that may be changed,
// %[4]s a row of clinic b under an id that nobody has, as JSON.
func writes() []string {
	return []string{
		`update %[1]s set %[3]s = %[3]s where %[2]s = '{b}' returning *`,
		`update %[1]s t set %[3]s = u.%[3]s from %[1]s u where t.%[2]s <> u.%[2]s returning t.*`,
		`update %[1]s set %[2]s = '{b}' returning *`,
		`with gone as (delete from %[1]s where %[2]s = '{b}' returning *) select * from gone`,
		`delete from %[1]s t using %[1]s u where t.%[2]s <> '{a}' returning t.*`,
		`delete from only %[1]s where ctid = any (array(select format('(0,%%s)', n)::tid from generate_series(1, 50) n)) and %[2]s = '{b}' returning *`,
		`insert into %[1]s (%[5]s) select %[5]s from jsonb_populate_record(null::%[1]s, %[4]s) returning *`,
		`insert into %[1]s (%[5]s) select %[5]s from jsonb_populate_record(null::%[1]s, %[4]s) on conflict do nothing returning *`,
		`merge into %[1]s t using (values (1)) v (n) on t.%[2]s = '{b}' when matched then update set %[3]s = t.%[3]s`,
		`merge into %[1]s t using (values (1)) v (n) on t.%[2]s = '{b}' when matched then delete`,
		`select * from %[1]s where %[2]s = '{b}' for update`,
		`truncate %[1]s`, `truncate %[1]s cascade`, `drop table %[1]s cascade`,
		`alter table %[1]s disable row level security`, `alter table %[1]s no force row level security`, `alter table %[1]s disable trigger all`,
		`alter table %[1]s owner to cascade_app`, `alter table %[1]s add column planted text`, `alter table %[1]s rename to planted`,
		`create policy planted on %[1]s using (true)`, `drop policy org_select on %[1]s`, `alter policy org_select on %[1]s using (true)`,
		`drop policy if exists sealed on %[1]s`, `create index planted on %[1]s (%[2]s)`,
		`create trigger planted before insert on %[1]s for each row execute function app.keep_stats()`,
		`create rule planted as on select to %[1]s do instead select 1`, `create statistics planted on %[2]s, ctid from %[1]s`,
		`grant all on %[1]s to public`, `grant select on %[1]s to cascade_directory`, `comment on table %[1]s is 'resource:contact'`,
		`select app.protect('%[1]s', 'contact')`, `select app.widen('%[1]s', 'contact')`,
		`create table planted (like %[1]s including all)`, `create table planted () inherits (%[1]s)`, `create view planted as select * from %[1]s`,
		`create materialized view planted as select * from %[1]s`, `create publication planted for table %[1]s`,
	}
}

// What writes may end in: nothing of b's was there, it is forbidden, or the
// statement does not go with this table (0A000 COPY, 42809 views, 42703 columns).
func TestWritesOfEveryKindTouchNoForeignRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	before := w.victims(t)
	for name, a := range map[string]*attacker{
		"a genuine seal": w.attack(t, everything()), "a read seal": w.attack(t, []policy.Action{policy.Read}), "no seal": w.attack(t, nil),
	} {
		for _, tbl := range w.tables {
			changes := tbl.owner()
			for _, c := range tbl.columns {
				if c.updates && c.name != "updated_at" {
					changes = c.name
				}
			}
			for _, write := range writes() {
				sql := w.name(fmt.Sprintf(write+"%.0[2]s%.0[3]s%.0[4]s%.0[5]s", tbl.name, tbl.owner(), changes, w.copied(t, tbl), tbl.written()))
				s := a.run(t, sql)
				s.text = strings.ReplaceAll(s.text, w.b.id.String(), "") // the attacker said it
				if strings.HasPrefix(write, "insert") {
					s.text = "" // as above, and the row is his own invention
				}
				if found := w.leaks(s.text); len(found) > 0 || (s.rows > 0 && !strings.HasPrefix(write, "select app")) {
					t.Errorf("%s, %s: %d rows, told of %v: %s", name, sql, s.rows, found, s.text)
				}
				if s.code == "" && strings.Contains(sql, "planted") && !strings.HasPrefix(sql, "drop policy if exists") || strings.HasPrefix(write, "insert") && s.code != "42501" {
					t.Errorf("%s, %s: %q, want 42501: %s", name, sql, s.code, s.text)
				}
			}
		}
	}
	w.unharmed(t, before)
}

// copied is a row of clinic b as JSON, under an id of its own.
func (w *world) copied(t *testing.T, tbl table) (row string) {
	t.Helper()
	err := w.super.QueryRow(t.Context(), fmt.Sprintf(`select quote_literal(to_jsonb(t) || jsonb_build_object('id', gen_random_uuid())) || '::jsonb'
		from %s t where t::text like '%%' || $1 || '%%' limit 1`, tbl.name), w.b.mark).Scan(&row)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// A read seal writes nothing, and a seal for one row type opens no other.
func TestASealIsForWhatItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	byResource := map[string][]table{}
	for _, tbl := range w.tables {
		byResource[tbl.resource] = append(byResource[tbl.resource], tbl)
	}
	reader := w.attack(t, []policy.Action{policy.Read})
	for _, tbl := range w.tables {
		for _, c := range tbl.columns {
			if c.updates {
				if s := reader.run(t, fmt.Sprintf(`update %s set %s = %[2]s returning 1`, tbl.name, c.name)); s.rows > 0 {
					t.Errorf("a read seal changed %s.%s", tbl.name, c.name)
				}
			}
		}
		if s := reader.run(t, `delete from `+tbl.name+` returning 1`); s.rows > 0 {
			t.Errorf("a read seal deleted from %s", tbl.name)
		}
	}
	for resource := range byResource {
		if resource == "" || !policy.Resource(resource).Known() {
			continue
		}
		a := w.attack(t, everything(), policy.Resource(resource))
		for other, tables := range byResource {
			for _, tbl := range tables {
				s := a.run(t, `select from `+tbl.name)
				// Of users, everybody sees themselves; platform rows are nobody's here.
				if other != resource && other != "" && (s.rows > 0 || s.code != "") {
					t.Errorf("a seal for %s shows %d rows of %s: %s", resource, s.rows, tbl.name, s.text)
				}
			}
		}
	}
}

// A row that refers to another clinic's is refused as one that refers to nothing,
// and a value that another clinic has is as free as one that nobody has.
func TestKeysTellNothingOfOtherClinics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a := w.attack(t, everything())
	compared := 0
	for _, tbl := range w.tables {
		for _, c := range tbl.columns {
			if !c.composite || !c.updates {
				continue
			}
			ask := func(target string) string {
				s := a.run(t, fmt.Sprintf(`update %s set %s = '%s' where id = (select min(id::text)::uuid from %[1]s)`, tbl.name, c.name, target))
				if s.code != "23503" {
					t.Errorf("%s.%s may refer to %s: %s", tbl.name, c.name, target, s.text)
				}
				return strings.ReplaceAll(s.text, target, "?")
			}
			var foreign string
			if err := w.super.QueryRow(t.Context(), fmt.Sprintf(`select id from %s where org_id = $1 limit 1`, c.parent), w.b.id).Scan(&foreign); err != nil {
				t.Fatal(err)
			}
			compared++
			if f, n := ask(foreign), ask("99999999-9999-7999-8999-999999999999"); f != n {
				t.Errorf("%s.%s tells %q from %q", tbl.name, c.name, f, n)
			}
		}
		// Every value of b, in a row of a's own.
		if tbl.owner() == "org_id" {
			row := w.copied(t, tbl)
			taken := func(row string) bool {
				return a.run(t, w.name(fmt.Sprintf(`insert into %s (%[3]s) select %[3]s
					from jsonb_populate_record(null::%[1]s, %[2]s || jsonb_build_object('org_id', '{a}', 'id', gen_random_uuid()))`, tbl.name, row, tbl.written()))).code == "23505"
			}
			nobodys := strings.NewReplacer(w.b.word, "nobody", w.b.mark, "99999999", w.b.dial, "+19999").Replace(row)
			if taken(row) && !taken(nobodys) {
				t.Errorf("%s: a value that another clinic has is taken", tbl.name)
			}
		}
	}
	if compared < 15 {
		t.Errorf("only %d references were compared", compared)
	}
}
