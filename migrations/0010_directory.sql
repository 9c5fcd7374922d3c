-- The only questions asked before a scope exists: who is this, whose key, whose
-- webhook, which plan. Definer functions of cascade_directory, which sees just
-- the columns named here; none of them takes an org. They are plpgsql, whose plans
-- a session keeps: one of language sql is planned anew for every request.

grant select (id, kind, slug, name, status, plan, timezone, viewers_see_transcripts, requests_per_minute, cost_per_hour)
  on organizations to cascade_directory;
grant select (id, issuer, subject, email, name, platform_kind) on users to cascade_directory;
grant select (org_id, id, user_id, role) on memberships to cascade_directory;
grant select (org_id, id, partner_id, actions, resources, masks, starts_at, expires_at, revoked_at) on access_grants to cascade_directory;
grant select (org_id, id, user_id, ticket, approved_by, starts_at, expires_at, ended_at) on break_glass_sessions to cascade_directory;
grant select (org_id, id, public_id, hash, scopes, expires_at, revoked_at, last_used_at) on api_keys to cascade_directory;
grant update (last_used_at) on api_keys to cascade_directory;
grant select (org_id, id, provider, status, webhook_key_hash, webhook_auth, webhook_secret) on integrations to cascade_directory;
grant select, update (accepted_at) on invitations to cascade_directory;
grant insert on users, memberships to cascade_directory;

create policy directory_select on organizations for select to cascade_directory using (true);
create policy directory_select on users for select to cascade_directory using (true);
create policy directory_insert on users for insert to cascade_directory with check (platform_kind is null);
create policy directory_select on memberships for select to cascade_directory using (true);
create policy directory_insert on memberships for insert to cascade_directory with check (true);
create policy directory_select on access_grants for select to cascade_directory using (true);
create policy directory_select on break_glass_sessions for select to cascade_directory using (true);
create policy directory_select on api_keys for select to cascade_directory using (true);
create policy directory_update on api_keys for update to cascade_directory using (true);
create policy directory_select on integrations for select to cascade_directory using (webhook_key_hash is not null);
create policy directory_select on invitations for select to cascade_directory using (true);
create policy directory_update on invitations for update to cascade_directory using (accepted_at is null);

-- A user's live facts, or null.
create function app.directory_user(in_issuer text, in_subject text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'id', u.id, 'email', u.email, 'name', u.name, 'platform_kind', u.platform_kind,
      'memberships', (
        select coalesce(jsonb_agg(jsonb_build_object('org_id', m.org_id, 'role', m.role, 'slug', o.slug, 'status', o.status,
          'viewers_see_transcripts', o.viewers_see_transcripts, 'kind', o.kind, 'plan', o.plan, 'timezone', o.timezone,
          'requests_per_minute', o.requests_per_minute, 'cost_per_hour', o.cost_per_hour) order by o.slug), '[]')
          from public.memberships m join public.organizations o on o.id = m.org_id where m.user_id = u.id),
      'break_glass', (
        select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'org_id', b.org_id, 'slug', o.slug, 'status', o.status,
          'plan', o.plan, 'timezone', o.timezone, 'ticket', b.ticket, 'approved_by', b.approved_by, 'starts_at', b.starts_at, 'expires_at', b.expires_at,
          'ended_at', b.ended_at)), '[]')
          from public.break_glass_sessions b join public.organizations o on o.id = b.org_id
         where b.user_id = u.id and u.platform_kind = 'support' and b.expires_at > now() - interval '1 day'))
    from public.users u where u.issuer = in_issuer and u.subject = in_subject
  );
end
$$;

-- The keys with this public id (one, in fact), each with its org and, for a
-- partner's, the grants given to it.
create function app.directory_key(in_public_id text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object('id', k.id, 'org_id', k.org_id, 'slug', o.slug, 'org_kind', o.kind, 'status', o.status,
      'plan', o.plan, 'timezone', o.timezone, 'requests_per_minute', o.requests_per_minute, 'cost_per_hour', o.cost_per_hour,
      'hash', encode(k.hash, 'hex'), 'scopes', k.scopes, 'expires_at', k.expires_at, 'revoked_at', k.revoked_at,
      'grants', (
        select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'org_id', g.org_id, 'partner_id', g.partner_id,
          'slug', c.slug, 'status', c.status, 'plan', c.plan, 'timezone', c.timezone, 'actions', g.actions, 'resources', g.resources, 'masks', g.masks,
          'starts_at', g.starts_at, 'expires_at', g.expires_at, 'revoked_at', g.revoked_at)), '[]')
          from public.access_grants g join public.organizations c on c.id = g.org_id
         where g.partner_id = k.org_id and g.expires_at > now() - interval '1 day'))
    from public.api_keys k join public.organizations o on o.id = k.org_id
    where k.public_id = in_public_id limit 1
  );
end
$$;

-- Notes that a key was used; to the minute, so that a busy key writes little.
create function app.directory_key_used(in_public_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  update public.api_keys set last_used_at = now()
   where public_id = in_public_id and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;

-- The integration that a webhook address belongs to, by the hash of its key.
create function app.directory_webhook(key_hash bytea) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object('org_id', i.org_id, 'id', i.id, 'provider', i.provider, 'slug', o.slug, 'status', o.status,
      'plan', o.plan, 'timezone', o.timezone, 'auth', i.webhook_auth, 'secret', encode(i.webhook_secret, 'base64'))
    from public.integrations i join public.organizations o on o.id = i.org_id
    where i.webhook_key_hash = key_hash limit 1
  );
end
$$;

-- A person who holds an invitation's token joins. The e-mail address must be the
-- invited one, as the verified token says; the token works once.
create function app.accept_invitation(in_token_hash bytea, in_issuer text, in_subject text, in_email text, in_name text,
  user_id uuid, membership_id uuid) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  inv record;
  usr uuid;
begin
  select i.* into inv from public.invitations i
   where i.token_hash = in_token_hash and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
     and lower(i.email) = lower(in_email)
   for update;
  if not found then
    return null;
  end if;
  select u.id into usr from public.users u where u.issuer = in_issuer and u.subject = in_subject;
  if usr is null then
    insert into public.users (id, issuer, subject, email, name) values (user_id, in_issuer, in_subject, in_email, in_name);
    usr := user_id;
  end if;
  insert into public.memberships (org_id, id, user_id, role, email, name)
  values (inv.org_id, membership_id, usr, inv.role, in_email, in_name)
  on conflict on constraint memberships_org_id_user_id_key do nothing;
  update public.invitations i set accepted_at = now() where i.org_id = inv.org_id and i.id = inv.id;
  return jsonb_build_object('org_id', inv.org_id, 'user_id', usr, 'role', inv.role);
end
$$;

-- The keeper's own sight: what it needs to count and to tell foreign from absent.
do $$
declare
  t regclass;
begin
  for t in select d.objoid::regclass from pg_description d
            where d.classoid = 'pg_class'::regclass and d.objsubid = 0 and d.description like 'resource:%'
              and d.objoid not in ('public.organizations'::regclass, 'public.audit_decisions'::regclass,
                                   'public.audit_decision_orgs'::regclass, 'public.org_daily_stats'::regclass) loop
    execute format('grant select (org_id, id) on %s to cascade_keeper', t);
    execute format('create policy keeper_select on %s for select to cascade_keeper using (true)', t);
  end loop;
end
$$;
grant select (id, timezone) on organizations to cascade_keeper;
create policy keeper_select on organizations for select to cascade_keeper using (true);
grant select (org_id, started_at, direction, status, duration_seconds, sentiment, sentiment_score, appointment_booked,
  cost_micros, is_test) on call_logs to cascade_keeper;

-- Hand the functions to the roles that they act as.
grant create on schema app to cascade_directory, cascade_keeper;
alter function app.directory_user(text, text) owner to cascade_directory;
alter function app.directory_key(text) owner to cascade_directory;
alter function app.directory_key_used(text) owner to cascade_directory;
alter function app.directory_webhook(bytea) owner to cascade_directory;
alter function app.accept_invitation(bytea, text, text, text, text, uuid, uuid) owner to cascade_directory;
alter function app.audit_head(text) owner to cascade_keeper;
alter function app.audit_append(text, bigint, bytea, text[], bytea[]) owner to cascade_keeper;
alter function app.record_attempt(text, uuid[], jsonb) owner to cascade_keeper;
alter function app.stats_add(org_daily_stats, int) owner to cascade_keeper;
alter function app.keep_stats() owner to cascade_keeper;
alter function app.recount_stats() owner to cascade_keeper;
revoke create on schema app from cascade_directory, cascade_keeper;

revoke all on all functions in schema app from public;
grant execute on function app.scope() to cascade_app;
grant execute on function app.audit_head(text), app.audit_append(text, bigint, bytea, text[], bytea[]) to cascade_app, cascade_keeper;
grant execute on function app.record_attempt(text, uuid[], jsonb) to cascade_app;
grant execute on function app.directory_user(text, text), app.directory_key(text), app.directory_key_used(text),
  app.directory_webhook(bytea), app.accept_invitation(bytea, text, text, text, text, uuid, uuid) to cascade_app;
grant execute on function app.stats_of(call_logs, text), app.stats_add(org_daily_stats, int) to cascade_keeper;
