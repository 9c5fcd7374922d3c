-- Sessions of support staff: asked for by one, approved by another, ended by
-- either, by security staff or by the clinic. None of them reads the clinic's
-- rows for it, so each step is a function, with a proof (see 0019).

grant select (id, kind, slug, status) on organizations to cascade_keeper;
grant select, insert on break_glass_sessions to cascade_keeper;
grant update (approved_by, starts_at, expires_at, ended_at) on break_glass_sessions to cascade_keeper;

-- Asks for a session in the clinic with this slug or id; null when there is none
-- that is served.
create function app.break_glass_request(in_id uuid, in_slug text, in_user uuid, in_reason text, in_ticket text, in_minutes integer,
  in_now timestamptz, proof text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  clinic uuid;
begin
  perform app.proven(proof, concat_ws(' ', 'break_glass.request', in_id, in_slug, in_user, in_minutes));
  select o.id into clinic from public.organizations o
   where (o.slug = in_slug or o.id::text = in_slug) and o.kind = 'clinic' and o.status = 'active';
  if found then
    insert into public.break_glass_sessions (org_id, id, user_id, reason, ticket, minutes, created_at)
    values (clinic, in_id, in_user, in_reason, in_ticket, in_minutes, in_now);
  end if;
  return clinic;
end
$$;

-- Opens a session that somebody else asked for, within the hour.
create function app.break_glass_approve(in_id uuid, in_approver uuid, in_now timestamptz, proof text, out clinic uuid, out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  b record;
begin
  perform app.proven(proof, concat_ws(' ', 'break_glass.approve', in_id, in_approver));
  select * into b from public.break_glass_sessions where id = in_id for update;
  refused := case
    when b.id is null then 'not_found'
    when b.user_id = in_approver then 'own_request'
    when b.ended_at is not null then 'ended'
    when b.approved_by is not null then 'approved_before'
    when b.created_at < in_now - interval '1 hour' then 'too_late'
    else '' end;
  clinic := b.org_id;
  if refused = '' then
    update public.break_glass_sessions set approved_by = in_approver, starts_at = in_now, expires_at = in_now + make_interval(mins => minutes)
     where org_id = b.org_id and id = in_id;
  end if;
end
$$;

-- Ends a session, or a request for one; in_user, when given, must be whose it is.
create function app.break_glass_end(in_id uuid, in_user uuid, in_now timestamptz, proof text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  b record;
begin
  perform app.proven(proof, concat_ws(' ', 'break_glass.end', in_id, coalesce(in_user::text, '-')));
  select * into b from public.break_glass_sessions where id = in_id and (in_user is null or user_id = in_user) for update;
  if b.ended_at is null then
    update public.break_glass_sessions set ended_at = in_now where org_id = b.org_id and id = in_id;
  end if;
  return b.org_id;
end
$$;

-- A session as the platform's people are told of it, once they have done something
-- with it.
create function app.break_glass_session(in_id uuid, proof text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, concat_ws(' ', 'break_glass.session', in_id));
  return (select to_jsonb(b) from public.break_glass_sessions b where b.id = in_id);
end
$$;

create policy keeper_insert on break_glass_sessions for insert to cascade_keeper with check (true);
create policy keeper_update on break_glass_sessions for update to cascade_keeper using (true) with check (true);

do $$
declare
  f text;
begin
  grant create on schema app to cascade_keeper;
  foreach f in array array[
    'break_glass_request(uuid, text, uuid, text, text, integer, timestamptz, text)',
    'break_glass_approve(uuid, uuid, timestamptz, text)', 'break_glass_end(uuid, uuid, timestamptz, text)',
    'break_glass_session(uuid, text)'] loop
    execute format('alter function app.%s owner to cascade_keeper', f);
    execute format('revoke all on function app.%s from public', f);
    execute format('grant execute on function app.%s to cascade_app', f);
    execute format('comment on function app.%s is %L', f,
      'allow definer-undeclared: one step of a session, which no row of the clinic is read for; nothing without the seal key');
  end loop;
  revoke create on schema app from cascade_keeper;
end
$$;
