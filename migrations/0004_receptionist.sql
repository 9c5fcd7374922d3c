-- What answers the phone: agents, numbers, knowledge, integrations, rules.

create table agents (
  org_id                uuid not null references organizations (id),
  id                    uuid not null,
  name                  text not null check (length(name) between 1 and 100),
  role                  text not null check (role in ('inbound', 'outbound')),
  system_prompt         text check (length(system_prompt) <= 20000),
  first_message         text not null default '',
  model                 text not null default 'gpt-4o',
  voice                 text not null default 'Paige',
  language              text not null default 'en-US',
  max_call_seconds      integer not null default 600 check (max_call_seconds between 30 and 7200),
  provider_assistant_id text,
  active                boolean not null default true,
  retired_at            timestamptz,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  primary key (org_id, id)
);
create unique index agents_provider on agents (org_id, provider_assistant_id) where provider_assistant_id is not null;
create index agents_list on agents (org_id, created_at desc, id desc);
select app.protect('agents', 'agent');

create table phone_numbers (
  org_id             uuid not null references organizations (id),
  id                 uuid not null,
  e164               text not null check (e164 ~ '^\+[1-9][0-9]{6,14}$'),
  label              text not null default '',
  provider           text not null default 'twilio' check (provider in ('twilio', 'vapi', 'vonage', 'telnyx')),
  provider_number_id text,
  country            text not null default 'US',
  status             text not null default 'active' check (status in ('active', 'inactive', 'released')),
  agent_id           uuid,
  monthly_cost_minor bigint not null default 0 check (monthly_cost_minor >= 0),
  currency           text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  released_at        timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, e164),
  foreign key (org_id, agent_id) references agents (org_id, id) on delete set null (agent_id)
);
create index phone_numbers_list on phone_numbers (org_id, created_at desc, id desc);
create index phone_numbers_agent on phone_numbers (org_id, agent_id);
select app.protect('phone_numbers', 'phone_number');

create table inbound_agent_config (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  agent_id         uuid,
  phone_number_id  uuid,
  system_prompt    text check (length(system_prompt) <= 20000),
  first_message    text not null default '',
  voice            text not null default 'Paige',
  language         text not null default 'en-US',
  max_call_seconds integer not null default 600 check (max_call_seconds between 30 and 7200),
  business_hours   jsonb not null default '{}',
  enabled          boolean not null default true,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id),
  foreign key (org_id, agent_id) references agents (org_id, id) on delete set null (agent_id),
  foreign key (org_id, phone_number_id) references phone_numbers (org_id, id) on delete set null (phone_number_id)
);
create index inbound_agent_config_agent on inbound_agent_config (org_id, agent_id);
create index inbound_agent_config_number on inbound_agent_config (org_id, phone_number_id);
select app.protect('inbound_agent_config', 'inbound_agent_config');

create table knowledge_base (
  org_id     uuid not null references organizations (id),
  id         uuid not null,
  title      text not null check (length(title) between 1 and 200),
  category   text not null default 'general'
             check (category in ('products_services', 'operations', 'ai_guidelines', 'general', 'pricing', 'company_info')),
  content    text not null check (length(content) <= 200000),
  language   text not null default 'en',
  version    integer not null default 1,
  active     boolean not null default true,
  retired_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id)
);
create index knowledge_base_list on knowledge_base (org_id, created_at desc, id desc);
select app.protect('knowledge_base', 'knowledge_article');

-- Credentials are sealed by the program (Tink AEAD, bound to org and row) before
-- they reach this table, and are never selected for an answer.
create table integrations (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  provider         text not null check (provider in ('vapi', 'twilio', 'google_calendar', 'resend', 'elevenlabs')),
  status           text not null default 'disconnected' check (status in ('connected', 'disconnected', 'error')),
  settings         jsonb not null default '{}',
  credentials      bytea,
  credentials_hint text,
  webhook_key_hash bytea check (octet_length(webhook_key_hash) = 32),
  webhook_auth     jsonb,
  webhook_secret   bytea,
  last_checked_at  timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, provider)
);
create index integrations_webhook on integrations (webhook_key_hash);
create index integrations_list on integrations (org_id, created_at desc, id desc);
select app.protect('integrations', 'integration');

create table escalation_rules (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  name            text not null check (length(name) between 1 and 100),
  trigger         text not null check (trigger in ('wait_time', 'sentiment', 'keyword', 'ai_request', 'manual')),
  trigger_value   jsonb not null default '{}',
  transfer_number text not null check (transfer_number ~ '^\+[1-9][0-9]{6,14}$'),
  priority        integer not null default 100,
  enabled         boolean not null default true,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id)
);
create index escalation_rules_list on escalation_rules (org_id, created_at desc, id desc);
select app.protect('escalation_rules', 'escalation_rule');
