-- Shipping policies: draft -> reviewed -> shadow -> canary -> active -> retired.
--
-- Security staff do this through the program, whose every step carries a proof
-- (see 0019); the rules that must hold whatever the program does are kept here:
--   one revision at a time is shadow, canary and active;
--   what is deployed was reviewed against what runs, and by nobody's leave goes
--   out of turn: its sequence is above that of everything deployed before;
--   what widens access is approved by somebody who is not its author.
-- Each function answers with '' when it was done, or with the code of why not.

alter table policy_revisions
  add column base        text not null default '',   -- the revision that it was reviewed against
  add column widens      boolean not null default false,
  add column percent     smallint not null default 0 check (percent between 0 and 100),
  add column reviewed_at timestamptz,
  add column moved_at    timestamptz,
  add column moved_by    uuid,                        -- null: the program itself
  add column moved_why   text not null default '';
create unique index policy_revisions_shadow on policy_revisions (state) where state = 'shadow';
create unique index policy_revisions_canary on policy_revisions (state) where state = 'canary';
create index policy_revisions_list on policy_revisions (created_at desc, id desc);

-- What shadows would have said, one row for each node and revision.
create table policy_shadows (
  id          uuid primary key,
  revision_id uuid not null references policy_revisions (id),
  node        text not null,
  compared    bigint not null check (compared >= 0),
  differing   bigint not null check (differing >= 0),
  dropped     bigint not null check (dropped >= 0),
  groups      jsonb not null default '[]',
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (revision_id, node)
);
alter table policy_shadows enable row level security;
alter table policy_shadows force row level security;
comment on table policy_shadows is 'platform:policy_revision';
revoke all on policy_shadows from public;
grant select on policy_shadows to cascade_app;
select app.widen('policy_shadows', 'policy_revision');
select app.unsampled('policy_shadows'), app.unsampled('policy_revisions');
select app.sealed('policy_shadows');

grant select, insert, update on policy_revisions, policy_shadows to cascade_keeper;
grant select, insert, delete on policy_approvals to cascade_keeper;
create policy keeper_select on policy_revisions for select to cascade_keeper using (true);
create policy keeper_insert on policy_revisions for insert to cascade_keeper with check (true);
create policy keeper_update on policy_revisions for update to cascade_keeper using (true) with check (true);
create policy keeper_select on policy_approvals for select to cascade_keeper using (true);
create policy keeper_insert on policy_approvals for insert to cascade_keeper with check (true);
create policy keeper_delete on policy_approvals for delete to cascade_keeper using (true);
create policy keeper_select on policy_shadows for select to cascade_keeper using (true);
create policy keeper_insert on policy_shadows for insert to cascade_keeper with check (true);
create policy keeper_update on policy_shadows for update to cascade_keeper using (true) with check (true);

-- The number that the next bundle is signed with. Whoever asks keeps the place
-- until the end of the transaction.
create function app.policy_next(proof text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'policy.next');
  perform pg_advisory_xact_lock(hashtextextended('policy', 20261124));
  return (select coalesce(max(sequence), 0) + 1 from public.policy_revisions);
end
$$;

-- Keeps a signed candidate as a draft. The same policies proposed again, while
-- they are not deployed, are the same row begun anew.
create function app.policy_propose(in_id uuid, in_revision text, in_sequence bigint, in_bundle bytea, in_author uuid,
  in_note text, in_expires timestamptz, proof text, out kept uuid, out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, concat_ws(' ', 'policy.propose', in_id, in_revision, in_sequence,
    encode(sha256(in_bundle), 'hex'), in_author));
  insert into public.policy_revisions as p (id, revision, sequence, state, bundle, author_id, note, expires_at)
  values (in_id, in_revision, in_sequence, 'draft', in_bundle, in_author, in_note, in_expires)
  on conflict (revision) do update
     set sequence = excluded.sequence, state = 'draft', bundle = excluded.bundle, author_id = excluded.author_id,
         note = excluded.note, expires_at = excluded.expires_at, report = '{}', widens = false, base = '',
         reviewed_at = null, moved_at = now(), moved_by = excluded.author_id, moved_why = '', updated_at = now()
   where p.state in ('draft', 'reviewed', 'retired')
  returning p.id into kept;
  if kept is null then
    refused := 'deployed';
    return;
  end if;
  refused := '';
  delete from public.policy_approvals where revision_id = kept;
end
$$;

-- Keeps what the review found; what it did not pass stays a draft. Approvals are
-- of a review: older ones are gone.
create function app.policy_review(in_id uuid, in_report text, in_passed boolean, in_widens boolean, in_base text, proof text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, concat_ws(' ', 'policy.review', in_id, encode(sha256(convert_to(in_report, 'UTF8')), 'hex'), in_passed, in_widens, in_base));
  update public.policy_revisions
     set state = case when in_passed then 'reviewed' else 'draft' end, report = in_report::jsonb, widens = in_widens, base = in_base, reviewed_at = now(), updated_at = now()
   where id = in_id and state in ('draft', 'reviewed');
  if not found then
    return 'wrong_state';
  end if;
  delete from public.policy_approvals where revision_id = in_id;
  return '';
end
$$;

-- Keeps a second person's verdict. A rejection retires the candidate.
create function app.policy_judge(in_id uuid, in_approval uuid, in_approver uuid, in_verdict text, in_note text, proof text)
returns text language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  p record;
begin
  perform app.proven(proof, concat_ws(' ', 'policy.judge', in_id, in_approver, in_verdict));
  select * into p from public.policy_revisions where id = in_id for update;
  if not found or p.state not in ('reviewed', 'shadow') then
    return 'wrong_state';
  end if;
  if p.author_id = in_approver then
    return 'own_work';
  end if;
  insert into public.policy_approvals (id, revision_id, approver_id, verdict, note)
  values (in_approval, in_id, in_approver, in_verdict, in_note) on conflict (revision_id, approver_id) do nothing;
  if not found then
    return 'judged_before';
  end if;
  if in_verdict = 'rejected' then
    update public.policy_revisions set state = 'retired', moved_at = now(), moved_by = in_approver, moved_why = 'rejected', updated_at = now()
     where id = in_id;
    perform pg_notify('cascade_policy', p.revision);
  end if;
  return '';
end
$$;

-- Moves a candidate on, or takes it back. in_running is the revision that the
-- caller runs: it counts where no active one is kept here.
create function app.policy_move(in_id uuid, in_state text, in_percent integer, in_running text, in_actor uuid, in_why text, proof text)
returns text language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  p      record;
  active record;
begin
  perform app.proven(proof, concat_ws(' ', 'policy.move', in_id, in_state, in_percent, in_running, coalesce(in_actor::text, '-')));
  perform pg_advisory_xact_lock(hashtextextended('policy', 20261124));
  select * into p from public.policy_revisions where id = in_id for update;
  if not found or (p.state, in_state) not in (
      ('reviewed', 'shadow'), ('reviewed', 'canary'), ('reviewed', 'active'),
      ('shadow', 'canary'), ('shadow', 'active'), ('shadow', 'reviewed'),
      ('canary', 'canary'), ('canary', 'active'), ('canary', 'reviewed'),
      ('draft', 'retired'), ('reviewed', 'retired'), ('shadow', 'retired'), ('canary', 'retired')) then
    return 'wrong_state';
  end if;
  select * into active from public.policy_revisions where state = 'active';
  if in_state in ('shadow', 'canary', 'active') then
    if p.base is distinct from coalesce(active.revision, in_running) then
      return 'stale_review';
    end if;
    if p.expires_at <= now() then
      return 'expired';
    end if;
    if p.sequence <= (select coalesce(max(sequence), 0) from public.policy_revisions where activated_at is not null and id <> in_id) then
      return 'out_of_turn';
    end if;
    if exists (select from public.policy_revisions where state = in_state and in_state <> 'active' and id <> in_id) then
      return 'occupied';
    end if;
  end if;
  if in_state in ('canary', 'active') and p.widens and not exists (
      select from public.policy_approvals a where a.revision_id = in_id and a.verdict = 'approved' and a.approver_id <> p.author_id) then
    return 'second_approver';
  end if;
  if in_state = 'active' then
    update public.policy_revisions set state = 'retired', moved_at = now(), moved_by = in_actor, moved_why = 'replaced', updated_at = now()
     where state = 'active';
  end if;
  update public.policy_revisions
     set state = in_state, percent = case when in_state = 'canary' then in_percent else 0 end, moved_at = now(), moved_by = in_actor,
         moved_why = in_why, activated_at = case when in_state = 'active' then now() else activated_at end, updated_at = now()
   where id = in_id;
  perform pg_notify('cascade_policy', p.revision);
  return '';
end
$$;

-- Puts an earlier active revision back, signed anew under a new number, or, with
-- no id, what the program was built with. The one that ran is retired with why.
create function app.policy_rollback(in_id uuid, in_from text, in_sequence bigint, in_bundle bytea, in_expires timestamptz,
  in_actor uuid, in_why text, proof text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  active record;
begin
  perform app.proven(proof, concat_ws(' ', 'policy.rollback', coalesce(in_id::text, '-'), in_from, coalesce(in_sequence::text, '-'),
    coalesce(encode(sha256(in_bundle), 'hex'), '-'), coalesce(in_actor::text, '-')));
  perform pg_advisory_xact_lock(hashtextextended('policy', 20261124));
  select * into active from public.policy_revisions where state = 'active' for update;
  if not found or active.revision <> in_from then
    return 'not_active';
  end if;
  if in_id is not null and not exists (
      select from public.policy_revisions where id = in_id and state = 'retired' and activated_at is not null) then
    return 'never_active';
  end if;
  update public.policy_revisions set state = 'retired', moved_at = now(), moved_by = in_actor, moved_why = in_why, updated_at = now()
   where id = active.id or state in ('shadow', 'canary');
  update public.policy_revisions
     set state = 'active', sequence = in_sequence, bundle = in_bundle, expires_at = in_expires, activated_at = now(),
         moved_at = now(), moved_by = in_actor, moved_why = 'rolled back to', updated_at = now()
   where id = in_id;
  perform pg_notify('cascade_policy', in_from);
  return '';
end
$$;

-- What every node runs, and since when.
create function app.policy_deployed(proof text)
returns table (id uuid, revision text, state text, percent smallint, bundle bytea, since timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'policy.deployed');
  return query select p.id, p.revision, p.state, p.percent, p.bundle, coalesce(p.moved_at, p.created_at) from public.policy_revisions p
   where p.state in ('shadow', 'canary', 'active');
end
$$;

-- What ran before what runs now, which is what a rollback goes back to.
create function app.policy_before(proof text) returns table (id uuid, bundle bytea, author uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'policy.before');
  return query select p.id, p.bundle, p.author_id from public.policy_revisions p
   where p.state = 'retired' and p.moved_why = 'replaced' order by p.activated_at desc limit 1;
end
$$;

-- Keeps what a node's shadow would have said so far.
create function app.policy_observe(in_id uuid, in_revision uuid, in_node text, in_compared bigint, in_differing bigint, in_dropped bigint,
  in_groups text, proof text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, concat_ws(' ', 'policy.observe', in_revision, in_node, in_compared, in_differing, in_dropped,
    encode(sha256(convert_to(in_groups, 'UTF8')), 'hex')));
  insert into public.policy_shadows as s (id, revision_id, node, compared, differing, dropped, groups)
  values (in_id, in_revision, in_node, in_compared, in_differing, in_dropped, in_groups::jsonb)
  on conflict (revision_id, node) do update set compared = excluded.compared, differing = excluded.differing,
    dropped = excluded.dropped, groups = excluded.groups, updated_at = now();
end
$$;

do $$
declare
  f text;
begin
  grant create on schema app to cascade_keeper;
  foreach f in array array[
    'policy_next(text)', 'policy_propose(uuid, text, bigint, bytea, uuid, text, timestamptz, text)',
    'policy_review(uuid, text, boolean, boolean, text, text)', 'policy_judge(uuid, uuid, uuid, text, text, text)',
    'policy_move(uuid, text, integer, text, uuid, text, text)',
    'policy_rollback(uuid, text, bigint, bytea, timestamptz, uuid, text, text)',
    'policy_deployed(text)', 'policy_before(text)', 'policy_observe(uuid, uuid, text, bigint, bigint, bigint, text, text)'] loop
    execute format('alter function app.%s owner to cascade_keeper', f);
    execute format('revoke all on function app.%s from public', f);
    execute format('grant execute on function app.%s to cascade_app', f);
    execute format('comment on function app.%s is %L', f,
      'allow definer-undeclared: one step of a policy on its way, held to the rules above; nothing without the seal key');
  end loop;
  revoke create on schema app from cascade_keeper;
end
$$;
