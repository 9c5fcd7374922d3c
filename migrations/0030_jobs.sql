-- The queue of background jobs: River's tables, as its own migrations 1 to 8
-- (line "main", v0.51.1) leave them, in a schema of their own. A test holds this
-- file to what River's migrator makes.
--
-- River works on them as the app role, and so could SQL injected into one of the
-- app's statements: read which clinics are being worked for, stop jobs, make
-- some up. So the tables open for the program's own workers alone: a connection
-- that shows, sealed, that it is theirs (app.working). What is left of a seal's
-- rights, nobody has: the app role inserts no job (app.enqueue does, 0031), and
-- changes nothing of what a job is, only how it goes.

create schema river;
revoke all on schema river from public;
grant usage on schema river to cascade_app, cascade_keeper;

create type river.river_job_state as enum (
  'available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled'
);

create table river.river_job (
  id            bigserial primary key,
  state         river.river_job_state not null default 'available',
  attempt       smallint not null default 0,
  max_attempts  smallint not null default 25,
  attempted_at  timestamptz,
  created_at    timestamptz not null default now(),
  finalized_at  timestamptz,
  scheduled_at  timestamptz not null default now(),
  priority      smallint not null default 1,
  args          jsonb not null,
  attempted_by  text[],
  errors        jsonb[],
  kind          text not null,
  metadata      jsonb not null default '{}',
  queue         text not null default 'default',
  tags          varchar(255)[] not null default '{}',
  unique_key    bytea,
  unique_states bit(8),
  constraint finalized_or_finalized_at_null check (
    (finalized_at is null and state not in ('cancelled', 'completed', 'discarded')) or
    (finalized_at is not null and state in ('cancelled', 'completed', 'discarded'))
  ),
  constraint max_attempts_is_positive check (max_attempts > 0),
  constraint priority_in_range check (priority >= 1 and priority <= 4),
  constraint queue_length check (char_length(queue) > 0 and char_length(queue) < 128),
  constraint kind_length check (char_length(kind) > 0 and char_length(kind) < 128)
);
create index river_job_kind on river.river_job (kind);
create index river_job_state_and_finalized_at_index on river.river_job (state, finalized_at) where finalized_at is not null;
create index river_job_prioritized_fetching_index on river.river_job (state, queue, priority, scheduled_at, id);
create index river_job_args_index on river.river_job using gin (args);
create index river_job_metadata_index on river.river_job using gin (metadata);

create function river.river_job_state_in_bitmask(bitmask bit(8), state river.river_job_state) returns boolean
language sql immutable
as $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;
comment on function river.river_job_state_in_bitmask(bit, river.river_job_state) is
  'allow function-path: it is River''s, names functions of Postgres alone, and stands in an index, where a pinned path would make it slow';
revoke all on function river.river_job_state_in_bitmask(bit, river.river_job_state) from public;
grant execute on function river.river_job_state_in_bitmask(bit, river.river_job_state) to cascade_app, cascade_keeper;

create unique index river_job_unique_idx on river.river_job (unique_key)
  where unique_key is not null and unique_states is not null and river.river_job_state_in_bitmask(unique_states, state);

create unlogged table river.river_leader (
  elected_at timestamptz not null,
  expires_at timestamptz not null,
  leader_id  text not null,
  name       text primary key default 'default',
  constraint name_length check (name = 'default'),
  constraint leader_id_length check (char_length(leader_id) > 0 and char_length(leader_id) < 128)
);

create table river.river_queue (
  name       text primary key not null,
  created_at timestamptz not null default now(),
  metadata   jsonb not null default '{}'::jsonb,
  paused_at  timestamptz,
  updated_at timestamptz not null default current_timestamp
);

-- River tells of things here where a database has no NOTIFY. Postgres has: nobody
-- is granted it.
create table river.river_notification (
  id         bigserial primary key,
  created_at timestamptz not null default now(),
  payload    text not null,
  topic      text not null,
  constraint topic_length check (length(topic) > 0 and length(topic) < 128)
);
create index river_notification_created_at_idx on river.river_notification (created_at);
create index river_notification_topic_id_idx on river.river_notification (topic, id);

-- app.working is true on a connection of the program's workers: one that holds
--   app.working = "<expiry in unix seconds> <proof of "job.work <backend pid> <expiry>">"
-- None is no worker's. One that is forged, expired or another backend's is refused.
create function app.working() returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sealed text := coalesce(current_setting('app.working', true), '');
begin
  if sealed = '' then
    return false;
  end if;
  perform app.proven(split_part(sealed, ' ', 2), 'job.work ' || pg_backend_pid() || ' ' || split_part(sealed, ' ', 1));
  if (split_part(sealed, ' ', 1)::bigint >= extract(epoch from clock_timestamp())) is not true then
    raise exception 'worker refused' using errcode = '42501';
  end if;
  return true;
end
$$;
grant create on schema app to cascade_keeper;
alter function app.working() owner to cascade_keeper;
revoke create on schema app from cascade_keeper;
revoke all on function app.working() from public;
grant execute on function app.working() to cascade_app;
comment on function app.working() is
  'allow definer-undeclared: it tells a connection whether it is a worker''s, which it must prove with the seal key';

comment on table river.river_job is 'nobody: jobs of every clinic by their ids, for the workers of the program alone';
comment on table river.river_queue is 'nobody: how each lane of jobs goes, for the workers of the program alone';
comment on table river.river_notification is 'nobody: River''s own, for databases that lack NOTIFY; never written here';
comment on table river.river_leader is E'nobody: which process looks after the queue, for the workers of the program alone\nallow table-unlogged: after a crash the processes elect one anew, and nothing else is lost';

do $$
declare
  tbl text;
begin
  foreach tbl in array array['river_job', 'river_leader', 'river_queue', 'river_notification'] loop
    execute format('alter table river.%I enable row level security', tbl);
    execute format('alter table river.%I force row level security', tbl);
    execute format('revoke all on river.%I from public', tbl);
    if tbl <> 'river_notification' then
      execute format('create policy worker on river.%I to cascade_app using ((select app.working())) with check ((select app.working()))', tbl);
      execute format('grant select, delete on river.%I to cascade_app', tbl);
    end if;
  end loop;
end
$$;
grant update (state, attempt, max_attempts, attempted_at, finalized_at, scheduled_at, attempted_by, errors, metadata) on river.river_job to cascade_app;
grant insert, update (expires_at) on river.river_leader to cascade_app;
grant insert, update (metadata, paused_at, updated_at) on river.river_queue to cascade_app;

-- Estimates are made of samples, and EXPLAIN tells them to whoever asks.
select app.unsampled(c.oid) from pg_class c where c.relnamespace = 'river'::regnamespace and c.relkind = 'r';

-- The keeper's functions insert jobs and end them.
grant select, insert on river.river_job to cascade_keeper;
grant update (state, finalized_at) on river.river_job to cascade_keeper;
grant usage on sequence river.river_job_id_seq to cascade_keeper;
create policy keeper on river.river_job to cascade_keeper using (true) with check (true);
