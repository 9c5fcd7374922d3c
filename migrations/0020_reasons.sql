-- What the lints found, mended, and the reasons for what is out of line on purpose.

-- A function that is made later is nobody's to call until it is granted.
alter default privileges revoke execute on functions from public;

-- Which keys seal scopes, by name: whoever serves must see that none of them is
-- a development server's.
create function app.seal_key_ids() returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query select k.kid from app.seal_keys k where k.retired_at is null;
end
$$;
revoke all on function app.seal_key_ids() from public;
grant execute on function app.seal_key_ids() to cascade_app;

comment on table schema_migrations is 'nobody: the names and sums of the migrations, as the program holds them too';

comment on constraint organizations_pkey on organizations is
  'allow org-missing: the row is the org itself, and its policies compare id';

do $$
declare
  i record;
begin
  for i in select x.indexrelid::regclass as name, x.indrelid = 'organizations'::regclass as org from pg_index x
            where x.indrelid in ('organizations'::regclass, 'audit_decisions'::regclass) and x.indisunique and not x.indisprimary loop
    execute format('comment on index %s is %L', i.name, case when i.org
      then 'allow key-unique: a slug is public and names one org; the app role writes none'
      else 'allow key-unique: a chain belongs to a node or an org, and only the keeper writes it' end);
  end loop;
end
$$;

comment on column audit_decisions.org_id is
  'allow org-null: a decision about several orgs names them in audit_decision_orgs, and its policy asks there';
comment on constraint audit_decisions_pkey on audit_decisions is
  'allow key-primary: a decision may be about several orgs or none
allow key-unique: ids are made by the program, and the app role writes none here';
comment on constraint audit_decision_orgs_pkey on audit_decision_orgs is
  'allow key-primary: the row is the pair of a decision and an org it speaks of';
comment on constraint audit_decision_orgs_decision_id_fkey on audit_decision_orgs is
  'allow key-crosses: the keeper writes both rows at once, and a decision may be about several orgs
allow index-missing: decisions are never deleted, and are looked for by org';
comment on policy org_select on audit_decisions is
  'allow policy-scope 468bc6ba: a decision about several orgs is each one''s to see, as audit_decision_orgs says under its own policy';

comment on policy platform_select on organizations is
  'allow policy-widened: operators see that an org exists, its plan and status; no health data';
comment on policy platform_select on access_grants is
  'allow policy-widened: who let whom in is for auditors to review; no health data';
comment on policy platform_select on break_glass_sessions is
  'allow policy-widened: who looked where, and why, is for auditors to review; no health data';
comment on policy platform_select on audit_decisions is
  'allow policy-widened: auditors and the security team read decisions, which hold no health data';
comment on policy platform_select on audit_decision_orgs is
  'allow policy-widened: auditors and the security team read decisions, which hold no health data';

comment on constraint memberships_user_id_fkey on memberships is
  'allow key-oracle: whether a random id is a person''s tells nothing about a clinic, and ids cannot be guessed
allow index-missing: nobody deletes people, and the directory has an index of its own';
comment on constraint break_glass_sessions_user_id_fkey on break_glass_sessions is
  'allow key-oracle: the platform''s own people, whose ids the clinic is shown anyway
allow index-missing: nobody deletes people, and the directory has an index of its own';
comment on constraint break_glass_sessions_approved_by_fkey on break_glass_sessions is
  'allow key-oracle: the platform''s own people, whose ids the clinic is shown anyway
allow index-missing: people of the platform are not deleted, and sessions are found by user';
comment on constraint access_grants_partner_id_fkey on access_grants is
  'allow key-oracle: partners are found by their public slug; a clinic''s id cannot be guessed
allow index-missing: nobody deletes partners, and the directory has an index of its own';

comment on index memberships_user is 'allow index-order: the directory asks where a person belongs, before there is a scope';
comment on index invitations_token is 'allow index-order: the directory finds an invitation by its token''s hash, before there is a scope';
comment on index access_grants_partner is 'allow index-order: the directory asks who let a partner in, before there is a scope';
comment on index break_glass_user is 'allow index-order: the directory asks where a supporter may look, before there is a scope';
comment on index api_keys_public is 'allow index-order: the directory finds a key by its public id, before there is a scope';
comment on index oauth_clients_client is 'allow index-order: the directory finds a client by its id, before there is a scope';
comment on index integrations_webhook is 'allow index-order: the directory finds an integration by its key''s hash, before there is a scope';
comment on index audit_decisions_recent is 'allow index-order: auditors page through the decisions of every org
allow planner-walks: how many decisions were made in a time, of all clinics together, is all that it tells';
comment on index audit_decisions_denied is 'allow index-order: auditors page through the denials of every org
allow planner-walks: how many were refused in a time, of all clinics together, is all that it tells';

-- What the app role may call of the definers' functions, and why.
do $$
declare
  f record;
begin
  for f in
    select p.oid::regprocedure as name, v.reason
      from (values
        ('scope', 'opens the seal, with keys that nobody else may read'),
        ('seal_key_ids', 'names the keys, and holds nothing of them'),
        ('audit_head', 'a writer goes on where its chain ends: sequence and hash, no record'),
        ('audit_append', 'the only way into the audit, and it holds each record to the one before'),
        ('record_attempt', 'tells the org that its rows were asked for, and its caller nothing'),
        ('directory_users', 'asked before a scope exists, with verified tokens'' issuers and subjects'),
        ('directory_key', 'asked before a scope exists, with a key''s public id; the hash proves it'),
        ('directory_key_used', 'notes the minute of a key''s use, and says nothing'),
        ('directory_webhook', 'asked before a scope exists, with the hash of an address that only the provider knows'),
        ('accept_invitation', 'the invited person belongs to no org yet; token and verified address prove them'),
        ('find_partner', 'a partner''s public slug to its id, for partners alone'),
        ('waiting_messages', 'which messages wait, by id and never by what they say')) v(called, reason)
      join pg_proc p on p.proname = v.called and p.pronamespace = 'app'::regnamespace and p.prosecdef
     where has_function_privilege('cascade_app', p.oid, 'execute') loop
    execute format('comment on function %s is %L', f.name, 'allow definer-undeclared: ' || f.reason);
  end loop;
end
$$;
