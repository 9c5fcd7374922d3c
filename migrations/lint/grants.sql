-- lint: grant-public
-- fact: nothing is granted to everybody
-- why: PUBLIC is every role of the server, known and yet to come.
-- serve: refuses
select o.name || ' ' || lower(string_agg(x.privilege_type, ', ' order by x.privilege_type)) as at, format('revoke all on %s from public', o.name) as mend
  from ours o, aclexplode(o.relacl) x where x.grantee = 0 group by o.name
union all
select format('%s (%s)', o.name, a.attname), format('revoke all (%I) on %s from public', a.attname, o.name)
  from ours o join pg_attribute a on a.attrelid = o.oid, aclexplode(a.attacl) x where x.grantee = 0 group by o.name, a.attname
union all
select 'schema ' || n.nspname, format('revoke all on schema %I from public', n.nspname)
  from pg_namespace n, aclexplode(n.nspacl) x where n.nspname in ('public', 'app', 'river', 'decision_log') and x.grantee = 0 group by n.nspname;

-- lint: grant-stranger
-- fact: no other role was granted a table
-- why: Policies speak of the app role; what another role sees, nobody thought of, and BYPASSRLS sees all.
-- serve: warns
select format('%s: %s %s', r.rolname, o.name, lower(string_agg(distinct x.privilege_type, ', '))) as at,
       format('revoke all on %s from %I', o.name, r.rolname) as mend,
       (select why from reason y where y.classoid = 'pg_authid'::regclass and y.objoid = r.oid and y.lint = 'grant-stranger') as reason
  from ours o, lateral (select * from aclexplode(o.relacl)
                        union all select e.* from pg_attribute a, aclexplode(a.attacl) e where a.attrelid = o.oid) x
  join pg_roles r on r.oid = x.grantee
 where not r.rolsuper and r.oid not in (o.relowner, (select oid from owner))
   and r.oid not in (select oid from app union select oid from definer)
 group by r.rolname, r.oid, o.name;

-- lint: grant-keys
-- fact: the app role cannot change whose a row is, nor its id
-- why: A row must never change its clinic.
-- serve: refuses
select format('%s (%s)', t.name, k.attname) as at,
       case when has_table_privilege(a.oid, t.oid, 'update')
            then format('revoke update on %1$s from %2$I; grant update (%3$s) on %1$s to %2$I', t.name, a.rolname,
                   (select string_agg(quote_ident(b.attname), ', ') from pg_attribute b where b.attrelid = t.oid and b.attnum > 0
                     and not b.attisdropped and b.attname not in ('org_id', 'id', 'created_at')))
            else format('revoke update (%I) on %s from %I', k.attname, t.name, a.rolname) end as mend
  from tbl t join pg_attribute k on k.attrelid = t.oid and k.attnum > 0 and k.attname in ('org_id', 'id'), app a
 where has_column_privilege(a.oid, t.oid, k.attnum, 'update') and not a.rolsuper;

-- lint: grant-audit
-- fact: the audit can only grow, through its one function
-- why: A record that can be changed or taken away proves nothing.
-- serve: refuses
select format('%s: %s %s', r.rolname, t.name, p) as at, format('revoke %s on %s from %I', p, t.name, r.rolname) as mend
  from tbl t, (select oid, rolname, true as is_app from app where not rolsuper union select oid, rolname, false from definer) r,
       unnest(array['insert', 'update', 'delete', 'truncate']) p
 where t.resource = 'audit_decision' and (p <> 'insert' or r.is_app)
   and (has_table_privilege(r.oid, t.oid, p) or p in ('insert', 'update') and has_any_column_privilege(r.oid, t.oid, p));

-- lint: grant-secrets
-- fact: the app role cannot read or write seal keys
-- why: Injected SQL could then seal its own scope.
-- serve: refuses
select format('%s: %s', r.rolname, o.name) as at, format('revoke all on %s from %I', o.name, r.rolname) as mend
  from ours o, (select oid, rolname from app where not rolsuper union select oid, rolname from definer) r
 where o.nspname = 'app' and (has_table_privilege(r.oid, o.oid, 'select, insert, update, delete, truncate, references, trigger')
                              or has_any_column_privilege(r.oid, o.oid, 'select, insert, update, references'));

-- lint: grant-past-policies
-- fact: the app role has no right that policies do not hold
-- why: TRUNCATE empties a table of every clinic; REFERENCES and TRIGGER look at rows that policies hide.
-- serve: refuses
select format('%s: %s %s', a.rolname, o.name, p) as at, format('revoke %s on %s from %I', p, o.name, a.rolname) as mend
  from ours o, app a, unnest(array['truncate', 'references', 'trigger']) p
 where o.relkind in ('r', 'p', 'v', 'f') and not a.rolsuper
   and (has_table_privilege(a.oid, o.oid, p) or p = 'references' and has_any_column_privilege(a.oid, o.oid, p));

-- lint: grant-create
-- fact: the app role makes no objects and no schemas
-- why: A table or function of its own making, found first, takes the place of ours.
-- serve: refuses
select 'schema ' || n.nspname as at, format('revoke create on schema %I from public, %I', n.nspname, a.rolname) as mend
  from pg_namespace n, app a
 where n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege(a.oid, n.oid, 'create') and not a.rolsuper
union all
select 'database ' || d.datname, format('revoke create on database %I from public, %I', d.datname, a.rolname)
  from pg_database d, app a where d.datname = current_database() and has_database_privilege(a.oid, d.oid, 'create') and not a.rolsuper;

-- lint: grant-parameter
-- fact: the app role changes no protected setting
-- why: SET session_replication_role switches foreign keys off; others read the log or load a library.
-- serve: refuses
select format('%s %s', p.parname, lower(x.privilege_type)) as at,
       format('revoke set, alter system on parameter %s from %s', p.parname, coalesce(quote_ident(r.rolname), 'public')) as mend
  from pg_parameter_acl p, aclexplode(p.paracl) x left join pg_roles r on r.oid = x.grantee
 where x.grantee = 0 or x.grantee in (select oid from app union select oid from definer);

-- lint: grant-temp
-- fact: the app role makes no temporary tables
-- why: One that injected SQL makes is found before ours by every later request on that connection, whosever it is.
-- serve: refuses
select d.datname as at, format('revoke temporary on database %I from public, %I', d.datname, a.rolname) as mend
  from pg_database d, app a
 where d.datname = current_database() and has_database_privilege(a.oid, d.oid, 'temporary') and not a.rolsuper;

-- lint: grant-sequence
-- fact: the app role counts nothing with the other clinics
-- why: A sequence that clinics share tells each how much the others write.
-- serve: warns
select o.name as at, format('revoke all on sequence %s from %I', o.name, a.rolname) as mend
  from ours o, app a where o.relkind = 'S' and has_table_privilege(a.oid, o.oid, 'select, update') and not a.rolsuper
union all
select o.name, format('revoke all on sequence %s from %I', o.name, a.rolname)
  from app a, (select * from ours where relkind = 'S' offset 0) o
 where has_sequence_privilege(a.oid, o.oid, 'usage') and not has_table_privilege(a.oid, o.oid, 'select, update') and not a.rolsuper;

-- lint: grant-default
-- fact: what is made later is open to nobody
-- why: A new table would be granted before anybody thought of its policies.
-- serve: refuses
select format('%s: %s of %s', coalesce(r.rolname, 'public'), k.kind, pg_get_userbyid(d.defaclrole)) as at,
       format('alter default privileges for role %I %srevoke all on %s from %s', pg_get_userbyid(d.defaclrole),
         case when n.nspname is not null then format('in schema %I ', n.nspname) else '' end, k.kind, coalesce(quote_ident(r.rolname), 'public')) as mend
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
  join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas')) k(code, kind) on k.code = d.defaclobjtype::text,
       aclexplode(d.defaclacl) x left join pg_roles r on r.oid = x.grantee
 where (d.defaclnamespace = 0 or n.nspname in ('public', 'app', 'river', 'decision_log'))
   and x.grantee not in (d.defaclrole, (select oid from owner)) and not coalesce(r.rolsuper, false)
   and not (d.defaclobjtype = 'T' and x.grantee = 0)
 group by r.rolname, k.kind, d.defaclrole, n.nspname;

-- lint: grant-default-functions
-- fact: a function that is made later is nobody's to call
-- why: Postgres lets everybody call a new function, a definer's too, unless told otherwise.
-- serve: warns
select o.rolname as at, format('alter default privileges for role %I revoke execute on functions from public', o.rolname) as mend
  from owner o
 where not exists (select from pg_default_acl d where d.defaclrole = o.oid and d.defaclobjtype = 'f' and d.defaclnamespace = 0
                   and not exists (select from aclexplode(d.defaclacl) x where x.grantee = 0));

-- lint: statistics-old-views
-- fact: statistics of rows are shown to the tables' owner alone
-- why: pg_stats_ext of a cluster made before 15.7, 16.3 or 17 shows the commonest values of every clinic (CVE-2024-4317); the upgrade alone does not mend it.
-- serve: refuses
select v.name as at, format('revoke select on %s from public', v.name) as mend
  from (values ('pg_catalog.pg_stats_ext'), ('pg_catalog.pg_stats_ext_exprs')) v(name)
 where pg_get_viewdef(v.name::regclass) !~ 'pg_has_role\(c\.relowner'
   and exists (select from app a where has_table_privilege(a.oid, v.name, 'select') and not a.rolsuper);

-- lint: statistics-of-statements
-- fact: the app role does not read which statements ran
-- why: pg_stat_statements shows what every clinic asks, and how often.
-- serve: warns
select c.oid::regclass::text as at, format('revoke select on %s from public, %I', c.oid::regclass, a.rolname) as mend
  from pg_class c, app a
 where c.relname ~ '^pg_stat_(statements|monitor|kcache)' and c.relkind in ('v', 'r') and has_table_privilege(a.oid, c.oid, 'select') and not a.rolsuper;
