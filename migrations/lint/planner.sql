-- lint: policy-ungated
-- fact: other clinics' rows are dropped before anything of them is compared
-- why: What Postgres calls leakproof is compared first otherwise: a plan, its time and the refusal of a forged seal then tell whether a foreign row matches.
-- serve: refuses
select t.name as at, (select coalesce(string_agg(format('drop policy %I on %s; ', p.polname, t.name), ''), '') from pg_policy p where p.polrelid = t.oid and not p.polpermissive)
         || format('select app.sealed(%L)', t.name) as mend
  from tbl t
 where t.relrowsecurity and t.class <> 'nobody' and exists (
   select from pg_policy o where o.polrelid = t.oid and o.polpermissive and o.polcmd in ('r', 'w', 'd') and o.polroles && array(select oid from app)
     and not exists (select from pg_policy p where p.polrelid = t.oid and not p.polpermissive and p.polcmd in (o.polcmd, '*')
         and p.polroles @> array(select oid from pg_roles where rolname = 'cascade_app')
         and pg_get_expr(p.polqual, p.polrelid) ~ case
           when t.class = 'resource' then '^\(+(org_id|id) = ANY \(ARRAY\[COALESCE\(\( SELECT app\.sole\(''' || t.resource || '''::text\)'
           when t.class = 'self' then '^\(id = ANY \(ARRAY\[\( SELECT \(+app\.scope\(\) '
           else '^\( SELECT \(app\.scope\(\) IS NOT NULL\)' end));

-- lint: planner-samples
-- fact: the planner's statistics hold no value that could be a clinic's
-- why: They are made of every clinic's rows, and the estimates of EXPLAIN tell them to whoever asks often enough.
-- serve: refuses
select format('%s (%s)', coalesce(k.relname, t.name), a.attname) as at, format('select app.unsampled(%L)', t.name) as mend
  from tbl t
  left join lateral (select null::oid as oid, null::name as relname, null::int2vector as indkey
                     union all select c.oid, c.relname, i.indkey from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = t.oid) k on true
  join pg_attribute a on a.attrelid = coalesce(k.oid, t.oid) and a.attnum > 0 and not a.attisdropped
 where t.relrowsecurity and t.class <> 'nobody' and (k.oid is null or k.indkey[a.attnum - 1] = 0) and a.attstattarget is distinct from 0
   and a.atttypid not in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'date'::regtype, 'timestamptz'::regtype)
   -- The words of a fixed list are nobody's.
   and not exists (select from pg_constraint s where s.conrelid = a.attrelid and s.contype = 'c' and s.conkey = array[a.attnum]
         and pg_get_constraintdef(s.oid) like format('CHECK (((%s = ANY (ARRAY[', quote_ident(a.attname)) || '%');

-- lint: planner-walks
-- fact: no index finds rows before their clinic is known
-- why: EXPLAIN ANALYZE counts what a scan met and threw away, and so reads the index value by value. What is not leakproof is compared after the policy.
-- serve: refuses
select i.indexrelid::regclass::text as at,
       case when k.oid is null then format('drop index %s', i.indexrelid::regclass)
            else format('alter table %s drop constraint %I', c.name, k.conname) end as mend,
       (select why from reason r where r.lint = 'planner-walks'
           and (r.classoid, r.objoid) in (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, k.oid))) as reason
  from clinic c join pg_index i on i.indrelid = c.oid
  join pg_attribute x on x.attrelid = i.indexrelid and x.attnum = 1
  left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')
  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
 where a.attname is distinct from 'org_id' and not i.indisprimary -- that one is key-primary's
   and (a.attname is not null or pg_get_indexdef(i.indexrelid, 1, false) !~ '^(\(.* \|\| |uuid_send\()');
