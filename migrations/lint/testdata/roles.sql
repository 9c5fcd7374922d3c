-- plant: role-superuser
-- at: cascade_app
alter role cascade_app superuser;

-- plant: role-bypassrls
-- at: cascade_app
alter role cascade_app bypassrls;

-- plant: role-bypassrls
-- at: cascade_keeper
-- also: definer-unbound
alter role cascade_keeper bypassrls;

-- plant: role-powers
-- at: cascade_app createrole
alter role cascade_app createrole;

-- plant: role-powers
-- at: cascade_app createdb
alter role cascade_app createdb;

-- plant: role-powers
-- at: cascade_app replication
alter role cascade_app replication;

-- plant: role-powers
-- at: cascade_directory createrole
alter role cascade_directory createrole;

-- plant: role-member
-- at: pg_read_all_data of cascade_app
-- also: grant-secrets, grant-sequence
grant pg_read_all_data to cascade_app;

-- plant: role-member
-- at: pg_execute_server_program of cascade_app
grant pg_execute_server_program to cascade_app;

-- plant: role-member
-- at: cascade_directory of cascade_app
-- also: definer-member, policy-missing
grant cascade_directory to cascade_app;

-- plant: definer-login
-- at: cascade_keeper
alter role cascade_keeper login;

-- plant: definer-member
-- at: cascade_keeper of analyst
create role analyst login;
grant cascade_keeper to analyst;

-- plant: owner-unbound
-- at: cascade_owner
alter role cascade_owner bypassrls;

-- plant: app-owns
-- at: table public.contacts
-- also: grant-keys, grant-past-policies
alter table contacts owner to cascade_app;

-- plant: app-owns
-- at: type public.mood
create type mood as enum ('good');
alter type mood owner to cascade_app;

-- plant: app-owns
-- at: function app.stats_of(public.call_logs,text)
alter function app.stats_of(call_logs, text) owner to cascade_app;
