-- Decisions and their chain of hashes; policy revisions; trusted documents.

-- One row per decision. "body" is the record itself, exactly as hashed; the
-- columns are what people search by and are checked against it by "audit verify".
--   hash = sha256(previous hash of the chain || body), the first previous being 32 zero bytes
-- A chain belongs to one writer: "node:<id>" for a process' reads, "org:<id>" for the
-- writes of one org (which its own transactions take turns at), "attempts" for foreign rows.
-- Records outlive the org they speak of, so nothing here refers to organizations.
create table audit_decisions (
  id              uuid primary key,
  chain           text not null,
  seq             bigint not null,
  org_id          uuid,
  at              timestamptz not null,
  request_id      text not null,
  trace_id        text not null default '',
  subject_id      uuid,
  subject_kind    text not null,
  credential_type text not null default '',
  credential_id   text not null default '',
  action          text not null,
  resource        text not null,
  operation       text not null default '',
  asked_org_ids   uuid[] not null default '{}',
  org_ids         uuid[] not null default '{}',
  wide            boolean not null default false,
  allow           boolean not null,
  reason          text not null,
  masks           jsonb not null default '{}',
  row_count       integer,
  revision        text not null,
  body            text not null,
  prev_hash       bytea not null check (octet_length(prev_hash) = 32),
  hash            bytea not null check (octet_length(hash) = 32),
  unique (chain, seq)
);
create index audit_decisions_org on audit_decisions (org_id, at desc, id desc);
create index audit_decisions_recent on audit_decisions (at desc, id desc);
create index audit_decisions_denied on audit_decisions (at desc, id desc) where not allow;

-- A decision about several orgs is one record; this says whose it is too.
create table audit_decision_orgs (
  org_id      uuid not null,
  decision_id uuid not null references audit_decisions (id),
  at          timestamptz not null,
  primary key (org_id, decision_id)
);

alter table audit_decisions enable row level security;
alter table audit_decisions force row level security;
alter table audit_decision_orgs enable row level security;
alter table audit_decision_orgs force row level security;
comment on table audit_decisions is 'resource:audit_decision';
comment on table audit_decision_orgs is 'resource:audit_decision';
revoke all on audit_decisions, audit_decision_orgs from public;
grant select on audit_decisions, audit_decision_orgs to cascade_app;

create policy org_select on audit_decision_orgs for select to cascade_app
  using (org_id = any ((select (app.scope() -> 'r' ->> 'audit_decision')::uuid[])::uuid[]));
create policy org_select on audit_decisions for select to cascade_app
  using (org_id = any ((select (app.scope() -> 'r' ->> 'audit_decision')::uuid[])::uuid[])
         or (org_id is null and exists (select from audit_decision_orgs o where o.decision_id = audit_decisions.id)));
select app.widen('audit_decisions', 'audit_decision');
select app.widen('audit_decision_orgs', 'audit_decision');

grant select, insert on audit_decisions, audit_decision_orgs to cascade_keeper;
create policy keeper_select on audit_decisions for select to cascade_keeper using (true);
create policy keeper_insert on audit_decisions for insert to cascade_keeper with check (true);
create policy keeper_select on audit_decision_orgs for select to cascade_keeper using (true);
create policy keeper_insert on audit_decision_orgs for insert to cascade_keeper with check (true);

-- The end of a chain. Takes the chain's lock until the transaction ends, so that
-- writers of one chain take turns.
create function app.audit_head(in_chain text, out seq bigint, out hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(in_chain, 20261123));
  select a.seq, a.hash into seq, hash from public.audit_decisions a where a.chain = in_chain order by a.seq desc limit 1;
  if not found then
    seq := 0;
    hash := decode(repeat('00', 32), 'hex');
  end if;
end
$$;

-- Appends records to a chain, after checking that each links to the one before.
-- The only way into the table: the app role has no INSERT right.
create function app.audit_append(in_chain text, first_seq bigint, prev bytea, bodies text[], hashes bytea[])
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  expected bytea;
begin
  if first_seq = 1 then
    expected := decode(repeat('00', 32), 'hex');
  else
    select a.hash into expected from public.audit_decisions a where a.chain = in_chain and a.seq = first_seq - 1;
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
           lateral jsonb_to_record(l.body::jsonb) as r(id uuid, org_id uuid, at timestamptz, request_id text,
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

-- Records that rows asked for by id belong to another org, for that org and the
-- security team to see. Says nothing to its caller: not whether, not whose.
create function app.record_attempt(in_resource text, row_ids uuid[], record jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  tbl    regclass;
  found_ record;
  head   record;
  body_  text;
begin
  for tbl in select d.objoid::regclass from pg_description d
             where d.classoid = 'pg_class'::regclass and d.objsubid = 0
               and d.description = 'resource:' || in_resource and d.objoid <> 'public.organizations'::regclass loop
    for found_ in execute format('select org_id, id from %s where id = any ($1)', tbl) using row_ids loop
      if record -> 'asked_org_ids' ? found_.org_id::text then
        continue;
      end if;
      select * into head from app.audit_head('attempts');
      body_ := (record || jsonb_build_object('id', gen_random_uuid(), 'org_id', found_.org_id))::text;
      perform app.audit_append('attempts', head.seq + 1, head.hash, array[body_],
        array[sha256(head.hash || convert_to(body_, 'UTF8'))]);
    end loop;
  end loop;
end
$$;

create table policy_revisions (
  id           uuid primary key,
  revision     text not null unique,
  sequence     bigint not null unique check (sequence > 0),
  state        text not null check (state in ('draft', 'reviewed', 'shadow', 'canary', 'active', 'retired')),
  bundle       bytea not null,
  report       jsonb not null default '{}',
  author_id    uuid not null references users (id),
  note         text not null default '',
  expires_at   timestamptz,
  activated_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);
create unique index policy_revisions_active on policy_revisions (state) where state = 'active';

create table policy_approvals (
  id          uuid primary key,
  revision_id uuid not null references policy_revisions (id),
  approver_id uuid not null references users (id),
  verdict     text not null check (verdict in ('approved', 'rejected')),
  note        text not null default '',
  created_at  timestamptz not null default now(),
  unique (revision_id, approver_id)
);

create table trusted_documents (
  id         uuid primary key,
  sha256     text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
  name       text not null,
  body       text not null,
  active     boolean not null default true,
  created_at timestamptz not null default now()
);

-- Platform rows: no org owns them and the security kind alone reads them.
do $$
declare
  t record;
begin
  for t in select * from (values ('policy_revisions', 'policy_revision'), ('policy_approvals', 'policy_revision'),
                                 ('trusted_documents', 'trusted_document')) as v(tbl, resource) loop
    execute format('alter table %I enable row level security', t.tbl);
    execute format('alter table %I force row level security', t.tbl);
    execute format('comment on table %I is %L', t.tbl, 'platform:' || t.resource);
    execute format('revoke all on %I from public', t.tbl);
    execute format('grant select on %I to cascade_app', t.tbl);
    perform app.widen(t.tbl::regclass, t.resource);
  end loop;
end
$$;
