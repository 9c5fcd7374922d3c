-- What the planner may not tell.
--
-- Row-level security hides rows, not what Postgres knows of them. Where a
-- comparison is leakproof (=, < and the like on text, uuid and bytea) Postgres
-- uses it before the policy, and then EXPLAIN tells in two ways of rows that
-- nobody may see:
--
--   the estimate    is made from a sample of every clinic's values, so asking for
--                   the estimate of "phone < x" again and again reads the sample;
--   the scan        of an index that does not begin with the clinic says how many
--                   rows it met and threw away, so asking for ranges reads the
--                   index, value by value.
--
-- Together they gave away the hash of an open invitation's token, which is all
-- that app.accept_invitation asks for beside the address it was sent to. And the
-- same order of things made a bad scope an oracle: a scan met the policy, and
-- with it the refusal, only once a row had passed the comparison, so a forged
-- seal was refused if the value was somebody's and not if it was nobody's.

-- app.unsampled makes ANALYZE sample no value of a table that could be
-- anybody's: ids, texts, hashes and documents. Left are times, numbers and the
-- words of a fixed list, which say how all clinics together are spread and are
-- needed to plan lists that filter by them. Plans need no more: every index
-- begins with the clinic, and a plan that is the same for every clinic is what we
-- want. A sample taken before this step stays in pg_statistic, which its
-- superuser alone may clear: delete from pg_statistic where starelid = '<table>'::regclass.
create function app.unsampled(tbl regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  c record;
begin
  for c in select a.attrelid::regclass as rel, a.attnum, a.attname, k.relkind
             from pg_attribute a
             join pg_class k on k.oid = a.attrelid
             left join pg_index i on i.indexrelid = k.oid
            where (k.oid = tbl or i.indrelid = tbl) and a.attnum > 0 and not a.attisdropped
              and (k.relkind = 'r' or i.indkey[a.attnum - 1] = 0)
              and a.atttypid not in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'date'::regtype, 'timestamptz'::regtype)
              and not exists (select from pg_constraint s where s.conrelid = k.oid and s.contype = 'c' and s.conkey = array[a.attnum]
                               and pg_get_constraintdef(s.oid) like format('CHECK (((%s = ANY (ARRAY[', quote_ident(a.attname)) || '%') loop
    if c.relkind = 'r' then
      execute format('alter table %s alter column %I set statistics 0', c.rel, c.attname);
    else
      execute format('alter index %s alter column %s set statistics 0', c.rel, c.attnum);
    end if;
  end loop;
end
$$;
revoke all on function app.unsampled(regclass) from public;

-- app.sole is the one org in which this statement's scope reads the row type,
-- null where it reads several, and nobody's id where it reads none.
create function app.sole(resource text) returns uuid
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp
as $$
declare
  doc  jsonb := app.scope();
  orgs uuid[] := (doc -> 'r' ->> resource)::uuid[];
begin
  if doc -> 'a' ? resource or orgs[1] <> any (orgs) then
    return null;
  end if;
  return coalesce(orgs[1], '00000000-0000-0000-0000-000000000000');
end
$$;
revoke all on function app.sole(text) from public;
grant execute on function app.sole(text) to cascade_app;

-- app.sealed makes a table drop other clinics' rows before it compares anything
-- else of them. Postgres orders conditions by what they seem to cost, with ties
-- going to the policy; a list of one element costs half an operator, and nothing
-- that looks at a value costs less. So the seal is opened, and refused, whatever
-- is asked, and no plan and no time depends on a row that is not the scope's. A
-- scope of several orgs is let through here: app.protect's policy holds it.
create function app.sealed(tbl regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  resource text := substring(obj_description(tbl, 'pg_class') from '^resource:(.*)$');
  org      name := case when tbl = 'public.organizations'::regclass then 'id' else 'org_id' end;
  first    text := '(select app.scope() is not null)';
begin
  if resource is not null then
    first := format('%I = any (array[coalesce((select app.sole(%L)), %1$I)])', org, resource);
    if exists (select from pg_attribute where attrelid = tbl and attname = org and not attnotnull) then
      first := first || format(' or %I is null', org);
    end if;
  elsif obj_description(tbl, 'pg_class') = 'self' then
    first := 'id = any (array[(select (app.scope() ->> ''s'')::uuid)])';
  end if;
  execute format('create policy sealed on %s as restrictive for select to cascade_app using (%s)', tbl, first);
  -- A command's own policies come before those of reading. The same expression
  -- is evaluated once; what is written is app.protect's to check.
  if exists (select from pg_policy where polrelid = tbl and polcmd = 'w' and polroles = array['cascade_app'::regrole::oid]) then
    execute format('create policy sealed_update on %s as restrictive for update to cascade_app using (%s) with check (true)', tbl, first);
  end if;
  if exists (select from pg_policy where polrelid = tbl and polcmd = 'd' and polroles = array['cascade_app'::regrole::oid]) then
    execute format('create policy sealed_delete on %s as restrictive for delete to cascade_app using (%s)', tbl, first);
  end if;
end
$$;
revoke all on function app.sealed(regclass) from public;

-- Indexes that find a row before its clinic is known. Each is on an expression
-- that is not leakproof, so that Postgres walks it for the directory alone,
-- whose policies hide nothing, and never for the app role.
drop index memberships_user;
create index memberships_user on memberships (uuid_send(user_id));
drop index access_grants_partner;
create index access_grants_partner on access_grants (uuid_send(partner_id));
drop index break_glass_user;
create index break_glass_user on break_glass_sessions (uuid_send(user_id));
drop index invitations_token;
create index invitations_token on invitations ((token_hash || ''::bytea));
drop index integrations_webhook;
create index integrations_webhook on integrations ((webhook_key_hash || ''::bytea));
drop index api_keys_public;
create index api_keys_public on api_keys ((public_id || ''));
drop index oauth_clients_client;
create index oauth_clients_client on oauth_clients ((client_id || ''));
alter table users drop constraint users_issuer_subject_key;
create unique index users_identity on users ((issuer || ''), (subject || ''));
alter table organizations drop constraint organizations_slug_key;
create unique index organizations_slug on organizations ((slug || ''));
alter table audit_decisions drop constraint audit_decisions_chain_seq_key;
create unique index audit_decisions_chain on audit_decisions ((chain || ''), seq);

select app.unsampled(c.oid) from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r';
select app.sealed(c.oid) from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity;

-- A policy that compares anything keeps the expression from its index.
alter policy directory_select on integrations using (true);

-- The live facts of users.
create or replace function app.directory_users(issuers text[], subjects text[]) returns table (place bigint, facts jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select a.n, jsonb_build_object(
      'id', u.id, 'platform_kind', u.platform_kind,
      'memberships', (
        select coalesce(jsonb_agg(jsonb_build_object('org_id', m.org_id, 'role', m.role, 'slug', o.slug, 'status', o.status,
          'viewers_see_transcripts', o.viewers_see_transcripts, 'plan', o.plan, 'timezone', o.timezone,
          'requests_per_minute', o.requests_per_minute, 'cost_per_hour', o.cost_per_hour) order by o.slug), '[]')
          from public.memberships m join public.organizations o on o.id = m.org_id where uuid_send(m.user_id) = uuid_send(u.id)),
      'break_glass', case when u.platform_kind = 'support' then (
        select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'org_id', b.org_id, 'slug', o.slug, 'status', o.status,
          'plan', o.plan, 'timezone', o.timezone, 'ticket', b.ticket, 'approved_by', b.approved_by,
          'starts_at', b.starts_at, 'expires_at', b.expires_at, 'ended_at', b.ended_at)), '[]')
          from public.break_glass_sessions b join public.organizations o on o.id = b.org_id
         where uuid_send(b.user_id) = uuid_send(u.id) and b.expires_at > now() - interval '1 day') end)
    from unnest(issuers, subjects) with ordinality a(issuer, subject, n)
    join public.users u on u.issuer || '' = a.issuer and u.subject || '' = a.subject;
end
$$;

-- The keys with this public id (one, in fact), each with its org and, for a
-- partner's, the grants given to it.
create or replace function app.directory_key(in_public_id text) returns jsonb
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
         where uuid_send(g.partner_id) = uuid_send(k.org_id) and g.expires_at > now() - interval '1 day'))
    from public.api_keys k join public.organizations o on o.id = k.org_id
    where k.public_id || '' = in_public_id limit 1
  );
end
$$;

-- Notes that a key was used; to the minute, so that a busy key writes little.
create or replace function app.directory_key_used(in_public_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  update public.api_keys set last_used_at = now()
   where public_id || '' = in_public_id and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;

-- The integration that a webhook address belongs to, by the hash of its key.
create or replace function app.directory_webhook(key_hash bytea) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object('org_id', i.org_id, 'id', i.id, 'provider', i.provider, 'slug', o.slug, 'status', o.status,
      'plan', o.plan, 'timezone', o.timezone, 'auth', i.webhook_auth, 'secret', encode(i.webhook_secret, 'base64'))
    from public.integrations i join public.organizations o on o.id = i.org_id
    where i.webhook_key_hash || ''::bytea = key_hash limit 1
  );
end
$$;

-- A person who holds an invitation's token joins. The e-mail address must be the
-- invited one, as the verified token says; the token works once.
create or replace function app.accept_invitation(in_token_hash bytea, in_issuer text, in_subject text, in_email text, in_name text,
  user_id uuid, membership_id uuid) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  inv record;
  usr uuid;
begin
  select i.org_id, i.id into inv from public.invitations i where i.token_hash || ''::bytea = in_token_hash;
  select i.* into inv from public.invitations i
   where (i.org_id, i.id) = (inv.org_id, inv.id) and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
     and lower(i.email) = lower(in_email)
   for update;
  if not found then
    return null;
  end if;
  select u.id into usr from public.users u where u.issuer || '' = in_issuer and u.subject || '' = in_subject;
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

-- The active partner with this slug, or null: for every other slug, whether
-- somebody else has it or nobody.
create or replace function app.find_partner(in_slug text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select o.id from public.organizations o where o.slug || '' = in_slug and o.kind = 'partner' and o.status = 'active'
$$;

-- The end of a chain. Takes the chain's lock until the transaction ends, so that
-- writers of one chain take turns.
create or replace function app.audit_head(in_chain text, out seq bigint, out hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(in_chain, 20261123));
  select a.seq, a.hash into seq, hash from public.audit_decisions a where a.chain || '' = in_chain
   order by a.chain || '' desc, a.seq desc limit 1;
  if not found then
    seq := 0;
    hash := decode(repeat('00', 32), 'hex');
  end if;
end
$$;

-- Appends records to a chain, after checking that each links to the one before.
-- The only way into the table: the app role has no INSERT right.
create or replace function app.audit_append(in_chain text, first_seq bigint, prev bytea, bodies text[], hashes bytea[])
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  expected bytea;
begin
  if first_seq = 1 then
    expected := decode(repeat('00', 32), 'hex');
  else
    select a.hash into expected from public.audit_decisions a where a.chain || '' = in_chain and a.seq = first_seq - 1;
  end if;
  if expected is distinct from prev then
    raise exception 'audit chain % is broken at %', in_chain, first_seq using errcode = '23514';
  end if;
  with linked as (
    select b.body, h.hash, b.n,
           coalesce(lag(h.hash) over (order by b.n), prev) as prev_hash
      from unnest(bodies) with ordinality as b(body, n)
      join unnest(hashes) with ordinality as h(hash, n) on h.n = b.n
  ), kept as (
    insert into public.audit_decisions (id, chain, seq, org_id, at, request_id, trace_id, subject_id, subject_kind,
        credential_type, credential_id, action, resource, operation, asked_org_ids, org_ids, wide, allow, reason,
        masks, row_count, revision, body, prev_hash, hash)
    select r.id, in_chain, first_seq + l.n - 1, r.org_id, r.at, r.request_id, coalesce(r.trace_id, ''), r.subject_id,
        r.subject_kind, coalesce(r.credential_type, ''), coalesce(r.credential_id, ''), r.action, r.resource,
        coalesce(r.operation, ''), coalesce(r.asked_org_ids, '{}'), coalesce(r.org_ids, '{}'), coalesce(r.wide, false),
        r.allow, r.reason, coalesce(r.masks, '{}'), r.row_count, coalesce(r.revision, ''), l.body, l.prev_hash,
        -- A hash that does not match leaves null here, which the column refuses.
        case when l.hash = sha256(l.prev_hash || convert_to(l.body, 'UTF8')) then l.hash end
      from linked l,
           lateral json_to_record(l.body::json) as r(id uuid, org_id uuid, at timestamptz, request_id text,
             trace_id text, subject_id uuid, subject_kind text, credential_type text, credential_id text, action text,
             resource text, operation text, asked_org_ids uuid[], org_ids uuid[], wide boolean, allow boolean,
             reason text, masks jsonb, row_count integer, revision text)
     order by l.n
    returning id, org_id, at, asked_org_ids, org_ids
  )
  insert into public.audit_decision_orgs (org_id, decision_id, at)
  select distinct o, k.id, k.at from kept k, unnest(k.org_ids || k.asked_org_ids) as o where k.org_id is null;
end
$$;
