-- lint: policy-roles
-- fact: every policy is for a role of ours
-- why: A policy for everybody applies to roles that nobody thought of.
-- serve: refuses
select format('%s on %s', p.polname, t.name) as at, format('drop policy %I on %s', p.polname, t.name) as mend
  from tbl t join pg_policy p on p.polrelid = t.oid
 where not p.polroles <@ array(select oid from app union select oid from definer);

-- lint: policy-scope
-- fact: every policy compares the org with the sealed scope, for its own action and row type
-- why: The scope is the only thing that a policy may trust; whatever else it says lets rows across.
-- serve: refuses
select format('%s on %s [%s]: %s', p.polname, p.name, left(p.sum, 8), left(p.text, 120)) as at,
       case when p.polcmd = '*' and p.class <> 'nobody' or p.class = 'platform' then format('drop policy %I on %s', p.polname, p.name)
            else format('alter policy %I on %s', p.polname, p.name)
              || case when p.polcmd <> 'a' then format(' using (%s)', w.right_one) else '' end
              || case when p.polcmd in ('a', 'w', '*') then format(' with check (%s)', w.right_one) else '' end end as mend,
       (select why from reason r where r.classoid = 'pg_policy'::regclass and r.objoid = p.policy and r.lint = 'policy-scope' and r.sum = left(p.sum, 8)) as reason
  from policy p, lateral (select case when p.class = 'self' then 'id = (select (app.scope() ->> ''s'')::uuid)'
         when p.class = 'nobody' then '(select app.working())'
         else format('%s = any ((select (app.scope() -> %L ->> %L)::uuid[])::uuid[])', p.org,
                translate(p.polcmd::text, 'rawd', 'rcud'), p.resource) end as right_one) w
 where not p.widened and p.plain <> p.wanted;

-- lint: policy-widened
-- fact: what the platform reads in every org is written down, with the reason
-- why: A row type that holds health data must never be read across clinics.
-- serve: refuses
select format('%s on %s', p.polname, p.name) as at, format('drop policy %I on %s', p.polname, p.name) as mend,
       (select why from reason r where r.classoid = 'pg_policy'::regclass and r.objoid = p.policy and r.lint = 'policy-widened') as reason
  from policy p where p.widened and p.class <> 'platform';

-- lint: policy-many
-- fact: each command has one policy
-- why: Permissive policies are joined by OR: a second one opens what the first closes.
-- serve: refuses
select format('%s %s: %s', p.name, v.cmd, string_agg(p.polname, ', ' order by p.policy)) as at,
       format('drop policy %I on %s', (array_agg(p.polname order by p.policy desc))[1], p.name) as mend,
       -- Each but the first has its own reason to be there.
       case when count(*) - count(r.why) <= 1 then max(r.why) end as reason
  from policy p join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) v(cmd, code) on p.polcmd::text in (v.code, '*')
  left join reason r on r.classoid = 'pg_policy'::regclass and r.objoid = p.policy and r.lint = 'policy-many'
 where not (p.widened and p.class <> 'platform')
 group by p.name, v.cmd having count(*) > 1;

-- lint: policy-missing
-- fact: each command that the app role may give has its policy
-- why: Nothing is shown without one, and the next person to wonder why writes one that shows too much.
-- serve: refuses
select format('%s %s', t.name, v.cmd) as at,
       format('create policy org_%s on %s for %s to cascade_app', v.cmd, t.name, v.cmd)
         || case when v.code <> 'a' then format(' using (%s)', w.right_one) else '' end
         || case when v.code in ('a', 'w') then format(' with check (%s)', w.right_one) else '' end as mend
  from clinic t, (values ('select', 'r', 'r'), ('insert', 'a', 'c'), ('update', 'w', 'u'), ('delete', 'd', 'd')) v(cmd, code, action),
       lateral (select format('%s = any ((select (app.scope() -> %L ->> %L)::uuid[])::uuid[])', t.org, v.action, t.resource) as right_one) w
 where exists (select from app a where not a.rolsuper
         and (has_table_privilege(a.oid, t.oid, v.cmd) or v.code in ('r', 'a', 'w') and has_any_column_privilege(a.oid, t.oid, v.cmd)))
   and not exists (select from policy p where p.oid = t.oid and p.polcmd::text in (v.code, '*') and not p.widened);

-- lint: policy-unchecked
-- fact: what is written is held to its policy by name
-- why: Without WITH CHECK the new row is held to what was meant for the old one.
-- serve: warns
select format('%s on %s', p.polname, p.name) as at,
       format('alter policy %I on %s with check (%s)', p.polname, p.name,
         (select pg_get_expr(q.polqual, q.polrelid) from pg_policy q where q.oid = p.policy)) as mend
  from policy p where p.polcmd = 'w' and p.unchecked;

-- lint: policy-per-row
-- fact: the seal is opened once a statement
-- why: Outside of a subselect it is opened for every row: a list gets slow, and its time tells how many rows others have.
-- serve: warns
select format('%s on %s', p.polname, p.name) as at,
       format('alter policy %I on %s', p.polname, p.name)
         || case when p.polcmd <> 'a' then format(' using (%s)', w.right_one) else '' end
         || case when p.polcmd in ('a', 'w') then format(' with check (%s)', w.right_one) else '' end as mend
  from policy p, lateral (select format('%s = any ((select (app.scope() -> %L ->> %L)::uuid[])::uuid[])', p.org,
         translate(p.polcmd::text, 'rawd', 'rcud'), p.resource) as right_one) w
 where p.text ~ 'app\.scope\(\)' and regexp_replace(p.text, '\( SELECT \(*app\.scope\(\)', '', 'g') ~ 'app\.scope\(\)';
