-- plant: setting-triggers
-- at: session_replication_role = replica
alter role cascade_app set session_replication_role = replica;

-- plant: setting-row-security
-- at: row_security = off
alter role cascade_app set row_security = off;

-- plant: setting-scope
-- at: app.scope is set
alter role cascade_app set app.scope = 'x';

-- plant: setting-scope
-- at: role is set
do $$ begin execute format('alter database %I set role = cascade_keeper', current_database()); end $$;

-- plant: setting-search-path
-- at: search_path = elsewhere, public
create schema elsewhere;
alter role cascade_app set search_path = elsewhere, public;

-- plant: setting-search-path
-- at: search_path = "$user", public
create schema cascade_app;

-- plant: setting-durable
-- at: synchronous_commit = off
do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$;

-- plant: setting-durable
-- at: fsync = off
-- as: server
alter system set fsync = off;
select pg_reload_conf();

-- plant: setting-log-statements
-- at: log_statement = all
alter role cascade_app set log_statement = 'all';
alter role cascade_app set log_parameter_max_length = -1;

-- plant: setting-log-statements
-- at: log_min_duration_statement = 1000
alter role cascade_app set log_min_duration_statement = 1000;
alter role cascade_app set log_parameter_max_length = -1;

-- plant: setting-log-errors
-- at: log_error_verbosity = default
alter role cascade_app set log_error_verbosity = 'default';
alter role cascade_app set log_min_messages = warning;

-- plant: setting-log-errors
-- at: log_parameter_max_length_on_error = 100
alter role cascade_app set log_parameter_max_length_on_error = 100;
alter role cascade_app set log_min_messages = warning;

-- plant: setting-log-plans
-- at: auto_explain.log_min_duration = 0
do $$ begin execute format('alter database %I set auto_explain.log_min_duration = 0', current_database()); end $$;

-- plant: setting-debug
-- at: debug_print_plan = on
alter role cascade_app set debug_print_plan = on;
