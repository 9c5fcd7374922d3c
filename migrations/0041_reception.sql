-- What is said and done while a call is on.

-- What each tool call came to. The assistant may send one again, in another
-- message or in company: it is done once, and has one answer.
create table tool_calls (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  provider         text not null,
  provider_call_id text not null,
  tool_call_id     text not null,
  name             text not null,
  -- A stable word for how it ended; null while it is being done.
  code             text,
  answer           text,
  created_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, provider, provider_call_id, tool_call_id)
);
select app.protect('tool_calls', 'webhook_message', commands => 'rcu');
revoke update on tool_calls from cascade_app;
grant update (code, answer) on tool_calls to cascade_app;
grant select (org_id, id) on tool_calls to cascade_keeper; -- app.record_attempt asks whose a row is
create policy keeper_select on tool_calls for select to cascade_keeper using (true);
select app.unsampled('tool_calls');
select app.sealed('tool_calls');

-- Evidence that the provider erased its copy of a call, or could not.
alter table call_logs
  add column provider_erased_at timestamptz,
  add column provider_erasure_failed_at timestamptz;
grant update (provider_erased_at, provider_erasure_failed_at) on call_logs to cascade_app;

-- The text search configuration of a language tag (BCP 47); "simple", which
-- knows no grammar, where Postgres has none.
create function app.text_config(tag text) returns regconfig
language sql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
  select case split_part(lower(tag), '-', 1)
    when 'en' then 'pg_catalog.english'::regconfig
    when 'es' then 'pg_catalog.spanish'::regconfig
    when 'fr' then 'pg_catalog.french'::regconfig
    when 'de' then 'pg_catalog.german'::regconfig
    when 'it' then 'pg_catalog.italian'::regconfig
    when 'pt' then 'pg_catalog.portuguese'::regconfig
    when 'nl' then 'pg_catalog.dutch'::regconfig
    else 'pg_catalog.simple'::regconfig
  end
$$;
revoke all on function app.text_config(text) from public;
grant execute on function app.text_config(text) to cascade_app;

-- The words of an article, read once when it is written. There is no GIN index on
-- them, on purpose: it would begin with words and not with the clinic, "@@" is
-- not leakproof, so under row-level security Postgres may not use it, and it
-- scans one by bitmap alone, which we switch off. A clinic has some hundred
-- articles; the primary key finds those, and each one's words are compared.
-- A vector holds 1 MB, which the first 100,000 characters cannot fill.
alter table knowledge_base add column words tsvector not null generated always as (
  setweight(to_tsvector(app.text_config(language), title), 'A') ||
  setweight(to_tsvector(app.text_config(language), left(content, 100000)), 'B')
) stored;
select app.unsampled('knowledge_base');
