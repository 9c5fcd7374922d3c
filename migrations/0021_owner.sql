-- Row-level security is forced on the owner too, but a policy for a role counts
-- for its members as well, and the owner is a member of cascade_directory and
-- cascade_keeper, so that it may give them functions. It read every clinic's rows
-- through their policies. Now these ask who is reading: inside a definer
-- function, that is the function's owner. What is updated is read first.
do $$
declare
  p    record;
  mine text;
begin
  for p in select tablename, policyname, roles[1] as who, qual, case cmd when 'UPDATE' then null else with_check end as added
             from pg_policies where schemaname = 'public' and roles && array['cascade_directory', 'cascade_keeper']::name[] loop
    mine := format('current_user = %L', p.who);
    execute format('alter policy %I on %I', p.policyname, p.tablename)
      || coalesce(' using (' || mine || replace(' and ' || p.qual, ' and true', '') || ')', '')
      || coalesce(' with check (' || mine || replace(' and ' || p.added, ' and true', '') || ')', '');
  end loop;
end
$$;

-- The keeper writes whose a record about several orgs is, and never asks.
drop policy keeper_select on audit_decision_orgs;
revoke select on audit_decision_orgs from cascade_keeper;
