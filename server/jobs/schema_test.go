package jobs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// catalog is a schema's tables, column by column, with what holds them.
const catalog = `
	select format('%s.%s %s %s %s', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') || c.relpersistence::text
	  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
	 where c.relnamespace = $1::text::regnamespace and c.relkind = 'r' and c.relname like 'river\_%' and c.relname <> 'river_migration'
	union all
	select k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
	 where k.connamespace = $1::text::regnamespace and c.relname like 'river\_%' and c.relname <> 'river_migration' and k.contype in ('c', 'p', 'u', 'f')
	union all
	select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
	 where c.relnamespace = $1::text::regnamespace and c.relname like 'river\_%' and c.relname <> 'river_migration'
	union all
	select t.typname || ' ' || string_agg(e.enumlabel, ' ' order by e.enumsortorder) from pg_type t join pg_enum e on e.enumtypid = t.oid
	 where t.typnamespace = $1::text::regnamespace group by t.typname
	union all
	select p.proname || pg_get_function_arguments(p.oid) || p.provolatile::text || regexp_replace(p.prosrc, '\s+', ' ', 'g') from pg_proc p
	 where p.pronamespace = $1::text::regnamespace
	union all
	select t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = $1::text::regnamespace and not t.tgisinternal
	order by 1`

// Our migration makes what River's own would, of the version that is linked.
func TestTheQueueIsRivers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner, err := pgxpool.New(t.Context(), s.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	look := func() (lines []string) {
		t.Helper()
		rows, err := s.eye.Query(t.Context(), catalog, "river")
		if err == nil {
			lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	ours := look()
	s.Exec(t, `alter schema river rename to ours`)
	s.Exec(t, `create schema river authorization cascade_owner`)
	theirs, err := rivermigrate.New(riverpgxv5.New(owner), &rivermigrate.Config{Schema: "river"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(look(), ours); diff != "" || len(ours) < 40 {
		t.Errorf("River's (-) and ours (+), %d lines: %s", len(ours), diff)
	}
}
