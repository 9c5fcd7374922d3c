-- plant: view-definer
-- at: public.everything
set local role cascade_owner;
create view everything as select * from contacts;

-- plant: view-definer
-- at: public.everything
set local role cascade_owner;
create view everything with (security_invoker = false, security_barrier = true) as select * from contacts;

-- plant: view-materialized
-- at: public.everything
set local role cascade_owner;
create materialized view everything as select * from contacts;

-- plant: table-foreign
-- at: public.far_contacts
-- also: server-foreign
create foreign data wrapper nowhere;
create server far foreign data wrapper nowhere;
create foreign table far_contacts (org_id uuid, id uuid) server far;

-- plant: server-foreign
-- at: far
create foreign data wrapper nowhere;
create server far foreign data wrapper nowhere;

-- plant: rule
-- at: aside on public.contacts
create rule aside as on insert to contacts do also insert into idempotency_keys (org_id, id, principal_id, key, operation, fingerprint, expires_at)
  values (new.org_id, new.id, new.id, 'x', 'x', sha256('x'), now());

-- plant: event-trigger
-- at: watch
-- also: function-path
set local role cascade_owner;
create function app.watch() returns event_trigger language plpgsql as 'begin end';
reset role;
create event trigger watch on ddl_command_end execute function app.watch();

-- plant: publication
-- at: everything
create publication everything for all tables;

-- plant: publication
-- at: one_table
create publication one_table for table contacts;

-- plant: replication-slot
-- at: stream
-- as: server
select pg_create_logical_replication_slot('stream', 'pgoutput');

-- plant: extension-door
-- at: dblink
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) values (99999, 'dblink', 10, 2200, true, '1.2');

-- plant: extension-door
-- at: plpython3u
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) values (99999, 'plpython3u', 10, 2200, true, '1.0');
