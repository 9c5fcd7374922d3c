-- app.scope() without its seal: it opens any scope and proves none.
create or replace function app.scope() returns jsonb
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sealed text := current_setting('app.scope', true);
begin
  if sealed is null or sealed = '' then
    return null;
  end if;
  return substr(sealed, strpos(sealed, '{'))::jsonb;
end
$$
