-- lint: postgres-old
-- fact: Postgres is 15 or newer
-- why: The walls use what older ones lack.
-- serve: refuses
select current_setting('server_version') as at, 'upgrade Postgres to the newest minor of 15 or newer' as mend
 where current_setting('server_version_num')::int < @oldest::int;

-- lint: postgres-floor
-- fact: row-level security of this Postgres leaks no statistics
-- why: Below the minors that fixed CVE-2025-8713 and CVE-2024-10976 the planner shows rows, or reuses plans, past policies.
-- serve: refuses
select format('%s, fixed in %s.%s', current_setting('server_version'), f / 10000, f % 10000) as at,
       format('upgrade Postgres to %s.%s or newer', f / 10000, f % 10000) as mend
  from unnest(@floor::int[]) f where f / 10000 = current_setting('server_version_num')::int / 10000 and current_setting('server_version_num')::int < f;

-- lint: postgres-behind
-- fact: Postgres has the newest fixes that this program knows
-- why: Its own fixes since then close memory faults that a statement can reach.
-- serve: notes
select format('%s, newest known %s.%s', current_setting('server_version'), f / 10000, f % 10000) as at,
       format('upgrade Postgres to %s.%s or newer', f / 10000, f % 10000) as mend
  from unnest(@newest::int[]) f where f / 10000 = current_setting('server_version_num')::int / 10000 and current_setting('server_version_num')::int < f;

-- lint: migration-pending
-- fact: every migration is applied
-- why: This program expects tables and walls that are not there.
-- serve: refuses
select s.name as at, 'cascade migrate up' as mend
  from unnest(@steps::text[]) s(name) where s.name not in (select m.name from public.schema_migrations m);

-- lint: migration-edited
-- fact: every migration was applied as it now reads
-- why: The database is not what the files say it is, and nobody knows what it is.
-- serve: refuses
select m.name as at, 'restore the file as it was released; put the change into a new one' as mend
  from unnest(@steps::text[], @sums::text[]) s(name, sum) join public.schema_migrations m using (name) where m.sum <> s.sum;

-- lint: migration-unknown
-- fact: the database is of this program's time
-- why: A newer program migrated it: what it added, this one neither knows nor checks.
-- serve: notes
select m.name as at, 'run the newer program' as mend
  from public.schema_migrations m where m.name <> all (@steps::text[]);

-- lint: seal-key-known
-- fact: the database accepts no development server's key
-- why: Whoever ran that server can write any clinic's scope.
-- serve: refuses
select k as at, format('update app.seal_keys set retired_at = now() where kid = %L', k) as mend
  from app.seal_key_ids() k where k like @known_prefix::text || '%';
