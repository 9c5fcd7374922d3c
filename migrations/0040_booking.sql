-- When a clinic can be booked, and that no two visits meet.

-- One row a clinic; a clinic without one is booked by the defaults.
create table booking_rules (
  org_id         uuid not null references organizations (id),
  id             uuid not null,
  -- Weekday to spans, in the clinic's time zone, as in inbound_agent_config.
  -- business_hours, which count where this says nothing. A break is a gap.
  hours          jsonb not null default '{}',
  -- [{"name": "Cleaning", "minutes": 45}]; none: any service, slot_minutes long.
  services       jsonb not null default '[]',
  -- Who or what takes one visit at a time: a practitioner, a chair, a room.
  calendars      text[] not null default '{main}' check (cardinality(calendars) between 1 and 50),
  slot_minutes   integer not null default 30 check (slot_minutes between 5 and 480),
  buffer_minutes integer not null default 0 check (buffer_minutes between 0 and 240),
  lead_minutes   integer not null default 60 check (lead_minutes between 0 and 20160),
  horizon_days   integer not null default 60 check (horizon_days between 1 and 365),
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id)
);
select app.protect('booking_rules', 'booking_rules', commands => 'rcu');
grant select (org_id, id) on booking_rules to cascade_keeper; -- app.record_attempt asks whose a row is
create policy keeper_select on booking_rules for select to cascade_keeper using (true);
select app.unsampled('booking_rules');
select app.sealed('booking_rules');

-- The calendar that a visit is held on, and how long nothing may follow it there.
-- A visit on no calendar is a person's own business: it may overlap others.
alter table appointments
  add column calendar text check (length(calendar) between 1 and 100),
  add column buffer_minutes integer not null default 0 check (buffer_minutes between 0 and 240);
grant update (calendar, buffer_minutes) on appointments to cascade_app;

-- Texts have no index of their own in which ranges of time can be compared too;
-- a range of one text has, and needs no extension.
create type app.label_range as range (subtype = text, collation = "C");

-- Two visits that stand, on one calendar of one clinic, never meet, whoever
-- books them and however many at once.
alter table appointments add constraint appointments_apart exclude using gist (
  app.label_range(org_id::text || '/' || calendar, org_id::text || '/' || calendar, '[]') with &&,
  tsrange(starts_at at time zone 'UTC', (starts_at at time zone 'UTC') + make_interval(mins => duration_minutes + buffer_minutes)) with &&
) where (calendar is not null and status in ('pending', 'confirmed', 'in_progress'));
comment on index appointments_apart is
  'allow index-order: it starts with org and calendar in one range, for only ranges can be excluded without an extension
allow planner-walks: no comparison of ranges is leakproof, so none is made before the policy';
select app.unsampled('appointments');
