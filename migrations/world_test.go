package migrations_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// world is a database in which two clinics have rows in every table, and a
// third has none yet: those that it could have wait in the schema spare. It has
// one connection, the superuser's, who sets each scene and then becomes the role
// that acts.
type world struct {
	*dbtest.DB
	conn    *pgx.Conn
	a, b, c uuid.UUID
	tables  []table
	refs    []reference
	steps   map[string][]step // by table; "" for the functions
	known   map[string]bool   // holes that the lints see with every wall in its place
}

// table is one table as the catalog has it.
type table struct {
	Name     string
	Kind     string // resource, platform or self: how its rows are reached
	Resource policy.Resource
	Org      string // the column that names the org; empty: none does
	Columns  []string
	Writable []string // columns that the app role may update
	Own      int      // rows of the first clinic
	All      int
}

// reference is a foreign key of two columns, the org and another.
type reference struct{ Name, Table, Column, To, ToColumn string }

const referencesOf = `
select k.conname::text as name, k.conrelid::regclass::text as table, a.attname::text as column,
       k.confrelid::regclass::text as to, b.attname::text as to_column
  from pg_constraint k
  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[2]
  join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[2]
 where k.contype = 'f' order by 1`

// spare takes the third clinic's rows out of the tables. Beside each it keeps
// what the second clinic has there, as the third would write the same. Of the
// records about several orgs, one is the first clinic's and one the second's;
// and somebody linked a record of the second's to the first, which gives nothing.
const spare = `
do $$
declare
  t record;
begin
  execute 'create schema spare';
  execute 'grant usage on schema spare to public';
  for t in select c.relname as name, (select max(attname) from pg_attribute where attrelid = c.oid
                   and attname = case c.relname when 'organizations' then 'id' else 'org_id' end) as org
             from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations' loop
    if t.org is null then
      execute format('create table spare.%1$I as select * from %1$I limit 1', t.name);
      execute format('update spare.%I set id = gen_random_uuid()', t.name);
      continue;
    end if;
    execute format('create table spare.%1$I as select * from %1$I where %2$I = ''[C]''', t.name, t.org);
    if t.name <> 'organizations' then
      execute format('delete from %I where %I = ''[C]''', t.name, t.org);
    end if;
    execute format('create table spare.same_%1$s as select * from %1$I where %2$I = ''[B]''', t.name, t.org);
    execute format('update spare.same_%s set %I = ''[C]''', t.name, t.org);
  end loop;
  -- What the database makes of a row's other columns, nobody writes. It comes last.
  for t in select c.relname as name, a.attname as org from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and a.attgenerated <> '' and not a.attisdropped loop
    execute format('alter table spare.%I drop column %I', t.name, t.org);
    execute format('alter table spare.same_%s drop column %I', t.name, t.org);
  end loop;
  execute 'grant select on all tables in schema spare to public';
end
$$;
update spare.users set platform_kind = null;
update webhook_inbox set applied_at = null where org_id = '[B]';
update invitations set accepted_at = null where org_id = '[B]';
insert into audit_decisions select (jsonb_populate_record(d, jsonb_build_object('id', md5(d.id::text), 'seq', 100, 'org_id', null))).* from audit_decisions d;
insert into audit_decision_orgs select org_id, md5(id::text)::uuid, at from audit_decisions where org_id is not null;
insert into audit_decision_orgs select '[A]', id, at from audit_decisions where org_id = '[B]';`

const tablesOf = `
select c.relname::text as name, split_part(coalesce(d.description, ''), ':', 1) as kind,
       split_part(coalesce(d.description, ''), ':', 2) as resource,
       coalesce((select max(attname::text) from pg_attribute
                  where attrelid = c.oid and attname = case c.relname when 'organizations' then 'id' else 'org_id' end), '') as org,
       array_agg(a.attname::text order by a.attnum) as columns,
       coalesce(array_agg(a.attname::text order by a.attnum) filter (
         where has_column_privilege('cascade_app', c.oid, a.attnum, 'UPDATE')), '{}') as writable,
       0 as own, 0 as all
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   and a.attgenerated = '' -- nobody can write what the database makes, whatever is granted
  left join pg_description d on d.objoid = c.oid and d.objsubid = 0 and d.classoid = 'pg_class'::regclass
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
 group by c.oid, c.relname, d.description order by c.relname`

func openWorld(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{DB: dbtest.Open(t), a: uuid.New(), b: uuid.New(), c: uuid.New()}
	w.Fill(t, w.c, w.b, w.a)
	w.Exec(t, `set session_replication_role = replica;`+strings.NewReplacer("[A]", w.a.String(), "[B]", w.b.String(), "[C]", w.c.String()).Replace(spare))
	var err error
	if w.conn, err = pgx.Connect(ctx, w.SuperDSN); err != nil {
		t.Fatal(err)
	}
	// A mutant may never end, as a recursion without its condition: that is noticed too.
	if _, err = w.conn.Exec(ctx, `set statement_timeout = '5s'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.conn.Close(context.WithoutCancel(ctx)) })
	rows, err := w.conn.Query(ctx, tablesOf)
	if err != nil {
		t.Fatal(err)
	}
	if w.tables, err = pgx.CollectRows(rows, pgx.RowToStructByName[table]); err != nil {
		t.Fatal(err)
	}
	for i := range w.tables {
		tbl := &w.tables[i]
		own := "0"
		if tbl.Org != "" {
			own = fmt.Sprintf("count(*) filter (where %s = '%s')", tbl.Org, w.a)
		}
		err := w.conn.QueryRow(ctx, fmt.Sprintf(`select count(*), %s from %s`, own, tbl.Name)).Scan(&tbl.All, &tbl.Own)
		if err != nil {
			t.Fatal(err)
		}
		if tbl.Name == "audit_decisions" {
			tbl.Own++ // the one about several orgs
		}
	}
	if rows, err = w.conn.Query(ctx, referencesOf); err != nil {
		t.Fatal(err)
	}
	if w.refs, err = pgx.CollectRows(rows, pgx.RowToStructByName[reference]); err != nil {
		t.Fatal(err)
	}
	w.steps = map[string][]step{"": w.functions()}
	for _, tbl := range w.tables {
		w.steps[tbl.Name] = w.stepsOf(tbl)
	}
	return w
}

// scope is that of a person who may do the actions on rows of the types, in the
// orgs that are given: the one that Fill made for the first of them.
func scope(types []policy.Resource, actions []policy.Action, orgs ...uuid.UUID) policy.Scope {
	return policy.NewScope(person(orgs[0], orgs...), decisions(types, actions, person(orgs[0], orgs...), orgs...)...)
}

func person(who uuid.UUID, orgs ...uuid.UUID) policy.Subject {
	s := policy.Subject{ID: dbtest.RowID(who, "users"), Kind: policy.Member}
	for _, org := range orgs {
		s.Memberships = append(s.Memberships, policy.Membership{OrgID: org, Role: policy.Owner, Status: policy.OrgActive})
	}
	return s
}

func decisions(types []policy.Resource, actions []policy.Action, s policy.Subject, orgs ...uuid.UUID) []policy.Decision {
	var all []policy.Decision
	for _, r := range types {
		for _, a := range actions {
			q := policy.Request{Subject: s, Action: a, Resource: r, Orgs: orgs}
			all = append(all, policy.Judge(q, policy.Verdict{Allow: true, OrgIDs: orgs}, policy.Evidence{}))
		}
	}
	return all
}

// wide is the scope of the first platform kind that may read the row types in
// every org; ok is false when none may.
func wide(types ...policy.Resource) (_ policy.Scope, ok bool) {
	s := policy.Subject{ID: uuid.New()}
	var decisions []policy.Decision
	for _, r := range types {
		for _, s.Kind = range []policy.Kind{policy.Security, policy.Auditor, policy.Operator} {
			d := policy.Judge(policy.Request{Subject: s, Action: policy.Read, Resource: r}, policy.Verdict{Allow: true, Wide: true}, policy.Evidence{})
			if d.Allowed() {
				decisions = append(decisions, d)
				break
			}
		}
	}
	return policy.NewScope(s, decisions...), len(decisions) > 0
}
