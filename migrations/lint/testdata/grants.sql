-- plant: grant-public
-- at: public.contacts select
grant select on contacts to public;

-- plant: grant-public
-- at: public.contacts (notes)
grant select (notes) on contacts to public;

-- plant: grant-public
-- at: schema app
grant usage on schema app to public;

-- plant: grant-stranger
-- at: anon: public.call_logs select
create role anon bypassrls;
grant select on call_logs to anon;

-- plant: grant-stranger
-- at: anon: public.call_logs select
create role anon;
grant select (transcript) on call_logs to anon;

-- plant: grant-keys
-- at: public.contacts (org_id)
grant update (org_id) on contacts to cascade_app;

-- plant: grant-keys
-- at: public.contacts (id)
-- at: public.contacts (org_id)
grant update on contacts to cascade_app;

-- plant: grant-audit
-- at: cascade_app: public.audit_decisions delete
-- also: policy-missing
grant delete on audit_decisions to cascade_app;

-- plant: grant-audit
-- at: cascade_app: public.audit_decisions update
-- also: policy-missing
grant update (reason) on audit_decisions to cascade_app;

-- plant: grant-audit
-- at: cascade_keeper: public.audit_decision_orgs truncate
grant truncate on audit_decision_orgs to cascade_keeper;

-- plant: grant-secrets
-- at: cascade_app: app.seal_keys
grant select on app.seal_keys to cascade_app;

-- plant: grant-secrets
-- at: cascade_directory: app.seal_keys
grant update (retired_at) on app.seal_keys to cascade_directory;

-- plant: grant-past-policies
-- at: cascade_app: public.contacts truncate
grant truncate on contacts to cascade_app;

-- plant: grant-past-policies
-- at: cascade_app: public.contacts trigger
grant trigger on contacts to cascade_app;

-- plant: grant-past-policies
-- at: cascade_app: public.contacts references
grant references on contacts to cascade_app;

-- plant: grant-create
-- at: schema public
grant create on schema public to cascade_app;

-- plant: grant-create
-- at: schema open
create schema open;
grant all on schema open to public;

-- plant: grant-create
-- at: database %
do $$ begin execute format('grant create on database %I to cascade_app', current_database()); end $$;

-- plant: grant-parameter
-- at: session_replication_role set
grant set on parameter session_replication_role to cascade_app;

-- plant: grant-parameter
-- at: log_min_messages set
grant set on parameter log_min_messages to public;

-- plant: grant-temp
-- at: %
do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$;

-- plant: grant-sequence
-- at: public.tickets
create sequence tickets;
grant usage on sequence tickets to cascade_app;

-- plant: grant-sequence
-- at: public.tickets
create sequence tickets;
grant select on sequence tickets to cascade_app;

-- plant: grant-default
-- at: public: tables of cascade_owner
alter default privileges for role cascade_owner in schema public grant select on tables to public;

-- plant: grant-default
-- at: cascade_app: functions of cascade_owner
alter default privileges for role cascade_owner grant execute on functions to cascade_app;

-- plant: grant-default-functions
-- at: cascade_owner
alter default privileges for role cascade_owner grant execute on functions to public;

-- plant: statistics-old-views
-- at: pg_catalog.pg_stats_ext_exprs
update pg_rewrite r set ev_action = o.ev_action from pg_rewrite o
 where r.ev_class = 'pg_stats_ext_exprs'::regclass and o.ev_class = 'pg_stats'::regclass;

-- plant: statistics-of-statements
-- at: stats.pg_stat_statements
-- also: view-definer
create schema stats;
create view stats.pg_stat_statements as select 'select 1' as query;
grant select on stats.pg_stat_statements to cascade_app;

-- plant: grant-sequence
-- at: river.river_job_id_seq
grant usage on sequence river.river_job_id_seq to cascade_app;

-- plant: grant-public
-- at: river.river_job select
grant select on river.river_job to public;
