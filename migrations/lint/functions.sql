-- lint: definer-path
-- fact: every definer function has its search path pinned
-- why: It runs with its owner's rights in whatever schema the caller names first.
-- serve: refuses
select f.name as at, format('alter function %s set search_path = pg_catalog, pg_temp', f.name) as mend
  from fn f where f.prosecdef and not coalesce(f.proconfig @> array['search_path=pg_catalog, pg_temp'], false);

-- lint: definer-public
-- fact: no definer function is everybody's to call
-- why: Any role of the server would act as its owner.
-- serve: refuses
select f.name as at, format('revoke all on function %s from public', f.name) as mend
  from fn f where f.prosecdef and has_function_privilege('public', f.oid, 'execute');

-- lint: definer-undeclared
-- fact: every definer function that the app role may call says why it may
-- why: Each is a door in the wall: it sees what its caller does not.
-- serve: refuses
select f.name as at, format('revoke all on function %s from public, %I', f.name, a.rolname) as mend,
       (select why from reason r where r.classoid = 'pg_proc'::regclass and r.objoid = f.oid and r.lint = 'definer-undeclared') as reason
  from fn f, app a where f.prosecdef and not a.rolsuper and has_function_privilege(a.oid, f.oid, 'execute');

-- lint: definer-org
-- fact: no definer function is told the org
-- why: Its caller would name the clinic. It takes a credential, never an org.
-- serve: refuses
select format('%s %s', f.name, a.name) as at, format('drop function %s', f.name) as mend
  from fn f, unnest(f.proargnames, f.proargmodes::text[]) a(name, mode)
 where f.prosecdef and coalesce(a.mode, 'i') in ('i', 'b', 'v') and a.name ~ '(org|clinic|tenant)';

-- lint: definer-unbound
-- fact: no definer function runs past row-level security
-- why: A superuser's function, or BYPASSRLS, makes one mistake in it everybody's.
-- serve: warns
select format('%s of %s', f.name, r.rolname) as at, format('alter function %s owner to cascade_directory', f.name) as mend
  from fn f join pg_roles r on r.oid = f.proowner where f.prosecdef and (r.rolsuper or r.rolbypassrls) and r.oid not in (select oid from owner);

-- lint: function-path
-- fact: every function of ours has its search path pinned
-- why: Called by a definer function, it would find what somebody else put first.
-- serve: warns
select f.name as at, format('alter function %s set search_path = pg_catalog, pg_temp', f.name) as mend,
       (select why from reason r where r.classoid = 'pg_proc'::regclass and r.objoid = f.oid and r.lint = 'function-path') as reason
  from fn f where f.nspname in ('public', 'app', 'river', 'decision_log') and not f.prosecdef
   and not exists (select from unnest(f.proconfig) c where c like 'search_path=%')
   and f.prolang in (select oid from pg_language where lanname in ('sql', 'plpgsql'));

-- lint: function-leakproof
-- fact: no function is asked before row-level security is
-- why: Postgres shows rows to a LEAKPROOF function before it knows whose they are.
-- serve: refuses
select f.name as at, format('alter function %s not leakproof', f.name) as mend from fn f where f.proleakproof;

-- lint: function-language
-- fact: no function runs outside of the database's own rules
-- why: In an untrusted language a function reads files, opens connections and sees every table.
-- serve: refuses
select l.lanname as at, format('drop language %I cascade', l.lanname) as mend,
       (select why from reason r where r.classoid = 'pg_language'::regclass and r.objoid = l.oid and r.lint = 'function-language') as reason
  from pg_language l where not l.lanpltrusted and l.lanname not in ('internal', 'c');

-- lint: function-system
-- fact: the app role was granted no function of the system
-- why: pg_read_file and its like read and write files of the server, past every table.
-- serve: refuses
select p.oid::regprocedure::text as at, format('revoke execute on function %s from %I', p.oid::regprocedure, r.rolname) as mend
  from pg_proc p, aclexplode(p.proacl) x join pg_roles r on r.oid = x.grantee
 where p.pronamespace = 'pg_catalog'::regnamespace and x.grantee in (select oid from app union select oid from definer);

-- lint: trigger-off
-- fact: every trigger is on
-- why: Foreign keys are triggers: switched off, rows cross clinics.
-- serve: refuses
select format('%s on %s', t.tgname, o.name) as at, format('alter table %s enable trigger %I', o.name, t.tgname) as mend
  from pg_trigger t join ours o on o.oid = t.tgrelid where t.tgenabled not in ('O', 'A');

-- lint: trigger-stranger
-- fact: every trigger runs a function of ours
-- why: It is shown each row that is written, whosever it is.
-- serve: warns
select format('%s on %s', t.tgname, o.name) as at, format('drop trigger %I on %s', t.tgname, o.name) as mend,
       (select why from reason r where r.classoid = 'pg_trigger'::regclass and r.objoid = t.oid and r.lint = 'trigger-stranger') as reason
  from pg_trigger t join ours o on o.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
 where not t.tgisinternal and p.pronamespace <> 'app'::regnamespace;
