-- plant: table-undeclared
-- at: public.contacts
-- also: policy-scope, policy-ungated
-- mend: by hand
comment on table contacts is null;

-- plant: table-unknown
-- at: public.contacts: contact
-- mend: by hand
-- expect: resources

-- plant: key-none
-- at: public.trusted_documents
alter table trusted_documents drop constraint trusted_documents_pkey;

-- plant: rls-off
-- at: public.contacts
alter table contacts disable row level security;

-- plant: rls-off
-- at: public.notes
set local role cascade_owner;
create table notes (org_id uuid not null references organizations (id), id uuid not null, primary key (org_id, id));
comment on table notes is 'resource:note';

-- plant: rls-off
-- at: public.schema_migrations
grant insert on schema_migrations to cascade_app;

-- plant: rls-off
-- at: elsewhere.notes
-- also: policy-missing
create schema elsewhere;
create table elsewhere.notes (org_id uuid not null references organizations (id), id uuid not null, primary key (org_id, id));
comment on table elsewhere.notes is 'resource:note';
grant select on elsewhere.notes to cascade_app;

-- plant: rls-not-forced
-- at: public.contacts
alter table contacts no force row level security;

-- plant: org-missing
-- at: public.notes
-- also: planner-samples
set local role cascade_owner;
create table notes (id uuid primary key);
alter table notes enable row level security, force row level security;
comment on table notes is 'resource:note';

-- plant: org-null
-- at: public.integrations
alter table webhook_inbox drop constraint webhook_inbox_org_id_integration_id_fkey;
alter table integrations drop constraint integrations_pkey, alter column org_id drop not null;
alter table integrations add unique (org_id, id);
comment on table integrations is 'resource:integration';
-- also: key-primary

-- plant: key-primary
-- at: public.oauth_clients
alter table oauth_clients drop constraint oauth_clients_pkey, add unique (org_id, id);

-- plant: key-unique
-- at: public.contacts_email_idx
-- also: planner-walks
create unique index on contacts (email);

-- plant: key-unique
-- at: public.agents_name_org_id_key
-- also: planner-walks
alter table agents add unique (name, org_id);

-- plant: key-unique
-- at: public.contacts_lower_org_id_idx
-- also: planner-samples, planner-walks
create unique index on contacts (lower(email), org_id);

-- plant: key-crosses
-- at: appointments_rule_id_fkey on public.appointments
set local role cascade_owner;
create table rules (org_id uuid not null references organizations (id), id uuid not null, primary key (org_id, id));
alter table rules enable row level security, force row level security;
comment on table rules is 'resource:rule';
create unique index rules_id on rules (id);
comment on index rules_id is 'allow key-unique: the test needs something to refer to
allow planner-walks: the test needs something to refer to';
alter table appointments add column rule_id uuid references rules (id);
create index on appointments (org_id, rule_id);
-- also: index-missing, planner-samples

-- plant: key-oracle
-- at: contacts_owner_fkey on public.contacts
-- also: planner-samples, planner-walks
alter table contacts add column owner uuid constraint contacts_owner_fkey references users (id);
create index contacts_owner on contacts (owner);
comment on index contacts_owner is 'allow index-order: the test plants a reference';

-- plant: key-moves-org
-- at: escalations_org_id_call_id_fkey on public.escalations
alter table escalations drop constraint escalations_org_id_call_id_fkey,
  add foreign key (org_id, call_id) references call_logs (org_id, id) on update cascade;

-- plant: key-moves-org
-- at: escalations_org_id_call_id_fkey on public.escalations
alter table escalations drop constraint escalations_org_id_call_id_fkey,
  add foreign key (org_id, call_id) references call_logs (org_id, id) on delete set null;

-- plant: key-not-valid
-- at: escalations_org_id_call_id_fkey on public.escalations
alter table escalations drop constraint escalations_org_id_call_id_fkey,
  add foreign key (org_id, call_id) references call_logs (org_id, id) not valid;

-- plant: key-not-valid
-- at: contacts_named on public.contacts
alter table contacts add constraint contacts_named check (name is not null) not valid;

-- plant: index-order
-- at: public.contacts_status_org_id_idx
-- also: planner-walks
create index on contacts (status, org_id);

-- plant: index-missing
-- at: appointments_org_id_call_id_fkey on public.appointments
drop index appointments_call;

-- plant: index-invalid
-- at: public.contacts_phone
update pg_index set indisvalid = false where indexrelid = 'contacts_phone'::regclass;

-- plant: table-child
-- at: elsewhere.contacts_old of public.contacts
create schema elsewhere;
create table elsewhere.contacts_old () inherits (contacts);

-- plant: table-child
-- at: elsewhere.contacts_old of public.contacts
-- also: key-primary, planner-samples, policy-missing, table-undeclared
create schema elsewhere;
create table elsewhere.contacts_old () inherits (contacts);
alter table elsewhere.contacts_old enable row level security, force row level security;
grant select on elsewhere.contacts_old to cascade_app;

-- plant: table-unlogged
-- at: public.recording_upload_metrics
alter table recording_upload_metrics set unlogged;

-- plant: counter-shared
-- at: public.contacts (number)
set local role cascade_owner;
alter table contacts add column number bigint generated always as identity;

-- plant: counter-shared
-- at: public.contacts (number)
set local role cascade_owner;
alter table contacts add column number bigserial;

-- plant: secret-in-text
-- at: public.integrations (api_key)
-- also: planner-samples
alter table integrations add column api_key text;

-- plant: large-object
-- at: large object 4242
select lo_create(4242);

-- plant: rls-off
-- at: river.river_job
alter table river.river_job disable row level security;

-- plant: rls-not-forced
-- at: river.river_leader
alter table river.river_leader no force row level security;
