-- A clinic names a partner by the slug that the partner told it. Organizations
-- of others are invisible to it, so the directory answers the one question.

-- The active partner with this slug, or null: for every other slug, whether
-- somebody else has it or nobody.
create function app.find_partner(in_slug text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select o.id from public.organizations o where o.slug = in_slug and o.kind = 'partner' and o.status = 'active'
$$;

grant create on schema app to cascade_directory;
alter function app.find_partner(text) owner to cascade_directory;
revoke create on schema app from cascade_directory;

revoke all on function app.find_partner(text) from public;
grant execute on function app.find_partner(text) to cascade_app;
