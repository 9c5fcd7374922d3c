-- plant: policy-roles
-- at: open on public.contacts
-- also: policy-many, policy-scope
create policy open on contacts for select using (true);

-- plant: policy-roles
-- at: open on public.contacts
create role anon;
create policy open on contacts for select to anon using (org_id is null);

-- plant: policy-scope
-- at: org_select on public.contacts %true
alter policy org_select on contacts using (true);

-- plant: policy-scope
-- at: org_select on public.contacts %
alter policy org_select on contacts using ('a' = 'a');

-- plant: policy-scope
-- at: org_select on public.contacts %user_metadata%
alter policy org_select on contacts using (org_id = ((current_setting('request.jwt.claims')::jsonb -> 'user_metadata') ->> 'org_id')::uuid);

-- plant: policy-scope
-- at: org_select on public.contacts %
alter policy org_select on contacts using (org_id = current_setting('app.org_id')::uuid);

-- plant: policy-scope
-- at: org_select on public.contacts %IS NULL%
alter policy org_select on contacts using (org_id = any ((select (app.scope() -> 'r' ->> 'contact')::uuid[])::uuid[]) or notes is null);

-- plant: policy-scope
-- at: org_select on public.contacts %'call'%
alter policy org_select on contacts using (org_id = any ((select (app.scope() -> 'r' ->> 'call')::uuid[])::uuid[]));

-- plant: policy-scope
-- at: org_delete on public.contacts %'r'%
alter policy org_delete on contacts using (org_id = any ((select (app.scope() -> 'r' ->> 'contact')::uuid[])::uuid[]));

-- plant: policy-scope
-- at: org_update on public.contacts %true
alter policy org_update on contacts with check (true);

-- plant: policy-scope
-- at: org_insert on public.contacts %true
alter policy org_insert on contacts with check (true);

-- plant: policy-scope
-- at: org_select on public.contacts %
alter policy org_select on contacts using (id = any ((select (app.scope() -> 'r' ->> 'contact')::uuid[])::uuid[]));

-- plant: policy-scope
-- at: self_select on public.users %
alter policy self_select on users using (true);

-- plant: policy-scope
-- at: platform_select on public.policy_revisions %true
alter policy platform_select on policy_revisions using (true);

-- plant: policy-scope
-- at: org_select on public.audit_decisions %true
alter policy org_select on audit_decisions using (true);

-- plant: policy-scope
-- at: everything on public.contacts %
-- also: policy-many
create policy everything on contacts to cascade_app using (org_id = any ((select (app.scope() -> 'r' ->> 'contact')::uuid[])::uuid[]));

-- plant: policy-widened
-- at: platform_select on public.contacts
select app.widen('contacts', 'contact');

-- plant: policy-many
-- at: public.contacts select: org_select, again
create policy again on contacts for select to cascade_app using (org_id = any ((select (app.scope() -> 'r' ->> 'contact')::uuid[])::uuid[]));

-- plant: policy-missing
-- at: public.contacts insert
drop policy org_insert on contacts;

-- plant: policy-missing
-- at: public.contacts select
drop policy org_select on contacts;

-- plant: policy-unchecked
-- at: org_update on public.contacts
drop policy org_update on contacts;
create policy org_update on contacts for update to cascade_app using (org_id = any ((select (app.scope() -> 'u' ->> 'contact')::uuid[])::uuid[]));

-- plant: policy-per-row
-- at: org_select on public.contacts
alter policy org_select on contacts using (org_id = any ((app.scope() -> 'r' ->> 'contact')::uuid[]));

-- plant: policy-scope
-- at: worker on river.river_job %true
alter policy worker on river.river_job using (true) with check (true);

-- plant: policy-scope
-- at: worker on river.river_job %
alter policy worker on river.river_job using (current_setting('app.working', true) <> '') with check ((select app.working()));

-- plant: policy-many
-- at: river.river_queue select: worker, seen
create policy seen on river.river_queue for select to cascade_app using ((select app.working()));
