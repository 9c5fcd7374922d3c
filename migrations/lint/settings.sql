-- lint: setting-triggers
-- fact: triggers and foreign keys hold in every session
-- why: session_replication_role = replica switches every foreign key off: rows cross clinics.
-- serve: refuses
select s.name || ' = ' || s.value as at, format('alter role %I set session_replication_role = origin', current_user) as mend
  from setting s where s.name = 'session_replication_role' and s.value <> 'origin';

-- lint: setting-row-security
-- fact: row-level security is on in every session
-- why: Where it is off a statement that a policy would narrow fails instead.
-- serve: warns
select s.name || ' = ' || s.value as at, format('alter role %I set row_security = on', current_user) as mend
  from setting s where s.name = 'row_security' and s.value <> 'on';

-- lint: setting-scope
-- fact: no session starts with a scope, or as somebody else
-- why: What a request was not given it must not have.
-- serve: refuses
select s.name || ' is set' as at,
       case when d.setrole <> 0 and d.setdatabase <> 0 then format('alter role %I in database %I reset %s', pg_get_userbyid(d.setrole), current_database(), quote_ident(split_part(c, '=', 1)))
            when d.setrole <> 0 then format('alter role %I reset %s', pg_get_userbyid(d.setrole), n.written)
            else format('alter database %I reset %s', current_database(), n.written) end as mend
  from pg_db_role_setting d, unnest(d.setconfig) c, lateral (select split_part(c, '=', 1) as name) s,
       lateral (select case when s.name like 'app.%' then s.name else quote_ident(s.name) end as written) n
 where s.name in ('app.scope', 'app.working', 'role', 'session_authorization')
   and d.setdatabase in (0, (select oid from pg_database where datname = current_database())) and (d.setrole = 0 or d.setrole in (select oid from app));

-- lint: setting-search-path
-- fact: names are looked for in our schema alone
-- why: Whatever stands in a schema that is searched first takes the place of our tables.
-- serve: refuses
select s.name || ' = ' || s.value as at, format('alter role %I set search_path = public, pg_temp', current_user) as mend
  from setting s
 where s.name = 'search_path' and regexp_replace(s.value, '[\s"]', '', 'g') not in ('$user,public', 'public', 'public,pg_temp', 'pg_catalog,public', 'pg_catalog,public,pg_temp')
    or s.name = 'search_path' and s.value ~ '\$user' and exists (select from pg_namespace n where n.nspname = current_user);

-- lint: setting-durable
-- fact: what is acknowledged is on disk
-- why: A crash would lose records of decisions whose answers have left.
-- serve: warns
select s.name || ' = ' || s.value as at,
       case when s.name = 'synchronous_commit' then format('alter role %I set synchronous_commit = on', current_user)
            else format('alter system set %s = on; select pg_reload_conf()', s.name) end as mend
  from setting s where s.name in ('fsync', 'full_page_writes', 'synchronous_commit') and s.value = 'off';

-- lint: setting-log-statements
-- fact: statements are logged without what they ask about
-- why: Their parameters are names, numbers and transcripts of patients, and the seal.
-- serve: warns
select s.name || ' = ' || s.value as at, format('alter role %I set log_parameter_max_length = 0', current_user) as mend
  from setting s
 where (s.name = 'log_statement' and s.value <> 'none'
        or s.name in ('log_min_duration_statement', 'log_min_duration_sample') and s.value <> '-1'
        or s.name = 'log_transaction_sample_rate' and s.value::float8 > 0)
   and exists (select from setting p where p.name = 'log_parameter_max_length' and p.value <> '0');

-- lint: setting-log-errors
-- fact: errors are logged without rows
-- why: The detail of a broken key quotes the row: somebody's phone number, in a log that anybody reads.
-- serve: warns
select s.name || ' = ' || s.value as at,
       format('alter role %I set %s = %s', current_user, s.name, case when s.name = 'log_error_verbosity' then 'terse' else '0' end) as mend
  from setting s
 where (s.name = 'log_error_verbosity' and s.value <> 'terse' or s.name = 'log_parameter_max_length_on_error' and s.value <> '0')
   and not exists (select from setting m where m.name = 'log_min_messages' and m.value in ('log', 'fatal', 'panic'));

-- lint: setting-log-plans
-- fact: plans are not logged
-- why: auto_explain writes the values that a plan compares with into the log.
-- serve: warns
select s.name || ' = ' || s.value as at, format('alter database %I set auto_explain.log_min_duration = -1', current_database()) as mend
  from setting s where s.name = 'auto_explain.log_min_duration' and s.value <> '-1';

-- lint: setting-debug
-- fact: trees and plans of statements stay out of the log
-- why: debug_print_* writes every constant of a statement.
-- serve: warns
select s.name || ' = ' || s.value as at, format('alter role %I set %s = off', current_user, s.name) as mend
  from setting s where s.name in ('debug_print_parse', 'debug_print_rewritten', 'debug_print_plan') and s.value = 'on';
