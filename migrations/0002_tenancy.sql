-- Who exists: organizations, the people who log in, and who belongs where.

create table organizations (
  id                       uuid primary key,
  kind                     text not null check (kind in ('clinic', 'partner', 'platform')),
  name                     text not null check (length(name) between 1 and 200),
  slug                     text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  status                   text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  plan                     text not null default 'starter' check (plan in ('starter', 'growth', 'scale', 'partner', 'platform')),
  timezone                 text not null default 'UTC',
  region                   text not null default 'us',
  locale                   text not null default 'en-US',
  viewers_see_transcripts  boolean not null default false,
  requests_per_minute      integer check (requests_per_minute > 0),
  cost_per_hour            integer check (cost_per_hour > 0),
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);
select app.protect('organizations', 'organization', 'id', 'ru');
select app.widen('organizations', 'organization');
-- Kind, slug, status, plan and limits are the platform's to change, not a clinic's.
revoke update on organizations from cascade_app;
grant update (name, timezone, locale, viewers_see_transcripts, updated_at) on organizations to cascade_app;

-- A login identity. A clinic sees its members through memberships, never through
-- users; a person sees their own row alone.
create table users (
  id            uuid primary key,
  issuer        text not null,
  subject       text not null,
  email         text not null,
  name          text not null default '',
  platform_kind text check (platform_kind in ('support', 'security', 'auditor', 'operator')),
  created_at    timestamptz not null default now(),
  unique (issuer, subject)
);
alter table users enable row level security;
alter table users force row level security;
comment on table users is 'self';
revoke all on users from public;
create policy self_select on users for select to cascade_app using (id = (select (app.scope() ->> 's')::uuid));
grant select on users to cascade_app;

create table memberships (
  org_id     uuid not null references organizations (id),
  id         uuid not null,
  user_id    uuid not null references users (id),
  role       text not null check (role in ('owner', 'admin', 'staff', 'viewer')),
  email      text,
  name       text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, user_id)
);
create index memberships_user on memberships (user_id);
create index memberships_list on memberships (org_id, created_at desc, id desc);
select app.protect('memberships', 'membership');
revoke update (user_id) on memberships from cascade_app;

create table invitations (
  org_id      uuid not null references organizations (id),
  id          uuid not null,
  email       text check (email like '%_@_%'),
  role        text not null check (role in ('owner', 'admin', 'staff', 'viewer')),
  token_hash  bytea not null check (octet_length(token_hash) = 32),
  invited_by  uuid not null,
  expires_at  timestamptz not null,
  accepted_at timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz not null default now(),
  primary key (org_id, id)
);
create index invitations_list on invitations (org_id, created_at desc, id desc);
create index invitations_token on invitations (token_hash);
create unique index invitations_open on invitations (org_id, email) where accepted_at is null and revoked_at is null;
select app.protect('invitations', 'invitation');
revoke update (token_hash, email, role, invited_by) on invitations from cascade_app;
