-- How far decisions were handed on to other systems. The audit is the outbox: a
-- chain has no gaps, so one number for each chain says what a sink has. The
-- numbers name every clinic's chain, so nobody reads them but these functions,
-- which want a proof of the program (0019), over
--   "log.lease <sink> <holder> <seconds>"
--   "log.next <sink> <chain to begin after> <most>"
--   "log.delivered <sink> <holder> <chain>:<seq>,..."
--   "log.refused <sink> <holder> <chain> <seq> <status>"
--   "log.lag <sink>"

create schema decision_log;
revoke all on schema decision_log from public;
grant usage on schema decision_log to cascade_keeper;

create table decision_log.sinks (
  sink   text primary key,
  holder uuid not null,
  until  timestamptz not null
);
create table decision_log.cursors (
  sink  text not null,
  chain text not null,
  seq   bigint not null check (seq > 0),
  primary key (sink, chain)
);
-- What a sink would not take, for a person to look at.
create table decision_log.refused (
  sink   text not null,
  chain  text not null,
  seq    bigint not null,
  status integer not null,
  at     timestamptz not null default now(),
  primary key (sink, chain, seq)
);
comment on table decision_log.sinks is 'nobody: which process hands decisions on, for the functions app.log_* alone';
comment on table decision_log.cursors is 'nobody: how far decisions were handed on, for the functions app.log_* alone';
comment on table decision_log.refused is 'nobody: decisions that a sink would not take, for the functions app.log_* alone';

do $$
declare
  tbl text;
begin
  foreach tbl in array array['sinks', 'cursors', 'refused'] loop
    execute format('alter table decision_log.%I enable row level security', tbl);
    execute format('alter table decision_log.%I force row level security', tbl);
    execute format('revoke all on decision_log.%I from public', tbl);
    execute format('grant select, insert on decision_log.%I to cascade_keeper', tbl);
    execute format('create policy keeper on decision_log.%I to cascade_keeper using (true) with check (true)', tbl);
    perform app.unsampled(format('decision_log.%I', tbl)::regclass);
  end loop;
end
$$;
grant update (holder, until) on decision_log.sinks to cascade_keeper;
grant update (seq) on decision_log.cursors to cascade_keeper;

-- Takes or renews the right to hand on to a sink, which one process has at a
-- time; false while another has it. Zero seconds give it back.
create function app.log_lease(sink text, holder uuid, seconds int, proof text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'log.lease ' || sink || ' ' || holder || ' ' || seconds);
  insert into decision_log.sinks as s (sink, holder, until)
  values (log_lease.sink, log_lease.holder, now() + make_interval(secs => seconds))
  on conflict on constraint sinks_pkey do update set holder = excluded.holder, until = excluded.until
   where s.until <= now() or s.holder = excluded.holder;
  return found;
end
$$;

-- The next records that a sink has not got, in the order of each chain: where
-- they are, and not what they say. Chains take turns: it begins after one.
create function app.log_next(in_sink text, after text, most int, proof text) returns table (chain text, seq bigint, id uuid, bytes int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'log.next ' || in_sink || ' ' || after || ' ' || most);
  return query
    -- Each chain is found in the index by the one before it.
    with recursive chains as (
      (select a.chain || '' as name from public.audit_decisions a where a.chain || '' > after order by a.chain || '' limit 1)
      union all
      select n.name from chains c, lateral (
        select a.chain || '' as name from public.audit_decisions a where a.chain || '' > c.name order by a.chain || '' limit 1) n
    )
    select c.name, r.seq, r.id, r.bytes
      from chains c
      left join decision_log.cursors k on k.sink = in_sink and k.chain = c.name,
           lateral (select a.seq, a.id, octet_length(a.body) as bytes from public.audit_decisions a
                     where a.chain || '' = c.name and a.seq > coalesce(k.seq, 0) order by a.seq limit most) r
     limit most;
end
$$;

-- Notes what a sink has got, of each chain the last. Whoever lost the lease is
-- refused: another may be further.
create function app.log_delivered(in_sink text, in_holder uuid, chains text[], seqs bigint[], proof text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'log.delivered ' || in_sink || ' ' || in_holder || ' ' || (
    select string_agg(d.chain || ':' || d.seq, ',' order by d.n) from unnest(chains, seqs) with ordinality d(chain, seq, n)));
  perform from decision_log.sinks s where s.sink = in_sink and s.holder = in_holder and s.until > now() for share;
  if not found then
    raise exception 'the lease is another''s' using errcode = '55000';
  end if;
  insert into decision_log.cursors as k (sink, chain, seq)
  select in_sink, d.chain, d.seq from unnest(chains, seqs) d(chain, seq)
  on conflict on constraint cursors_pkey do update set seq = excluded.seq where k.seq < excluded.seq;
end
$$;

-- Sets a record aside that a sink would not take.
create function app.log_refused(in_sink text, in_holder uuid, in_chain text, in_seq bigint, in_status int, proof text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'log.refused ' || in_sink || ' ' || in_holder || ' ' || in_chain || ' ' || in_seq || ' ' || in_status);
  insert into decision_log.refused (sink, chain, seq, status) values (in_sink, in_chain, in_seq, in_status)
  on conflict do nothing;
end
$$;

-- The time of the oldest record that a sink has not got, null when it has all,
-- and how many were set aside.
create function app.log_lag(in_sink text, proof text, out oldest timestamptz, out refused bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'log.lag ' || in_sink);
  with recursive chains as (
    (select a.chain || '' as name from public.audit_decisions a order by a.chain || '' limit 1)
    union all
    select n.name from chains c, lateral (
      select a.chain || '' as name from public.audit_decisions a where a.chain || '' > c.name order by a.chain || '' limit 1) n
  )
  select min(r.at) into oldest
    from chains c
    left join decision_log.cursors k on k.sink = in_sink and k.chain = c.name,
         lateral (select a.at from public.audit_decisions a
                   where a.chain || '' = c.name and a.seq > coalesce(k.seq, 0) order by a.seq limit 1) r;
  select count(*) into refused from decision_log.refused f where f.sink = in_sink;
end
$$;

do $$
declare
  f regprocedure;
begin
  grant create on schema app to cascade_keeper;
  foreach f in array array['app.log_lease(text, uuid, int, text)', 'app.log_next(text, text, int, text)',
      'app.log_delivered(text, uuid, text[], bigint[], text)', 'app.log_refused(text, uuid, text, bigint, int, text)',
      'app.log_lag(text, text)']::regprocedure[] loop
    execute format('alter function %s owner to cascade_keeper', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to cascade_app', f);
    execute format('comment on function %s is %L', f,
      'allow definer-undeclared: it knows how far decisions were handed on, and no more, for who proves to be the program');
  end loop;
  revoke create on schema app from cascade_keeper;
end
$$;
