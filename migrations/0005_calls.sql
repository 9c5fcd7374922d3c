-- What came of the calls.

create table contacts (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  name            text,
  phone           text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  email           text,
  interest        text,
  preferred_time  text,
  notes           text,
  status          text not null default 'new'
                  check (status in ('new', 'contacted', 'qualified', 'booked', 'converted', 'lost')),
  score           integer not null default 0 check (score between 0 and 100),
  search          text not null default '',
  last_contact_at timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id)
);
create unique index contacts_phone on contacts (org_id, phone) where phone is not null;
create index contacts_list on contacts (org_id, created_at desc, id desc);
create index contacts_recent on contacts (org_id, last_contact_at desc, id desc);
select app.protect('contacts', 'contact');

create table call_logs (
  org_id             uuid not null references organizations (id),
  id                 uuid not null,
  provider           text not null default 'vapi',
  provider_call_id   text not null,
  agent_id           uuid,
  contact_id         uuid,
  phone_number_id    uuid,
  direction          text not null check (direction in ('inbound', 'outbound', 'web')),
  status             text not null check (status in ('queued', 'ringing', 'in_progress', 'forwarding',
                       'completed', 'missed', 'transferred', 'voicemail', 'failed', 'cancelled', 'unknown')),
  status_rank        smallint not null default 0,
  caller_number      text,
  caller_name        text,
  our_number         text,
  started_at         timestamptz not null,
  ended_at           timestamptz,
  duration_seconds   integer check (duration_seconds >= 0),
  ended_reason       text,
  outcome            text,
  summary            text,
  transcript         jsonb,
  sentiment          text check (sentiment in ('positive', 'neutral', 'negative')),
  sentiment_score    integer check (sentiment_score between 0 and 100),
  sentiment_summary  text,
  urgency            text check (urgency in ('low', 'medium', 'high', 'critical')),
  structured_data    jsonb,
  cost_micros        bigint check (cost_micros >= 0),
  currency           text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  recording_consent  text not null default 'unknown' check (recording_consent in ('unknown', 'granted', 'refused')),
  recording_state    text not null default 'none' check (recording_state in ('none', 'pending', 'stored', 'failed', 'refused')),
  appointment_booked boolean not null default false,
  is_test            boolean not null default false,
  search             text not null default '',
  reported_at        timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, provider_call_id),
  foreign key (org_id, agent_id) references agents (org_id, id) on delete set null (agent_id),
  foreign key (org_id, contact_id) references contacts (org_id, id) on delete set null (contact_id),
  foreign key (org_id, phone_number_id) references phone_numbers (org_id, id) on delete set null (phone_number_id)
);
create index call_logs_list on call_logs (org_id, started_at desc, id desc);
create index call_logs_duration on call_logs (org_id, (coalesce(duration_seconds, 0)) desc, id desc);
create index call_logs_agent on call_logs (org_id, agent_id, started_at desc, id desc);
create index call_logs_contact on call_logs (org_id, contact_id, started_at desc, id desc);
create index call_logs_number on call_logs (org_id, phone_number_id);
create index call_logs_status on call_logs (org_id, status, started_at desc, id desc);
select app.protect('call_logs', 'call');

create table appointments (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  contact_id       uuid,
  call_id          uuid,
  tool_call_id     text,
  service          text,
  starts_at        timestamptz not null,
  duration_minutes integer not null default 30 check (duration_minutes between 5 and 480),
  status           text not null default 'confirmed'
                   check (status in ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')),
  notes            text,
  cancelled_at     timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, contact_id) references contacts (org_id, id) on delete set null (contact_id),
  foreign key (org_id, call_id) references call_logs (org_id, id) on delete set null (call_id)
);
create unique index appointments_tool_call on appointments (org_id, tool_call_id) where tool_call_id is not null;
create index appointments_list on appointments (org_id, starts_at desc, id desc);
create index appointments_contact on appointments (org_id, contact_id);
create index appointments_call on appointments (org_id, call_id);
select app.protect('appointments', 'appointment');

create table escalations (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  call_id         uuid,
  rule_id         uuid,
  tool_call_id    text,
  reason          text,
  summary         text,
  urgency         text not null default 'high' check (urgency in ('low', 'medium', 'high', 'critical')),
  status          text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
  raised_at       timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  resolved_at     timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, call_id) references call_logs (org_id, id) on delete set null (call_id),
  foreign key (org_id, rule_id) references escalation_rules (org_id, id) on delete set null (rule_id)
);
create unique index escalations_tool_call on escalations (org_id, tool_call_id) where tool_call_id is not null;
create index escalations_list on escalations (org_id, raised_at desc, id desc);
create index escalations_call on escalations (org_id, call_id);
create index escalations_rule on escalations (org_id, rule_id);
select app.protect('escalations', 'escalation');
