-- Only the program speaks to the audit.
--
-- The app role appends records, and so could SQL injected into one of its
-- statements: never change or remove one, but add false ones. It could also ask
-- how long another clinic's chain is, and, by asking before and after
-- app.record_attempt, whether an id is another clinic's row. So each call now
-- carries a proof, which needs the seal key: HMAC-SHA256 over what is asked.
--   <kid>.<hex mac of "audit.head <chain>">
--   <kid>.<hex mac of "audit.append <chain> <first seq> <hex of the last hash>">
--   <kid>.<hex mac of "audit.attempt <resource> <ids, with commas> <record>">
-- The last hash covers the records, their order and everything before them, so
-- one proof is enough for a batch, and is good for one place in one chain. No
-- proof is a scope nor the other way round: a scope is JSON and begins with "{".

create function app.proven(proof text, message text) returns void
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  key record;
begin
  select k.inner_pad, k.outer_pad into key from app.seal_keys k
   where k.kid = split_part(proof, '.', 1) and k.retired_at is null;
  if not found or encode(sha256(key.outer_pad || sha256(key.inner_pad || convert_to(message, 'UTF8'))), 'hex')
     is distinct from split_part(proof, '.', 2) then
    raise exception 'proof refused' using errcode = '42501';
  end if;
end
$$;
revoke all on function app.proven(text, text) from public;
grant execute on function app.proven(text, text) to cascade_keeper;

-- What the app role called before is the keeper's own now.
alter function app.audit_head(text) rename to chain_end;
alter function app.audit_append(text, bigint, bytea, text[], bytea[]) rename to chain_append;
revoke execute on function app.chain_end(text), app.chain_append(text, bigint, bytea, text[], bytea[]) from cascade_app;
drop function app.record_attempt(text, uuid[], jsonb);

create function app.audit_head(in_chain text, proof text, out seq bigint, out hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'audit.head ' || in_chain);
  select e.seq, e.hash into seq, hash from app.chain_end(in_chain) e;
end
$$;

create function app.audit_append(in_chain text, first_seq bigint, prev bytea, bodies text[], hashes bytea[], proof text)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform app.proven(proof, 'audit.append ' || in_chain || ' ' || first_seq || ' ' || encode(hashes[array_upper(hashes, 1)], 'hex'));
  perform app.chain_append(in_chain, first_seq, prev, bodies, hashes);
end
$$;

-- Records that rows asked for by id belong to another org, for that org and the
-- security team to see. Says nothing to its caller: not whether, not whose.
create function app.record_attempt(in_resource text, row_ids uuid[], record text, proof text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  tbl    regclass;
  found_ record;
  head   record;
  asked  jsonb;
  body_  text;
begin
  perform app.proven(proof, 'audit.attempt ' || in_resource || ' ' || array_to_string(row_ids, ',') || ' ' || record);
  asked := record::jsonb;
  for tbl in select c.oid::regclass from pg_class c
             join pg_attribute a on a.attrelid = c.oid and a.attname = 'id' -- whose rows an id can name
             where obj_description(c.oid, 'pg_class') = 'resource:' || in_resource and c.oid <> 'public.organizations'::regclass loop
    for found_ in execute format('select org_id, id from %s where id = any ($1)', tbl) using row_ids loop
      if asked -> 'asked_org_ids' ? found_.org_id::text then
        continue;
      end if;
      select * into head from app.chain_end('attempts');
      body_ := (asked || jsonb_build_object('id', gen_random_uuid(), 'org_id', found_.org_id))::text;
      perform app.chain_append('attempts', head.seq + 1, head.hash, array[body_],
        array[sha256(head.hash || convert_to(body_, 'UTF8'))]);
    end loop;
  end loop;
end
$$;

grant create on schema app to cascade_keeper;
alter function app.audit_head(text, text) owner to cascade_keeper;
alter function app.audit_append(text, bigint, bytea, text[], bytea[], text) owner to cascade_keeper;
alter function app.record_attempt(text, uuid[], text, text) owner to cascade_keeper;
revoke create on schema app from cascade_keeper;
revoke all on function app.audit_head(text, text), app.audit_append(text, bigint, bytea, text[], bytea[], text),
  app.record_attempt(text, uuid[], text, text) from public;
grant execute on function app.audit_head(text, text), app.audit_append(text, bigint, bytea, text[], bytea[], text),
  app.record_attempt(text, uuid[], text, text) to cascade_app;
