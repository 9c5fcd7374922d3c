package drill_test

import (
	"strings"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// What the app role must not be able to do at all, whatever its scope.
func TestTheAppRoleStepsOutOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a := w.attack(t, everything())
	for sql, want := range map[string]string{
		`set role postgres`: "42501", `set role cascade_owner`: "42501", `set role cascade_keeper`: "42501", `set role cascade_directory`: "42501",
		`set session authorization postgres`: "42501", `set session authorization cascade_keeper`: "42501", `select set_config('role', 'cascade_keeper', true)`: "42501",
		`select set_config('session_authorization', 'postgres', true)`: "42501",
		`set session_replication_role = replica`:                       "42501", `select set_config('session_replication_role', 'replica', true)`: "42501",
		`set local log_statement = 'all'`: "42501", `set session_preload_libraries = 'x'`: "42501", `load 'auto_explain'`: "42501", `load '/tmp/x'`: "42501",
		`alter system set fsync = off`: "25001", `alter role cascade_app superuser`: "42501", `alter role cascade_app bypassrls`: "42501", `alter role cascade_app createrole`: "42501",
		`alter role cascade_keeper login`: "42501", `create role planted`: "42501", `drop role cascade_keeper`: "42501", `grant cascade_keeper to cascade_app`: "42501",
		`create table planted (i int)`: "42501", `create schema planted`: "42501", `create view planted as select 1`: "42501", `create sequence planted`: "42501",
		`create function planted() returns int language sql as 'select 1'`: "42501", `create function app.planted() returns int language sql as 'select 1'`: "42501",
		`create operator public.<<<< (leftarg = text, rightarg = text, function = texteq)`: "42501",
		`create cast (text as int) without function`:                                       "42501", `create type planted as (i int)`: "42501", `create domain planted as text`: "42501",
		`create aggregate planted (int) (sfunc = int4pl, stype = int)`: "42501", `create collation planted from "C"`: "42501", `create text search configuration planted (copy = simple)`: "42501",
		`create extension plpgsql`: "42710", `create extension hstore`: "42501", `create extension dblink`: "42501", `create foreign data wrapper planted`: "42501",
		`create server planted foreign data wrapper planted`: "42704", `create publication planted`: "42501", `create subscription planted connection '' publication p with (connect = false)`: "42501",
		`create event trigger planted on ddl_command_start execute function app.keep_stats()`: "42501", `create language planted handler plpgsql_call_handler`: "42501",
		`copy contacts to program 'cat'`: "42501", `copy contacts from program 'cat'`: "42501", `copy contacts to '/tmp/planted'`: "42501", `copy contacts from '/etc/passwd'`: "42501",
		`select pg_read_file('/etc/passwd')`: "42501", `select pg_read_binary_file('PG_VERSION')`: "42501", `select pg_ls_dir('.')`: "42501", `select pg_stat_file('.')`: "42501",
		`select lo_import('/etc/passwd')`: "42501", `select lo_export(1, '/tmp/planted')`: "42501", `select * from pg_ls_logdir()`: "42501", `select * from pg_hba_file_rules`: "42501",
		`select pg_reload_conf()`: "42501", `select pg_rotate_logfile()`: "42501", `select pg_switch_wal()`: "42501", `select pg_create_physical_replication_slot('p')`: "42501",
		`select * from pg_authid`: "42501", `select * from pg_shadow`: "42501", `select * from pg_statistic`: "42501", `select * from pg_statistic_ext_data`: "42501",
		`select * from pg_largeobject`: "42501", `select * from pg_subscription`: "42501", `select * from pg_user_mapping`: "42501", `select * from pg_config`: "42501",
		`select * from pg_backend_memory_contexts`: "42501", `select * from pg_shmem_allocations`: "42501", `select pg_log_backend_memory_contexts(pg_backend_pid())`: "42501",
		`select pg_stat_reset()`: "42501", `select pg_stat_reset_shared('bgwriter')`: "42501", `select pg_promote()`: "42501",
		`select * from app.seal_keys`: "42501", `update app.seal_keys set retired_at = now()`: "42501", `insert into app.seal_keys values ('x', '', '')`: "42501",
		`select app.protect('contacts', 'contact')`: "42501", `select app.widen('contacts', 'contact')`: "42501", `select app.keep_stats()`: "42501",
		`alter function app.scope() owner to cascade_app`: "42501", `alter function app.scope() leakproof`: "42501", `alter function app.scope() set search_path = public`: "42501",
		`create or replace function app.scope() returns jsonb language sql as 'select null::jsonb'`: "42501", `drop function app.scope()`: "42501",
		`alter database postgres set row_security = off`: "42501", `drop database postgres`: "25001", `vacuum`: "25001",
		`alter default privileges for role cascade_owner grant all on tables to public`: "42501", `reassign owned by cascade_owner to cascade_app`: "42501",
		`security label on table contacts is 'x'`: "22023",
	} {
		if s := a.run(t, sql); s.code != want {
			t.Errorf("%s: %q, want %s: %s", sql, s.code, want, s.text)
		}
	}
}

// The catalog and the statistics of the server say what a table is like, never
// what is in it: no view of theirs holds a canary, with the program at work on
// other connections and, before, on the attacker's own.
func TestNoViewOfTheServerTellsOfRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	w.Exec(t, `analyze`)
	pool := w.Pool(t, 1)
	driver := rls.New(rls.Config{Pool: pool, Key: w.Key})
	// The program, for clinic b: it leaves a connection that knows its statements.
	victim := *w
	victim.a, victim.b = w.b, w.a
	rows := &entsql.Rows{}
	ctx := policy.WithScope(t.Context(), victim.scope(t, everything()))
	if err := driver.Query(ctx, `SELECT name, email FROM contacts WHERE name LIKE $1`, []any{w.b.word + "%"}, rows); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for rows.Next() {
		shown++
	}
	if err := rows.Close(); err != nil || shown == 0 {
		t.Fatalf("the program saw %d rows of clinic b: %v", shown, err)
	}
	if err := driver.Exec(ctx, `UPDATE contacts SET notes = $1 WHERE name = $2`, []any{w.b.word, w.b.word}, nil); err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := conn.QueryRow(t.Context(), `select coalesce(current_setting('app.scope', true), '')`).Scan(new(string)); err != nil {
		t.Fatal(err)
	}
	var views []string
	if err := w.super.QueryRow(t.Context(), `select array_agg(format('%I.%I', n.nspname, c.relname)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v')`).Scan(&views); err != nil {
		t.Fatal(err)
	}
	stranger := w.attack(t, everything())
	for _, view := range views {
		if view == "pg_catalog.pg_stat_activity" {
			view += ` where datname = current_database()` // other databases are other tests'
		}
		// On a connection of one's own, and on the one that served clinic b.
		if s := stranger.run(t, `select * from `+view); len(w.leaks(strings.ReplaceAll(s.text, stranger.seal, ""))) > 0 {
			t.Errorf("%s tells of %v", view, w.leaks(s.text))
		}
		var said string
		err := conn.QueryRow(t.Context(), `select coalesce(string_agg(v::text, ' '), '') from (select * from `+view+`) v`).Scan(&said)
		if leaked := w.leaks(said); (err == nil || code(err) != "") && len(leaked) > 0 {
			t.Errorf("%s, on the connection of b, tells of %v", view, leaked)
		}
	}
	var left string
	if err := conn.QueryRow(t.Context(), `select coalesce(current_setting('app.scope', true), '')`).Scan(&left); err != nil || left != "" {
		t.Errorf("the seal of b was left behind: %q, %v", left, err)
	}
}
