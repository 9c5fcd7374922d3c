-- Work on recordings that begins before there is a scope.
--
-- Which clinics have a recording that is due is a question across clinics, so it
-- is the directory's: it sees when a row is due and who holds it, never what was
-- said or where it is kept. It gives the row away as a lease, under a token that
-- is new each time, and whoever holds it then works under a scope made for that
-- one clinic. Only the program may ask: each call carries a proof (see
-- app.proven), over what is asked and when, which is good for a minute:
--   recording.claim <worker> <rows> <a clinic's share> <seconds> <unix time>
--   recording.clinics <after> <rows> <unix time>
--   recording.health <unix time>

create function app.proven_lately(proof text, message text, asked_at bigint) returns void
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, message || ' ' || asked_at);
  if (abs(extract(epoch from clock_timestamp()) - asked_at) <= 60) is not true then
    raise exception 'proof refused' using errcode = '42501';
  end if;
end
$$;
revoke all on function app.proven_lately(text, text, bigint) from public;
grant execute on function app.proven(text, text), app.proven_lately(text, text, bigint) to cascade_directory;

grant select (org_id, id, status, priority, next_attempt_at, attempt_count, lease_token, lease_expires_at),
  update (status, next_attempt_at, attempt_count, lease_owner, lease_token, lease_expires_at, updated_at)
  on recording_upload_queue to cascade_directory;
create policy directory_select on recording_upload_queue for select to cascade_directory using (true);
-- It may lease what is due, and nothing else. A row that another worker leased
-- between the look and the lock is looked at again under this policy.
create policy directory_update on recording_upload_queue for update to cascade_directory
  using (status in ('pending', 'leased') and next_attempt_at <= now()) with check (status = 'leased');
grant select (org_id, id, status, created_at) on recording_upload_metrics to cascade_directory;
create policy directory_select on recording_upload_metrics for select to cascade_directory using (true);

-- A lease moves next_attempt_at to its own end: a row whose worker died is due
-- again then, and the try counts. lease_expires_at stays when the lease is over,
-- and so says when a clinic was served last.
create index recording_upload_queue_due on recording_upload_queue (org_id, priority, next_attempt_at, id) where status in ('pending', 'leased');
create index recording_upload_queue_served on recording_upload_queue (org_id, lease_expires_at) where lease_expires_at is not null;
-- A list of the store and the rows are walked side by side, in the order of keys.
create index recordings_object on recordings (org_id, object_key collate "C") where object_key is not null;

-- Takes leases of recordings that are due, of clinics that may be served and
-- hold fewer than their share. The clinics take turns: whoever holds fewest
-- leases comes first, then whoever was served longest ago, so that ten thousand
-- waiting recordings of one clinic delay another's only one by one turn.
create function app.claim_recordings(worker text, max_rows int, share int, seconds int, asked_at bigint, proof text)
returns table (clinic uuid, upload uuid, token uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven_lately(proof, concat_ws(' ', 'recording.claim', worker, max_rows, share, seconds), asked_at);
  return query
    with due as (
      select d.org_id, d.id
        from public.organizations o
       cross join lateral (
         select (select count(*) from public.recording_upload_queue q
                  where q.org_id = o.id and q.status = 'leased' and q.next_attempt_at > now()) as held,
                (select max(q.lease_expires_at) from public.recording_upload_queue q where q.org_id = o.id) as served) h
       cross join lateral (
         select q.org_id, q.id, q.next_attempt_at, h.held + row_number() over (order by q.priority, q.next_attempt_at, q.id) as turn
           from public.recording_upload_queue q
          where q.org_id = o.id and q.status in ('pending', 'leased') and q.next_attempt_at <= now()
          order by q.priority, q.next_attempt_at, q.id limit greatest(share - h.held, 0)) d
       where o.status = 'active'
       order by d.turn, h.served nulls first, d.next_attempt_at, d.id
       limit greatest(max_rows, 0)
    ), mine as (
      select q.org_id, q.id from public.recording_upload_queue q join due d on d.org_id = q.org_id and d.id = q.id
         for update of q skip locked
    )
    update public.recording_upload_queue q
       set status = 'leased', lease_owner = worker, lease_token = gen_random_uuid(), attempt_count = q.attempt_count + 1,
           lease_expires_at = now() + seconds * interval '1 second', next_attempt_at = now() + seconds * interval '1 second', updated_at = now()
      from mine m where q.org_id = m.org_id and q.id = m.id
    returning q.org_id, q.id, q.lease_token;
end
$$;

-- The clinics whose store is walked, in the order of their ids.
create function app.recording_clinics(after uuid, max_rows int, asked_at bigint, proof text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven_lately(proof, concat_ws(' ', 'recording.clinics', after, max_rows), asked_at);
  return query
    select o.id from public.organizations o where o.kind = 'clinic' and o.status = 'active' and o.id > after
     order by o.id limit greatest(max_rows, 0);
end
$$;

-- How recordings fare on the whole platform, in figures that name nobody: how
-- many wait, for how many seconds the oldest has been due, and in how many
-- clinics fewer than 95 of 100 tries of the last hour succeeded.
create function app.recording_health(asked_at bigint, proof text, out waiting bigint, out late_seconds bigint, out below bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven_lately(proof, 'recording.health', asked_at);
  select count(*), coalesce(extract(epoch from now() - min(q.next_attempt_at))::bigint, 0) into waiting, late_seconds
    from public.recording_upload_queue q where q.status in ('pending', 'leased') and q.next_attempt_at <= now();
  select count(*) into below from (
    select m.org_id from public.recording_upload_metrics m where m.created_at > now() - interval '1 hour'
     group by m.org_id having count(*) filter (where m.status = 'success') < 0.95 * count(*)) c;
end
$$;

grant create on schema app to cascade_directory;
alter function app.proven_lately(text, text, bigint) owner to cascade_directory;
alter function app.claim_recordings(text, int, int, int, bigint, text) owner to cascade_directory;
alter function app.recording_clinics(uuid, int, bigint, text) owner to cascade_directory;
alter function app.recording_health(bigint, text) owner to cascade_directory;
revoke create on schema app from cascade_directory;
revoke all on function app.claim_recordings(text, int, int, int, bigint, text),
  app.recording_clinics(uuid, int, bigint, text), app.recording_health(bigint, text) from public;
grant execute on function app.claim_recordings(text, int, int, int, bigint, text),
  app.recording_clinics(uuid, int, bigint, text), app.recording_health(bigint, text) to cascade_app;

comment on function app.claim_recordings(text, int, int, int, bigint, text) is 'allow definer-undeclared: due recordings of all clinics are leased together, so that the clinics take turns; it wants the seal key, and gives ids and tokens alone';
comment on function app.recording_clinics(uuid, int, bigint, text) is 'allow definer-undeclared: the store is swept clinic by clinic; it wants the seal key, and gives ids alone';
comment on function app.recording_health(bigint, text) is 'allow definer-undeclared: figures of the whole platform, which name nobody; it wants the seal key';
comment on function app.proven(text, text) is 'allow definer-undeclared: it says whether a proof is the seal key''s, and nothing else';
comment on function app.proven_lately(text, text, bigint) is 'allow definer-undeclared: it says whether a proof is the seal key''s and of this minute, and nothing else';
