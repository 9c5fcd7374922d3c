-- lint: table-undeclared
-- fact: every table says whose its rows are
-- why: Nobody can tell what its policies should be.
-- serve: refuses
select t.name as at, format('comment on table %s is ''resource:<row type>''', t.name) as mend
  from tbl t where t.class not in ('resource', 'platform', 'self', 'nobody')
                or t.class in ('resource', 'platform') and t.resource !~ '^[a-z_]+$' or t.class = 'nobody' and length(t.resource) < 15;

-- lint: table-unknown
-- fact: every table's row type is one that policies know
-- why: No decision can name its rows, so nobody's would be asked for.
-- serve: refuses
select format('%s: %s', t.name, t.resource) as at, format('comment on table %s is ''resource:<row type>''', t.name) as mend
  from tbl t where t.class in ('resource', 'platform') and t.resource ~ '^[a-z_]+$' and t.resource <> all (@resources::text[]);

-- lint: rls-off
-- fact: row-level security is on for every table
-- why: Without it the app role reads every clinic's rows.
-- serve: refuses
select t.name as at,
       case when t.class = 'nobody' then format('revoke insert, update, delete on %s from cascade_app', t.name)
            else format('alter table %s enable row level security, force row level security', t.name) end as mend
  from tbl t
 where not t.relrowsecurity
   -- What is nobody's may be read and no more.
   and (t.class <> 'nobody' or exists (select from app a where not a.rolsuper
          and (has_table_privilege(a.oid, t.oid, 'insert, update, delete') or has_any_column_privilege(a.oid, t.oid, 'insert, update'))));

-- lint: rls-not-forced
-- fact: row-level security binds the owner too
-- why: Definer functions and jobs of the owner would read every clinic's rows.
-- serve: refuses
select t.name as at, format('alter table %s force row level security', t.name) as mend
  from tbl t where t.relrowsecurity and not t.relforcerowsecurity;

-- lint: org-missing
-- fact: every row of an org names its org
-- why: No policy and no key can hold what does not say whose it is.
-- serve: refuses
select c.name as at, format('alter table %s add column org_id uuid not null references public.organizations (id)', c.name) as mend,
       (select why from reason r join pg_constraint k on k.contype = 'p' and k.oid = r.objoid
         where r.classoid = 'pg_constraint'::regclass and k.conrelid = c.oid and r.lint = 'org-missing') as reason
  from clinic c where c.org <> 'org_id';

-- lint: org-null
-- fact: no row of an org is nobody's
-- why: A row of no clinic is a row of every clinic to some policy.
-- serve: refuses
select c.name as at, format('alter table %s alter column org_id set not null', c.name) as mend,
       (select why from reason r where r.classoid = 'pg_class'::regclass and r.objoid = c.oid and r.objsubid = a.attnum and r.lint = 'org-null') as reason
  from clinic c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where not a.attnotnull;

-- lint: key-primary
-- fact: every org's table has the primary key (org_id, id)
-- why: References can then not carry the clinic.
-- serve: warns
select c.name as at,
       coalesce((select format('alter table %s drop constraint %I; ', c.name, k.conname) from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'), '')
         || format('alter table %s add primary key (org_id, id)', c.name) as mend,
       (select why from reason r join pg_constraint k on k.oid = r.objoid and k.contype = 'p'
         where r.classoid = 'pg_constraint'::regclass and k.conrelid = c.oid and r.lint = 'key-primary') as reason
  from clinic c
 where c.org = 'org_id' and not exists (
   select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'
      and (select array_agg(a.attname::text order by x.n) from unnest(k.conkey) with ordinality x(num, n)
             join pg_attribute a on a.attrelid = c.oid and a.attnum = x.num) = array['org_id', 'id']);

-- lint: key-none
-- fact: every table has a primary key
-- why: Rows that cannot be told apart cannot be shown, masked or erased one by one.
-- serve: warns
select t.name as at, format('alter table %s add primary key (id)', t.name) as mend
  from tbl t where t.class in ('platform', 'self', 'nobody')
   and not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p');

-- lint: key-unique
-- fact: every unique key starts with the org
-- why: A duplicate then tells that another clinic has the value.
-- serve: refuses
select i.indexrelid::regclass::text as at,
       case when k.oid is null then format('drop index %s', i.indexrelid::regclass)
            else format('alter table %s drop constraint %I', c.name, k.conname) end
         || case when i.indisprimary then format('; alter table %s add primary key (org_id, id)', c.name)
                 else format('; create unique index on %s (org_id, %s)', c.name,
                        (select string_agg(pg_get_indexdef(i.indexrelid, n, false), ', ' order by n) from generate_series(1, i.indnkeyatts) n)) end as mend,
       (select why from reason r where r.lint = 'key-unique'
           and (r.classoid, r.objoid) in (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, k.oid))) as reason
  from clinic c join pg_index i on i.indrelid = c.oid and i.indisunique
  left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x') and k.conrelid = c.oid
 where not (i.indisprimary and c.org = 'id')
   and coalesce((select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]), '') <> c.org;

-- lint: key-crosses
-- fact: no reference leaves its clinic
-- why: A row could point at another clinic's row, and tell whether it is there.
-- serve: refuses
select format('%s on %s', k.conname, c.name) as at,
       format('alter table %1$s drop constraint %2$I; alter table %1$s add foreign key (org_id, %3$I) references %4$s (org_id, id)', c.name, k.conname,
         (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = k.conkey[cardinality(k.conkey)]), k.confrelid::regclass) as mend,
       (select why from reason r where r.classoid = 'pg_constraint'::regclass and r.objoid = k.oid and r.lint = 'key-crosses') as reason
  from pg_constraint k join clinic c on c.oid = k.conrelid join clinic d on d.oid = k.confrelid and d.org = 'org_id'
 where k.contype = 'f' and not exists (
   select from unnest(k.conkey, k.confkey) x(mine, theirs)
     join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.mine and a.attname = 'org_id'
     join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.theirs and b.attname = 'org_id');

-- lint: key-oracle
-- fact: no reference tells what row-level security hides
-- why: Foreign keys see every row: who may write the column learns whether an id is somebody's.
-- serve: warns
select format('%s on %s', k.conname, c.name) as at, format('alter table %s drop constraint %I', c.name, k.conname) as mend,
       (select why from reason r where r.classoid = 'pg_constraint'::regclass and r.objoid = k.oid and r.lint = 'key-oracle') as reason
  from pg_constraint k join tbl c on c.oid = k.conrelid
  join tbl d on d.oid = k.confrelid and (d.class in ('platform', 'self') or d.org = 'id')
 where k.contype = 'f' and c.class <> 'platform'
   and not (cardinality(k.conkey) = 1 and exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum = k.conkey[1] and a.attname = 'org_id'))
   and exists (select from app a join pg_attribute w on w.attrelid = c.oid and w.attnum = any (k.conkey)
                where has_column_privilege(a.oid, c.oid, w.attnum, 'insert') or has_column_privilege(a.oid, c.oid, w.attnum, 'update'));

-- lint: key-moves-org
-- fact: no reference changes whose a row is
-- why: The key's own UPDATE or SET NULL runs past every policy.
-- serve: refuses
select format('%s on %s', k.conname, c.name) as at,
       format('alter table %1$s drop constraint %2$I; alter table %1$s add %3$s', c.name, k.conname,
         regexp_replace(pg_get_constraintdef(k.oid), ' ON (UPDATE|DELETE) (CASCADE|SET NULL|SET DEFAULT)( \([^)]*\))?', '', 'g')) as mend
  from pg_constraint k join clinic c on c.oid = k.conrelid
  join pg_attribute o on o.attrelid = c.oid and o.attname = 'org_id' and o.attnum = any (k.conkey)
 where k.contype = 'f' and (k.confupdtype in ('c', 'n', 'd')
    or k.confdeltype in ('n', 'd') and (k.confdelsetcols is null or o.attnum = any (k.confdelsetcols)));

-- lint: key-not-valid
-- fact: every constraint was held against every row
-- why: A row from before the constraint may cross clinics.
-- serve: refuses
select format('%s on %s', k.conname, t.name) as at, format('alter table %s validate constraint %I', t.name, k.conname) as mend
  from pg_constraint k join tbl t on t.oid = k.conrelid
 where not k.convalidated or to_jsonb(k) ->> 'conenforced' = 'false';

-- lint: index-order
-- fact: every index starts with the org
-- why: A clinic's list would slow down as other clinics grow, and its time would tell how much they hold.
-- serve: warns
select i.indexrelid::regclass::text as at,
       format('drop index %s; create index on %s (org_id, %s)', i.indexrelid::regclass, c.name,
         (select string_agg(pg_get_indexdef(i.indexrelid, n, false), ', ' order by n) from generate_series(1, i.indnkeyatts) n)) as mend,
       (select why from reason r where r.classoid = 'pg_class'::regclass and r.objoid = i.indexrelid and r.lint = 'index-order') as reason
  from clinic c join pg_index i on i.indrelid = c.oid and not i.indisunique
 where c.org = 'org_id' and coalesce((select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]), '') <> 'org_id';

-- lint: index-missing
-- fact: every reference has an index
-- why: Deleting or joining scans the table of every clinic.
-- serve: warns
select format('%s on %s', k.conname, c.name) as at,
       format('create index on %s (%s)', c.name, (select string_agg(quote_ident(a.attname), ', ' order by x.n)
         from unnest(k.conkey) with ordinality x(num, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = x.num)) as mend,
       (select why from reason r where r.classoid = 'pg_constraint'::regclass and r.objoid = k.oid and r.lint = 'index-missing') as reason
  from pg_constraint k join clinic c on c.oid = k.conrelid
 where k.contype = 'f' and not exists (
   select from pg_index i where i.indrelid = k.conrelid and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey);

-- lint: index-invalid
-- fact: every index is whole
-- why: A unique index that was never finished holds nothing unique.
-- serve: warns
select i.indexrelid::regclass::text as at, format('reindex index %s', i.indexrelid::regclass) as mend
  from tbl t join pg_index i on i.indrelid = t.oid where not (i.indisvalid and i.indisready);

-- lint: table-child
-- fact: every partition has the walls of its table
-- why: Asked by its own name, a partition is held to its own policies, not its parent's.
-- serve: refuses
select format('%s of %s', h.inhrelid::regclass, t.name) as at,
       format('alter table %1$s enable row level security, force row level security; revoke all on %1$s from cascade_app', h.inhrelid::regclass) as mend
  from pg_inherits h join tbl t on t.oid = h.inhparent join pg_class c on c.oid = h.inhrelid
 where not (c.relrowsecurity and c.relforcerowsecurity)
    or exists (select from app a where has_table_privilege(a.oid, c.oid, 'select, insert, update, delete') and not a.rolsuper);

-- lint: table-unlogged
-- fact: every table outlives a crash
-- why: An unlogged one is empty after it: what was acknowledged is gone.
-- serve: warns
select t.name as at, format('alter table %s set logged', t.name) as mend,
       (select why from reason r where r.classoid = 'pg_class'::regclass and r.objoid = t.oid and r.objsubid = 0 and r.lint = 'table-unlogged') as reason
  from tbl t where t.relpersistence = 'u';

-- lint: counter-shared
-- fact: no id counts the rows of every clinic
-- why: The numbers between two of a clinic's own rows tell how much the others write.
-- serve: warns
select format('%s (%s)', t.name, a.attname) as at,
       case when a.attidentity <> '' then format('alter table %s alter column %I drop identity', t.name, a.attname)
            else format('alter table %s alter column %I drop default', t.name, a.attname) end as mend
  from clinic t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
 where a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) ~ '\mnextval\(';

-- lint: secret-in-text
-- fact: no column keeps a secret as text
-- why: Backups, replicas and whoever reads the table get a credential that works. Seal it, or keep its hash, as bytea.
-- serve: warns
select format('%s (%s)', t.name, a.attname) as at, format('alter table %s drop column %I', t.name, a.attname) as mend,
       (select why from reason r where r.classoid = 'pg_class'::regclass and r.objoid = t.oid and r.objsubid = a.attnum and r.lint = 'secret-in-text') as reason
  from tbl t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
 where a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'json'::regtype, 'jsonb'::regtype)
   and a.attname ~ '(^|_)(password|passwd|secret|token|api_?key|private_key|access_key|credentials?|ssn|card_number|cvv)$';

-- lint: large-object
-- fact: there are no large objects
-- why: No policy holds them: every clinic could read what one of them kept.
-- serve: warns
select 'large object ' || m.oid as at, format('select lo_unlink(%s)', m.oid) as mend from pg_largeobject_metadata m;
