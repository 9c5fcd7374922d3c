-- What every lint may read. Postgres evaluates only what a lint refers to.
with
-- The roles that the program acts as: the one that asks, and the one that the
-- migrations gave the rights to.
app as (
  select r.oid, r.rolname, r.rolsuper from pg_roles r where r.rolname in (current_user, 'cascade_app')
),
-- The roles that definer functions act as. Nobody logs in as one.
definer as (
  select r.oid, r.rolname from pg_roles r where r.rolname in ('cascade_directory', 'cascade_keeper')
),
-- Who runs the migrations.
owner as (
  select n.nspowner as oid, pg_get_userbyid(n.nspowner) as rolname from pg_namespace n where n.nspname = 'app'
),
-- Relations of ours, and everybody's that the app role can reach. What belongs
-- to an extension is held to that extension's lint.
ours as materialized (
  select c.oid, c.oid::regclass::text as name, n.nspname, c.relkind, c.relowner, c.relacl, c.reloptions, c.relpersistence,
         c.relrowsecurity, c.relforcerowsecurity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     and (n.nspname in ('public', 'app', 'river', 'decision_log')
          or exists (select from app a where has_table_privilege(a.oid, c.oid, 'select, insert, update, delete')
                     or has_any_column_privilege(a.oid, c.oid, 'select, insert, update')))
),
-- Tables, and whose their rows are, as the comment of each says:
--   resource:<row type>  an org's, and the column that names the org
--   platform:<row type>  the platform's
--   self                 a person's own
--   nobody: <reason>     nobody's: to be read and no more, or the workers' of the program
-- A table that does not say is held to what an org's table is held to.
tbl as materialized (
  select o.*, split_part(coalesce(d.description, ''), ':', 1) as class, split_part(d.description, ':', 2) as resource,
         case when exists (select from pg_attribute a where a.attrelid = o.oid and a.attname = 'org_id' and not a.attisdropped)
              then 'org_id' else 'id' end as org
    from ours o
    left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = o.oid and d.objsubid = 0
   where o.relkind in ('r', 'p') and o.nspname <> 'app'
),
clinic as (
  select * from tbl where class not in ('platform', 'self', 'nobody')
),
-- The permissive policies that bind the app role, and the one expression that a
-- policy of that table and command may have. Parentheses, casts and the
-- subselect are no part of the comparison: the tokens that are left read one way.
policy as materialized (
  select t.oid, t.name, t.class, t.resource, t.org, p.oid as policy, p.polname, p.polcmd, p.polwithcheck is null as unchecked,
         e.plain, md5(e.plain) as sum, e.text,
         p.polcmd = 'r' and e.plain = format('app.scope->''a''?''%s''', t.resource) as widened,
         case when t.class = 'self' then 'id=app.scope->>''s'''
              when t.class = 'nobody' then 'app.working'
              when p.polcmd = '*' then ''
              else format('%s=ANYapp.scope->''%s''->>''%s''', t.org, translate(p.polcmd::text, 'rawd', 'rcud'), t.resource) end as wanted
    from tbl t join pg_policy p on p.polrelid = t.oid and p.polpermissive,
         lateral (select coalesce(pg_get_expr(p.polqual, p.polrelid), '') as uses, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as checks offset 0) x,
         lateral (select x.uses || case when x.uses <> '' and x.checks <> '' and x.checks <> x.uses then ' / ' else '' end
                      || case when x.checks <> x.uses then x.checks else '' end as text offset 0) y,
         lateral (select y.text, translate(replace(replace(replace(replace(regexp_replace(y.text, ' AS [^ )]+', '', 'g'), ' SELECT ', ''),
           '::text', ''), '::uuid[]', ''), '::uuid', ''), E'() \n\t', '') as plain offset 0) e
   where p.polroles && array(select oid from app) or 0 = any (p.polroles)
),
-- Functions of ours, and everybody's that the app role may call.
fn as materialized (
  select p.oid, p.oid::regprocedure::text as name, n.nspname, p.prosecdef, p.proconfig, p.proowner, p.proargnames, p.proargmodes,
         p.proleakproof, p.prolang
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     and (n.nspname in ('public', 'app', 'river', 'decision_log') or exists (select from app a where has_function_privilege(a.oid, p.oid, 'execute')))
),
-- What a new session of the app role finds set.
setting as materialized (
  select s.name, case when s.source = 'client' then s.setting else coalesce(k.value, s.reset_val) end as value
    from (select name, setting, reset_val, source from pg_settings
          union all
          select distinct split_part(c, '=', 1), null, null, null from pg_db_role_setting, unnest(setconfig) c
           where split_part(c, '=', 1) not in (select name from pg_settings)) s
    left join lateral (
      select substr(c, length(s.name) + 2) as value from pg_db_role_setting d, unnest(d.setconfig) c
       where split_part(c, '=', 1) = s.name
         and d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
         and d.setrole in (0, current_user::regrole)
       order by d.setrole = 0, d.setdatabase = 0 limit 1) k on true
),
-- Reasons that the schema itself gives, in the comment of what is out of line:
--   allow <lint>[ <sum of what was looked at>]: <reason>
reason as (
  select d.classoid, d.objoid, d.objsubid, m[1] as lint, coalesce(m[2], '') as sum, m[3] as why
    from (select classoid, objoid, objsubid, description from pg_description where objoid >= 16384
          union all select classoid, objoid, 0, description from pg_shdescription) d,
         regexp_matches(d.description, '(?n)^allow ([a-z-]+)(?: ([0-9a-f]{8}))?: (.{15,})$', 'g') m
)
