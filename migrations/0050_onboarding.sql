-- How a clinic comes to be: from a form to a number that is answered.
--
-- The organization, the invitation of its owner and the record of its onboarding
-- are made at once, before any scope could name the clinic, by one function that
-- does nothing else. Everything after that is work on one clinic under a scope of
-- its own: a step is written down before it is tried, so that whoever comes
-- after a crash knows what may have been done.

create table onboardings (
  org_id            uuid not null references organizations (id),
  id                uuid not null,
  status            text not null default 'running' check (status in ('running', 'ready', 'undoing', 'failed')),
  -- What it waits for that no time brings; null while it goes on by itself.
  waits_for         text check (waits_for in ('verification', 'spending_limit')),
  -- What was asked for: the area code, the country, who answers for it. No health data.
  request           jsonb not null default '{}',
  -- The invitation's token and the webhook's key and secret, sealed by the program;
  -- gone once they are no longer needed.
  secrets           bytea,
  -- What may be spent in the clinic's name in a month, and since when somebody
  -- of the platform knows who it is. The app role writes neither.
  verified_at       timestamptz,
  spend_limit_minor bigint check (spend_limit_minor >= 0),
  failure           text,
  next_attempt_at   timestamptz not null default now(),
  lease_token       uuid,
  lease_expires_at  timestamptz,
  finished_at       timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id)
);
create index onboardings_list on onboardings (org_id, created_at desc, id desc);
create index onboardings_due on onboardings (next_attempt_at) where status in ('running', 'undoing');
select app.protect('onboardings', 'onboarding', commands => 'ru');
select app.widen('onboardings', 'onboarding');
revoke update (request, verified_at, spend_limit_minor) on onboardings from cascade_app;

create table onboarding_steps (
  org_id        uuid not null references organizations (id),
  id            uuid not null,
  name          text not null check (name in ('defaults', 'invite', 'account', 'key', 'number', 'assistant', 'answer')),
  place         integer not null,
  -- trying and undoing are written before anybody else is asked for anything.
  status        text not null check (status in ('trying', 'done', 'undoing', 'undone')),
  attempts      integer not null default 0,
  -- The provider's names of what was made. No secrets.
  result        jsonb not null default '{}',
  last_error    text,
  done_at       timestamptz,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name)
);
create index onboarding_steps_list on onboarding_steps (org_id, created_at desc, id desc);
select app.protect('onboarding_steps', 'onboarding', commands => 'rcu');
select app.widen('onboarding_steps', 'onboarding');
revoke update (name, place) on onboarding_steps from cascade_app;

select app.unsampled('onboardings');
select app.unsampled('onboarding_steps');
select app.sealed('onboardings');
select app.sealed('onboarding_steps');

comment on policy platform_select on onboardings is
  'allow policy-widened: operators see how far a clinic has come; no health data';
comment on policy platform_select on onboarding_steps is
  'allow policy-widened: operators see how far a clinic has come; no health data';
comment on index onboardings_due is
  'allow index-order: the directory asks which onboardings are due, before there is a scope
allow planner-walks: how many onboardings wait, of all clinics together, is all that it tells';

-- What the directory may do for the functions below, and no more.
grant insert (id, kind, name, slug, timezone, region, locale) on organizations to cascade_directory;
grant update (status, updated_at) on organizations to cascade_directory;
grant insert (org_id, id, email, role, token_hash, invited_by, expires_at) on invitations to cascade_directory;
grant insert (org_id, id, request, secrets) on onboardings to cascade_directory;
grant select (org_id, id, status, waits_for, next_attempt_at, lease_expires_at, verified_at, spend_limit_minor) on onboardings to cascade_directory;
grant update (verified_at, spend_limit_minor, waits_for, next_attempt_at, updated_at) on onboardings to cascade_directory;
grant execute on function app.proven(text, text) to cascade_directory;
create policy directory_insert on organizations for insert to cascade_directory with check (kind = 'clinic');
create policy directory_update on organizations for update to cascade_directory using (kind = 'clinic') with check (true);
create policy directory_insert on invitations for insert to cascade_directory with check (role = 'owner');
create policy directory_insert on onboardings for insert to cascade_directory with check (true);
create policy directory_select on onboardings for select to cascade_directory using (true);
create policy directory_update on onboardings for update to cascade_directory using (true);

-- app.asked opens a request that the program has signed: the proof is of "<what>
-- <request>", and the request, a JSON object, says under "e" until when (in unix
-- seconds) it is good. So SQL that was slipped into a statement can neither make
-- one up nor use one that it overheard for long.
create function app.asked(what text, request text, proof text) returns jsonb
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp
as $$
declare
  doc jsonb;
begin
  perform app.proven(proof, what || ' ' || request);
  doc := request::jsonb;
  if ((doc ->> 'e')::bigint >= extract(epoch from clock_timestamp())) is not true then
    raise exception 'request refused' using errcode = '42501';
  end if;
  return doc;
end
$$;
revoke all on function app.asked(text, text, text) from public;
grant execute on function app.asked(text, text, text) to cascade_directory;

-- A clinic, the invitation of its owner and its onboarding, or, when there is one
-- of that id, nothing: null. Otherwise the slug it got: the first of those wanted
-- that nobody has. Proof of "organization.create <request>".
create function app.create_organization(request text, proof text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  doc    jsonb := app.asked('organization.create', request, proof);
  wanted text;
  got    text;
begin
  for wanted in select jsonb_array_elements_text(doc -> 'slugs') loop
    insert into public.organizations (id, kind, name, slug, timezone, region, locale)
    values ((doc ->> 'id')::uuid, 'clinic', doc ->> 'name', wanted, doc ->> 'timezone', doc ->> 'region', doc ->> 'locale')
    on conflict do nothing returning slug into got;
    exit when got is not null;
  end loop;
  if got is not null then
    insert into public.onboardings (org_id, id, request, secrets)
    values ((doc ->> 'id')::uuid, (doc ->> 'onboarding')::uuid, doc -> 'request', decode(doc ->> 'secrets', 'hex'));
    insert into public.invitations (org_id, id, email, role, token_hash, invited_by, expires_at)
    values ((doc ->> 'id')::uuid, (doc ->> 'invitation')::uuid, doc ->> 'email', 'owner', decode(doc ->> 'token_hash', 'hex'),
            (doc ->> 'invited_by')::uuid, (doc ->> 'expires_at')::timestamptz);
  end if;
  return got;
end
$$;

-- Sets a clinic's status and answers with the one before, or null where there is
-- no such clinic. A clinic that is closed stays closed. Proof of
-- "organization.status <request>".
create function app.set_organization_status(request text, proof text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  doc    jsonb := app.asked('organization.status', request, proof);
  before text;
begin
  -- Locking a row asks the policy that changing it does, which knows clinics alone.
  select o.status into before from public.organizations o where o.id = (doc ->> 'id')::uuid for update;
  if before <> 'closed' then
    update public.organizations o set status = doc ->> 'status', updated_at = now() where o.id = (doc ->> 'id')::uuid;
  end if;
  return before;
end
$$;

-- Somebody of the platform knows who a clinic is, and what may be spent in its
-- name in a month, in minor units; its onboarding goes on. Answers whether there
-- is one. Proof of "organization.verify <request>".
create function app.verify_organization(request text, proof text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  doc jsonb := app.asked('organization.verify', request, proof);
begin
  update public.onboardings b
     set verified_at = coalesce(b.verified_at, now()), spend_limit_minor = (doc ->> 'spend_limit_minor')::bigint,
         waits_for = null, next_attempt_at = now(), updated_at = now()
   where b.org_id = (doc ->> 'id')::uuid;
  return found;
end
$$;

-- The onboardings whose next step is due, of clinics that may be served and that
-- nobody works on: those that have waited longest first.
create function app.due_onboardings(max_rows int) returns table (clinic uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select b.org_id
    from public.onboardings b
    join public.organizations o on o.id = b.org_id and o.status = 'active'
   where b.status in ('running', 'undoing') and b.waits_for is null and b.next_attempt_at <= now()
     and coalesce(b.lease_expires_at <= now(), true)
   order by b.next_attempt_at, b.org_id
   limit greatest(max_rows, 0)
$$;

grant create on schema app to cascade_directory;
alter function app.create_organization(text, text) owner to cascade_directory;
alter function app.set_organization_status(text, text) owner to cascade_directory;
alter function app.verify_organization(text, text) owner to cascade_directory;
alter function app.due_onboardings(int) owner to cascade_directory;
revoke create on schema app from cascade_directory;
revoke all on function app.create_organization(text, text), app.set_organization_status(text, text),
  app.verify_organization(text, text), app.due_onboardings(int) from public;
grant execute on function app.create_organization(text, text), app.set_organization_status(text, text),
  app.verify_organization(text, text), app.due_onboardings(int) to cascade_app;
comment on function app.create_organization(text, text) is
  'allow definer-undeclared: a clinic is made before a scope can name it; the request is proven with the seal key';
comment on function app.set_organization_status(text, text) is
  'allow definer-undeclared: a clinic''s status is the platform''s to set; the request is proven with the seal key';
comment on function app.verify_organization(text, text) is
  'allow definer-undeclared: whether money may be spent is the platform''s to say; the request is proven with the seal key';
comment on function app.due_onboardings(int) is
  'allow definer-undeclared: which clinics'' onboardings are due, by id alone';

-- The keeper tells foreign from absent here too (0010).
grant select (org_id, id) on onboardings, onboarding_steps to cascade_keeper;
create policy keeper_select on onboardings for select to cascade_keeper using (true);
create policy keeper_select on onboarding_steps for select to cascade_keeper using (true);
