-- A scope without an expiry, or with one that is null, was open for ever: null
-- is not less than now. Nobody without the key could write one, and the program
-- never does; what is missing must refuse all the same.
create or replace function app.scope() returns jsonb
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
  if ((doc ->> 'e')::bigint >= extract(epoch from clock_timestamp())
      and (doc ->> 'p')::int = pg_backend_pid()) is not true then
    raise exception 'scope refused' using errcode = '42501';
  end if;
  return doc;
end
$$;
