-- Roles, the sealed scope, and the one way to put a table behind its walls.
--
--   the owner (whoever runs this)  owns tables and runs migrations, nothing else
--   cascade_app        what the program connects as; owns nothing, bypasses nothing
--   cascade_directory  owns the definer functions asked before a scope exists
--   cascade_keeper     owns the definer functions that keep records and totals
--
-- Roles belong to the whole server, so another database may have made them.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['cascade_app login', 'cascade_directory nologin', 'cascade_keeper nologin'] loop
    begin
      execute format('create role %s nosuperuser nobypassrls nocreatedb nocreaterole', wanted);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  -- Only a member may give a function to a role, so the owner stays one.
  execute format('grant cascade_directory, cascade_keeper to %I', current_user);
end
$$;

create schema app;
revoke all on schema public from public;
revoke all on schema app from public;
grant usage on schema public, app to cascade_app, cascade_directory, cascade_keeper;

-- The keys that seal scopes, as the two padded blocks of HMAC-SHA256 (RFC 2104),
-- so that the database needs no extension. No role but the owner may read them.
create table app.seal_keys (
  kid        text primary key check (kid ~ '^[a-z0-9-]{1,32}$'),
  inner_pad  bytea not null check (octet_length(inner_pad) = 64),
  outer_pad  bytea not null check (octet_length(outer_pad) = 64),
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- app.scope() opens the seal of this statement's scope: <kid>.<hex mac>.<json>, where the json is
--   {"e": expiry in unix seconds, "p": backend pid, "s": subject id,
--    "r"|"c"|"u"|"d": {row type: "{org,org}"}, "a": [row types read in every org]}
-- No scope gives null, and so no rows. A seal that is forged, expired or another
-- backend's raises 42501.
create function app.scope() returns jsonb
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sealed text := current_setting('app.scope', true);
  kid_   text;
  mac    text;
  body   text;
  key    record;
  doc    jsonb;
begin
  if sealed is null or sealed = '' then
    return null;
  end if;
  kid_ := split_part(sealed, '.', 1);
  mac  := split_part(sealed, '.', 2);
  body := substr(sealed, length(kid_) + length(mac) + 3);
  select k.inner_pad, k.outer_pad into key from app.seal_keys k where k.kid = kid_ and k.retired_at is null;
  if not found
     or encode(sha256(key.outer_pad || sha256(key.inner_pad || convert_to(body, 'UTF8'))), 'hex') <> mac then
    raise exception 'scope refused' using errcode = '42501';
  end if;
  doc := body::jsonb;
  if (doc ->> 'e')::bigint < extract(epoch from clock_timestamp())
     or (doc ->> 'p')::int is distinct from pg_backend_pid() then
    raise exception 'scope refused' using errcode = '42501';
  end if;
  return doc;
end
$$;
revoke all on function app.scope() from public;
grant execute on function app.scope() to cascade_app, cascade_directory, cascade_keeper;

-- app.protect puts a table behind its walls: row-level security enabled and
-- forced, one policy per command, rights for the app role, and no right to move
-- a row to another org. "resource" is the row type of decisions, "org" the
-- column that names the owner, "commands" what the app role may do at all.
-- The subselect makes Postgres open the seal once per statement, not per row.
create function app.protect(tbl regclass, resource text, org name default 'org_id', commands text default 'rcud')
returns void language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  mine text := format('%I = any ((select (app.scope() -> %%L ->> %L)::uuid[])::uuid[])', org, resource);
  cols text;
begin
  execute format('alter table %s enable row level security', tbl);
  execute format('alter table %s force row level security', tbl);
  execute format('comment on table %s is %L', tbl, 'resource:' || resource);
  execute format('revoke all on %s from public', tbl);
  if commands like '%r%' then
    execute format('create policy org_select on %s for select to cascade_app using (%s)', tbl, format(mine, 'r'));
    execute format('grant select on %s to cascade_app', tbl);
  end if;
  if commands like '%c%' then
    execute format('create policy org_insert on %s for insert to cascade_app with check (%s)', tbl, format(mine, 'c'));
    execute format('grant insert on %s to cascade_app', tbl);
  end if;
  if commands like '%u%' then
    execute format('create policy org_update on %s for update to cascade_app using (%s) with check (%s)',
      tbl, format(mine, 'u'), format(mine, 'u'));
    select string_agg(quote_ident(attname), ', ') into cols from pg_attribute
     where attrelid = tbl and attnum > 0 and not attisdropped and attname not in ('id', org, 'org_id', 'created_at');
    execute format('grant update (%s) on %s to cascade_app', cols, tbl);
  end if;
  if commands like '%d%' then
    execute format('create policy org_delete on %s for delete to cascade_app using (%s)', tbl, format(mine, 'd'));
    execute format('grant delete on %s to cascade_app', tbl);
  end if;
end
$$;
revoke all on function app.protect(regclass, text, name, text) from public;

-- app.widen lets the platform kinds read a row type that holds no health data
-- in every org, when their scope says so.
create function app.widen(tbl regclass, resource text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('create policy platform_select on %s for select to cascade_app using ((select (app.scope() -> ''a'') ? %L))',
    tbl, resource);
end
$$;
revoke all on function app.widen(regclass, text) from public;
