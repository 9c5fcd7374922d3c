-- Who else may come in, and with what key.

create table access_grants (
  org_id     uuid not null references organizations (id),
  id         uuid not null,
  partner_id uuid not null references organizations (id),
  actions    text[] not null check (cardinality(actions) > 0 and actions <@ array['read', 'create', 'update', 'delete']),
  resources  text[] not null check (cardinality(resources) > 0),
  masks      jsonb not null default '{}',
  purpose    text not null check (length(purpose) between 1 and 500),
  starts_at  timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  check (org_id <> partner_id),
  check (expires_at > starts_at)
);
create index access_grants_partner on access_grants (partner_id);
create index access_grants_list on access_grants (org_id, created_at desc, id desc);
select app.protect('access_grants', 'access_grant', commands => 'rcu');
select app.widen('access_grants', 'access_grant');
-- A grant is ended or shortened, never rewritten: the record of what was granted stays true.
revoke update on access_grants from cascade_app;
grant update (revoked_at, expires_at) on access_grants to cascade_app;

create table break_glass_sessions (
  org_id      uuid not null references organizations (id),
  id          uuid not null,
  user_id     uuid not null references users (id),
  reason      text not null check (length(reason) >= 10),
  ticket      text not null check (length(ticket) > 0),
  minutes     integer not null check (minutes between 1 and 60),
  approved_by uuid references users (id),
  starts_at   timestamptz,
  expires_at  timestamptz,
  ended_at    timestamptz,
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  check (approved_by is distinct from user_id),
  check ((approved_by is null) = (starts_at is null) and (starts_at is null) = (expires_at is null)),
  check (expires_at <= starts_at + interval '1 hour')
);
create index break_glass_user on break_glass_sessions (user_id);
create index break_glass_list on break_glass_sessions (org_id, created_at desc, id desc);
select app.protect('break_glass_sessions', 'break_glass', commands => 'rcu');
select app.widen('break_glass_sessions', 'break_glass');
revoke update on break_glass_sessions from cascade_app;
grant update (approved_by, starts_at, expires_at, ended_at) on break_glass_sessions to cascade_app;

-- The key itself is never kept: its public id finds the row, its hash proves it.
create table api_keys (
  org_id       uuid not null references organizations (id),
  id           uuid not null,
  name         text not null check (length(name) between 1 and 100),
  public_id    text not null,
  hash         bytea not null check (octet_length(hash) = 32),
  last_four    text not null,
  scopes       text[] not null default '{}',
  created_by   uuid not null,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  created_at   timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, public_id)
);
create index api_keys_public on api_keys (public_id);
create index api_keys_list on api_keys (org_id, created_at desc, id desc);
select app.protect('api_keys', 'api_key', commands => 'rcu');
revoke update on api_keys from cascade_app;
grant update (name, expires_at, revoked_at) on api_keys to cascade_app;

create table oauth_clients (
  org_id      uuid not null references organizations (id),
  id          uuid not null,
  name        text not null,
  client_id   text not null,
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  scopes      text[] not null default '{}',
  created_by  uuid not null,
  revoked_at  timestamptz,
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, client_id)
);
create index oauth_clients_client on oauth_clients (client_id);
select app.protect('oauth_clients', 'api_key', commands => 'rcu');
revoke update on oauth_clients from cascade_app;
grant update (name, revoked_at) on oauth_clients to cascade_app;
