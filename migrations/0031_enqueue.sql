-- How jobs come into the queue and how they end. Each function wants a proof of
-- the program (0019), over the text that it is given:
--   "job <the job, as JSON>"                  to insert it, and to have it worked
--   "job.done <id in the queue> <attempt>"    to end it, in its own transaction
--   "job.slot <name> <the slot, as JSON>"     for what recurs
--   "job.expired <how many>"                  to list the clinics with expired keys

-- Inserts a job, {"id", "kind", "org", "args", "lane", "attempts", "unique", "at"?},
-- and says whether it was new. It is told whose the job is in the one text that the
-- proof covers; the text and its proof stay with the job.
create function app.enqueue(job text, proof text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  doc jsonb;
begin
  perform app.proven(proof, 'job ' || job);
  doc := job::jsonb;
  insert into river.river_job (kind, queue, max_attempts, args, state, scheduled_at, unique_key, unique_states)
  values (doc ->> 'kind', doc ->> 'lane', (doc ->> 'attempts')::smallint, jsonb_build_object('job', job, 'proof', proof),
    case when (doc ->> 'at')::timestamptz > now() then 'scheduled' else 'available' end::river.river_job_state,
    coalesce((doc ->> 'at')::timestamptz, now()), sha256(convert_to(doc ->> 'unique', 'UTF8')),
    -- Unique among the available, completed, pending, retryable, running and scheduled.
    B'11110101')
  on conflict do nothing;
  return found;
end
$$;

-- Of the clinic that a job works for, what the policy has to know: nulls where
-- there is none such, or where the job is the platform's. It refuses a job that
-- the program did not make.
create function app.job_facts(job text, proof text, out slug text, out status text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'job ' || job);
  select o.slug, o.status into slug, status from public.organizations o where o.id = (job::jsonb ->> 'org')::uuid;
end
$$;

-- Ends a job with the work of this attempt, in its transaction: both are kept, or
-- neither. An attempt whose job is no longer its own is refused, and so is a job
-- that the program did not make.
create function app.job_done(job bigint, nth int, proof text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kept jsonb;
begin
  perform app.proven(proof, 'job.done ' || job || ' ' || nth);
  update river.river_job j set state = 'completed', finalized_at = now()
   where j.id = job and j.attempt = nth and j.state = 'running'
  returning j.args into kept;
  if not found then
    raise exception 'the job is not this attempt''s' using errcode = '55000';
  end if;
  perform app.proven(kept ->> 'proof', 'job ' || (kept ->> 'job'));
end
$$;

-- When each recurring job was last due.
create table river.job_slots (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,63}$'),
  slot timestamptz not null
);
comment on table river.job_slots is 'nobody: when each recurring job was last due, for app.enqueue_slot alone';
alter table river.job_slots enable row level security;
alter table river.job_slots force row level security;
revoke all on river.job_slots from public;
grant select, insert, update (slot) on river.job_slots to cascade_keeper;
create policy keeper on river.job_slots to cascade_keeper using (true) with check (true);

-- Inserts a recurring job if its slot is later than the last: once, whoever asks
-- and however many. A name that is new waits for its next slot. Says whether the
-- job was inserted.
create function app.enqueue_slot(name text, job text, job_proof text, proof text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  due timestamptz := (job::jsonb ->> 'at')::timestamptz;
begin
  perform app.proven(proof, 'job.slot ' || name || ' ' || job);
  insert into river.job_slots as s (name, slot) values (enqueue_slot.name, due) on conflict do nothing;
  update river.job_slots s set slot = due where s.name = enqueue_slot.name and s.slot < due;
  return found and app.enqueue(job, job_proof);
end
$$;

-- Idempotency keys are forgotten when they expire. Which clinics have some is a
-- question across clinics, so it is the directory's: it sees when they expire and
-- nothing else, and whoever deletes them does so under a scope for one clinic.
grant select (org_id, expires_at) on idempotency_keys to cascade_directory;
create policy directory_select on idempotency_keys for select to cascade_directory using (expires_at < now());

create function app.expired_keys(max_rows int, proof text) returns table (clinic uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'job.expired ' || max_rows);
  return query
    select o.id from public.organizations o
     where o.status = 'active' and exists (select from public.idempotency_keys k where k.org_id = o.id and k.expires_at < now())
     order by o.id
     limit greatest(max_rows, 0);
end
$$;

grant execute on function app.proven(text, text) to cascade_directory;
grant create on schema app to cascade_keeper, cascade_directory;
alter function app.enqueue(text, text) owner to cascade_keeper;
alter function app.job_done(bigint, int, text) owner to cascade_keeper;
alter function app.enqueue_slot(text, text, text, text) owner to cascade_keeper;
alter function app.job_facts(text, text) owner to cascade_directory;
alter function app.expired_keys(int, text) owner to cascade_directory;
revoke create on schema app from cascade_keeper, cascade_directory;

revoke all on function app.enqueue(text, text), app.job_done(bigint, int, text), app.enqueue_slot(text, text, text, text),
  app.job_facts(text, text), app.expired_keys(int, text) from public;
grant execute on function app.enqueue(text, text), app.job_done(bigint, int, text), app.enqueue_slot(text, text, text, text),
  app.job_facts(text, text), app.expired_keys(int, text) to cascade_app;

comment on function app.enqueue(text, text) is 'allow definer-undeclared: only the program can insert a job, which it proves with the seal key';
comment on function app.job_facts(text, text) is 'allow definer-undeclared: it tells the clinic''s name and status to who proves a job for it';
comment on function app.job_done(bigint, int, text) is 'allow definer-undeclared: only the program can end a job, which it proves with the seal key';
comment on function app.enqueue_slot(text, text, text, text) is 'allow definer-undeclared: only the program can insert a job, which it proves with the seal key';
comment on function app.expired_keys(int, text) is 'allow definer-undeclared: it names clinics, and no rows of theirs, to who proves to be the program';
