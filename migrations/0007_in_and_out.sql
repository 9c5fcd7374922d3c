-- What providers tell us, what we tell partners, and what was already done.

-- A message is kept here, without provider secrets, before it is acknowledged.
create table webhook_inbox (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  integration_id   uuid not null,
  provider         text not null,
  event_key        text not null,
  event_type       text not null,
  provider_call_id text,
  body             jsonb not null,
  received_at      timestamptz not null,
  applied_at       timestamptz,
  attempts         integer not null default 0,
  last_error       text,
  created_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, provider, event_key),
  foreign key (org_id, integration_id) references integrations (org_id, id)
);
create index webhook_inbox_list on webhook_inbox (org_id, received_at desc, id desc);
create index webhook_inbox_waiting on webhook_inbox (org_id, received_at) where applied_at is null;
create index webhook_inbox_integration on webhook_inbox (org_id, integration_id);
select app.protect('webhook_inbox', 'webhook_message', commands => 'rcu');
revoke update on webhook_inbox from cascade_app;
grant update (applied_at, attempts, last_error) on webhook_inbox to cascade_app;

create table webhook_endpoints (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  url             text not null check (url like 'https://%'),
  description     text not null default '',
  events          text[] not null default '{}',
  secret          bytea not null,
  enabled         boolean not null default true,
  disabled_at     timestamptz,
  disabled_reason text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id)
);
create index webhook_endpoints_list on webhook_endpoints (org_id, created_at desc, id desc);
select app.protect('webhook_endpoints', 'webhook_endpoint');

create table webhook_deliveries (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  endpoint_id     uuid not null,
  event_id        uuid not null,
  event_type      text not null,
  payload         jsonb not null,
  status          text not null default 'pending' check (status in ('pending', 'delivered', 'failed', 'dead')),
  attempt_count   integer not null default 0,
  next_attempt_at timestamptz,
  last_status     integer,
  last_error      text,
  delivered_at    timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, endpoint_id, event_id),
  foreign key (org_id, endpoint_id) references webhook_endpoints (org_id, id)
);
create index webhook_deliveries_list on webhook_deliveries (org_id, created_at desc, id desc);
select app.protect('webhook_deliveries', 'webhook_endpoint');

create table idempotency_keys (
  org_id       uuid not null references organizations (id),
  id           uuid not null,
  principal_id uuid not null,
  key          text not null check (length(key) between 1 and 255),
  operation    text not null,
  fingerprint  bytea not null check (octet_length(fingerprint) = 32),
  response     jsonb,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  primary key (org_id, id),
  unique (org_id, principal_id, key)
);
create index idempotency_keys_expiry on idempotency_keys (org_id, expires_at);
select app.protect('idempotency_keys', 'idempotency_key');
revoke update on idempotency_keys from cascade_app;
grant update (response) on idempotency_keys to cascade_app;
