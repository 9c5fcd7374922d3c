-- plant: definer-path
-- at: app.all_calls()
set local role cascade_owner;
create function app.all_calls() returns bigint language sql security definer as 'select 1::bigint';

-- plant: definer-path
-- at: app.directory_key(text)
alter function app.directory_key(text) set search_path = public, pg_temp;

-- plant: definer-path
-- at: app.scope()
alter function app.scope() reset search_path;

-- plant: definer-public
-- at: app.directory_webhook(bytea)
grant execute on function app.directory_webhook(bytea) to public;

-- plant: definer-undeclared
-- at: app.stats_add(public.org_daily_stats,integer)
grant execute on function app.stats_add(org_daily_stats, int) to cascade_app;

-- plant: definer-undeclared
-- at: elsewhere.peek()
set local role cascade_owner;
create function public.peek() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
reset role;
create schema elsewhere;
alter function public.peek() set schema elsewhere;
grant execute on function elsewhere.peek() to cascade_app;

-- plant: definer-org
-- at: app.of_org(uuid) in_org
set local role cascade_owner;
create function app.of_org(in_org uuid) returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';

-- plant: definer-unbound
-- at: app.find_partner(text) of postgres
alter function app.find_partner(text) owner to postgres;

-- plant: function-path
-- at: app.shout(text)
set local role cascade_owner;
create function app.shout(words text) returns text language sql as 'select upper(words)';

-- plant: function-leakproof
-- at: app.stats_of(public.call_logs,text)
alter function app.stats_of(call_logs, text) leakproof;

-- plant: function-language
-- at: untrusted
create function pg_temp.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create language untrusted handler pg_temp.handler;

-- plant: function-system
-- at: pg_read_file(text)
grant execute on function pg_read_file(text) to cascade_app;

-- plant: trigger-off
-- at: keep_stats on public.call_logs
alter table call_logs disable trigger keep_stats;

-- plant: trigger-off
-- at: RI_ConstraintTrigger_%
-- at: RI_ConstraintTrigger_%
-- at: RI_ConstraintTrigger_%
-- at: RI_ConstraintTrigger_%
-- at: RI_ConstraintTrigger_%
-- at: RI_ConstraintTrigger_%
alter table escalations disable trigger all;

-- plant: trigger-stranger
-- at: copy_out on public.contacts
-- also: function-path
set local role cascade_owner;
create function public.copy_out() returns trigger language plpgsql as 'begin return new; end';
create trigger copy_out before insert on contacts for each row execute function public.copy_out();
