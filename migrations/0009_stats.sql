-- One row per clinic and local day, kept by the transaction that writes the call,
-- so that a dashboard's totals cost the same with a thousand calls or ten million.

create table org_daily_stats (
  org_id             uuid not null references organizations (id),
  id                 uuid not null default gen_random_uuid(),
  day                date not null,
  total              integer not null default 0,
  inbound            integer not null default 0,
  outbound           integer not null default 0,
  web                integer not null default 0,
  in_progress        integer not null default 0,
  completed          integer not null default 0,
  missed             integer not null default 0,
  transferred        integer not null default 0,
  voicemail          integer not null default 0,
  failed             integer not null default 0,
  cancelled          integer not null default 0,
  unknown            integer not null default 0,
  timed              integer not null default 0,
  duration_seconds   bigint not null default 0,
  positive           integer not null default 0,
  neutral            integer not null default 0,
  negative           integer not null default 0,
  scored             integer not null default 0,
  sentiment_score    bigint not null default 0,
  booked             integer not null default 0,
  cost_micros        bigint not null default 0,
  primary key (org_id, id)
);
create unique index org_daily_stats_day on org_daily_stats (org_id, day)
  include (total, inbound, outbound, web);
select app.protect('org_daily_stats', 'call_stats', commands => 'r');

grant select, insert, update, delete on org_daily_stats to cascade_keeper;
create policy keeper_all on org_daily_stats for all to cascade_keeper using (true) with check (true);

-- What one call adds to its day. Test calls add nothing. These are plpgsql, whose
-- plans a session keeps: a function of language sql is planned anew at each call,
-- and this one runs for every call that is written.
create function app.stats_of(c call_logs, tz text) returns org_daily_stats
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  s public.org_daily_stats;
begin
  s.org_id := c.org_id;
  s.day := (c.started_at at time zone tz)::date;
  s.total := 1;
  s.inbound := (c.direction = 'inbound')::int;
  s.outbound := (c.direction = 'outbound')::int;
  s.web := (c.direction = 'web')::int;
  s.in_progress := (c.status in ('queued', 'ringing', 'in_progress', 'forwarding'))::int;
  s.completed := (c.status = 'completed')::int;
  s.missed := (c.status = 'missed')::int;
  s.transferred := (c.status = 'transferred')::int;
  s.voicemail := (c.status = 'voicemail')::int;
  s.failed := (c.status = 'failed')::int;
  s.cancelled := (c.status = 'cancelled')::int;
  s.unknown := (c.status = 'unknown')::int;
  s.timed := (c.duration_seconds is not null)::int;
  s.duration_seconds := coalesce(c.duration_seconds, 0);
  s.positive := coalesce(c.sentiment = 'positive', false)::int;
  s.neutral := coalesce(c.sentiment = 'neutral', false)::int;
  s.negative := coalesce(c.sentiment = 'negative', false)::int;
  s.scored := (c.sentiment_score is not null)::int;
  s.sentiment_score := coalesce(c.sentiment_score, 0);
  s.booked := c.appointment_booked::int;
  s.cost_micros := coalesce(c.cost_micros, 0);
  return s;
end
$$;

-- Adds s to its day, n times: 1 for a call that came, -1 for one that left.
create function app.stats_add(s org_daily_stats, n int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.org_daily_stats as d (org_id, day, total, inbound, outbound, web, in_progress, completed, missed,
    transferred, voicemail, failed, cancelled, unknown, timed, duration_seconds, positive, neutral, negative, scored,
    sentiment_score, booked, cost_micros)
  values (s.org_id, s.day, n * s.total, n * s.inbound, n * s.outbound, n * s.web, n * s.in_progress, n * s.completed,
    n * s.missed, n * s.transferred, n * s.voicemail, n * s.failed, n * s.cancelled, n * s.unknown, n * s.timed,
    n * s.duration_seconds, n * s.positive, n * s.neutral, n * s.negative, n * s.scored, n * s.sentiment_score,
    n * s.booked, n * s.cost_micros)
  on conflict (org_id, day) do update set
    total = d.total + excluded.total, inbound = d.inbound + excluded.inbound, outbound = d.outbound + excluded.outbound,
    web = d.web + excluded.web, in_progress = d.in_progress + excluded.in_progress,
    completed = d.completed + excluded.completed, missed = d.missed + excluded.missed,
    transferred = d.transferred + excluded.transferred, voicemail = d.voicemail + excluded.voicemail,
    failed = d.failed + excluded.failed, cancelled = d.cancelled + excluded.cancelled,
    unknown = d.unknown + excluded.unknown, timed = d.timed + excluded.timed,
    duration_seconds = d.duration_seconds + excluded.duration_seconds, positive = d.positive + excluded.positive,
    neutral = d.neutral + excluded.neutral, negative = d.negative + excluded.negative, scored = d.scored + excluded.scored,
    sentiment_score = d.sentiment_score + excluded.sentiment_score, booked = d.booked + excluded.booked,
    cost_micros = d.cost_micros + excluded.cost_micros;
end
$$;

-- Keeps the day rows: takes away what the call was, adds what it is. Runs as the
-- keeper, and touches only the org of the row that row-level security let through.
--
-- Whoever writes an org's figures holds them until the transaction ends, from
-- before the time zone is read. Writers nearly always wait for each other in any
-- case, for today's row; without this, two calls that change days in opposite
-- directions deadlock, and a clinic that changes its zone misses the calls that
-- are being written at that moment.
create function app.keep_stats() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  tz     text;
  was    public.org_daily_stats;
  is_now public.org_daily_stats;
begin
  perform pg_advisory_xact_lock(hashtextextended('org_daily_stats:' || coalesce(new.org_id, old.org_id)::text, 0));
  select o.timezone into tz from public.organizations o where o.id = coalesce(new.org_id, old.org_id);
  if tg_op <> 'INSERT' and not old.is_test then
    was := app.stats_of(old, tz);
  end if;
  if tg_op <> 'DELETE' and not new.is_test then
    is_now := app.stats_of(new, tz);
  end if;
  if was.day is not null then
    perform app.stats_add(was, -1);
  end if;
  if is_now.day is not null then
    perform app.stats_add(is_now, 1);
  end if;
  return null;
end
$$;
create trigger keep_stats after insert or delete on call_logs for each row execute function app.keep_stats();
create trigger keep_stats_update after update on call_logs for each row
  when (row(old.started_at, old.direction, old.status, old.duration_seconds, old.sentiment, old.sentiment_score,
            old.appointment_booked, old.cost_micros, old.is_test)
        is distinct from
        row(new.started_at, new.direction, new.status, new.duration_seconds, new.sentiment, new.sentiment_score,
            new.appointment_booked, new.cost_micros, new.is_test))
  execute function app.keep_stats();

-- A clinic that changes its time zone moves its calls between days: count again.
create function app.recount_stats() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('org_daily_stats:' || new.id::text, 0));
  delete from public.org_daily_stats d where d.org_id = new.id;
  insert into public.org_daily_stats (org_id, day, total, inbound, outbound, web, in_progress, completed, missed,
    transferred, voicemail, failed, cancelled, unknown, timed, duration_seconds, positive, neutral, negative, scored,
    sentiment_score, booked, cost_micros)
  select new.id, (c.started_at at time zone new.timezone)::date, count(*),
    count(*) filter (where direction = 'inbound'), count(*) filter (where direction = 'outbound'),
    count(*) filter (where direction = 'web'),
    count(*) filter (where status in ('queued', 'ringing', 'in_progress', 'forwarding')),
    count(*) filter (where status = 'completed'), count(*) filter (where status = 'missed'),
    count(*) filter (where status = 'transferred'), count(*) filter (where status = 'voicemail'),
    count(*) filter (where status = 'failed'), count(*) filter (where status = 'cancelled'),
    count(*) filter (where status = 'unknown'), count(duration_seconds), coalesce(sum(duration_seconds), 0),
    count(*) filter (where sentiment = 'positive'), count(*) filter (where sentiment = 'neutral'),
    count(*) filter (where sentiment = 'negative'), count(sentiment_score), coalesce(sum(sentiment_score), 0),
    count(*) filter (where appointment_booked), coalesce(sum(cost_micros), 0)
  from public.call_logs c where c.org_id = new.id and not c.is_test
  group by 2;
  return null;
end
$$;
create trigger recount_stats after update of timezone on organizations for each row
  when (old.timezone is distinct from new.timezone) execute function app.recount_stats();

-- A zone that Postgres does not know would break every count.
create function app.check_timezone() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform now() at time zone new.timezone;
  return new;
end
$$;
create trigger check_timezone before insert or update of timezone on organizations
  for each row execute function app.check_timezone();
