-- lint: role-superuser
-- fact: the app role is no superuser
-- why: Every wall in the database is void for one.
-- serve: refuses
select r.rolname as at, format('alter role %I nosuperuser', r.rolname) as mend
  from pg_roles r where r.oid in (select oid from app) and r.rolsuper;

-- lint: role-bypassrls
-- fact: the app role and the definers' roles are bound by row-level security
-- why: BYPASSRLS reads every clinic's rows.
-- serve: refuses
select r.rolname as at, format('alter role %I nobypassrls', r.rolname) as mend
  from pg_roles r where r.oid in (select oid from app union select oid from definer) and r.rolbypassrls;

-- lint: role-powers
-- fact: the app role makes no roles or databases and replicates nothing
-- why: Who makes roles gives itself another's rights; who replicates streams every row.
-- serve: refuses
select r.rolname || ' ' || p.power as at, format('alter role %I no%s', r.rolname, p.power) as mend
  from pg_roles r,
       lateral (values ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb), ('replication', r.rolreplication)) p(power, has)
 where r.oid in (select oid from app union select oid from definer) and p.has and not r.rolsuper;

-- lint: role-member
-- fact: the app role can become no other
-- why: SET ROLE, or inheritance, gives it the other's rights: pg_read_all_data reads past every grant.
-- serve: refuses
select format('%s of %s', g.rolname, a.rolname) as at, format('revoke %I from %I', g.rolname, a.rolname) as mend
  from pg_auth_members m join app a on a.oid = m.member join pg_roles g on g.oid = m.roleid
 where g.rolname <> 'cascade_app';

-- lint: definer-login
-- fact: nobody logs in as a definers' role
-- why: The directory and the keeper see every clinic, and are meant to be reached through their functions alone.
-- serve: refuses
select r.rolname as at, format('alter role %I nologin', r.rolname) as mend
  from pg_roles r where r.oid in (select oid from definer) and r.rolcanlogin;

-- lint: definer-member
-- fact: the owner alone can act as a definers' role
-- why: Whoever else can sees every clinic's rows without a function in between.
-- serve: warns
select format('%s of %s', d.rolname, r.rolname) as at, format('revoke %I from %I', d.rolname, r.rolname) as mend,
       (select why from reason x where x.classoid = 'pg_authid'::regclass and x.objoid = r.oid and x.lint = 'definer-member') as reason
  from pg_auth_members m join definer d on d.oid = m.roleid join pg_roles r on r.oid = m.member
 where not r.rolsuper and r.oid not in (select oid from owner);

-- lint: owner-unbound
-- fact: the owner of the schema is bound by row-level security
-- why: Definer functions that it owns, app.scope() among them, run with powers they do not need.
-- serve: warns
select r.rolname as at, format('alter role %I nosuperuser nobypassrls', r.rolname) as mend
  from pg_roles r where r.oid in (select oid from owner) and (r.rolsuper or r.rolbypassrls);

-- lint: app-owns
-- fact: the app role owns nothing
-- why: An owner may switch row-level security off.
-- serve: refuses
select pg_describe_object(d.classid, d.objid, d.objsubid) as at,
       format('reassign owned by %I to %I', a.rolname, (select o.rolname from owner o)) as mend
  from pg_shdepend d join app a on d.refclassid = 'pg_authid'::regclass and a.oid = d.refobjid
  join pg_database here on here.datname = current_database()
 where d.deptype = 'o' and (d.dbid = here.oid or d.classid = 'pg_database'::regclass and d.objid = here.oid);
