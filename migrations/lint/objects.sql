-- lint: view-definer
-- fact: every view reads as its reader
-- why: It reads with its owner's rights otherwise, and so every clinic's rows.
-- serve: refuses
select o.name as at, format('alter view %s set (security_invoker = true)', o.name) as mend
  from ours o where o.relkind = 'v' and not exists (
   select from pg_options_to_table(o.reloptions) v where v.option_name = 'security_invoker' and v.option_value::boolean);

-- lint: view-materialized
-- fact: no rows lie in a materialized view
-- why: It can have no policies: whoever reads it reads every clinic's rows.
-- serve: refuses
select o.name as at, format('drop materialized view %s', o.name) as mend from ours o where o.relkind = 'm';

-- lint: table-foreign
-- fact: no table lies elsewhere
-- why: Policies of this database do not hold there.
-- serve: refuses
select o.name as at, format('drop foreign table %s', o.name) as mend from ours o where o.relkind = 'f';

-- lint: server-foreign
-- fact: the database reaches no other
-- why: A foreign server, or a user mapping, is a way out for rows.
-- serve: warns
select s.srvname as at, format('drop server %I cascade', s.srvname) as mend,
       (select why from reason r where r.classoid = 'pg_foreign_server'::regclass and r.objoid = s.oid and r.lint = 'server-foreign') as reason
  from pg_foreign_server s;

-- lint: rule
-- fact: no rule rewrites a statement
-- why: A rule acts with the rights of the table's owner, past the caller's policies.
-- serve: refuses
select format('%s on %s', w.rulename, o.name) as at, format('drop rule %I on %s', w.rulename, o.name) as mend
  from pg_rewrite w join ours o on o.oid = w.ev_class where not (o.relkind in ('v', 'm') and w.rulename = '_RETURN');

-- lint: event-trigger
-- fact: nothing runs when the schema changes
-- why: An event trigger acts as whoever changes the schema, and can open what the change closed.
-- serve: warns
select e.evtname as at, format('drop event trigger %I', e.evtname) as mend,
       (select why from reason r where r.classoid = 'pg_event_trigger'::regclass and r.objoid = e.oid and r.lint = 'event-trigger') as reason
  from pg_event_trigger e where e.evtenabled <> 'D';

-- lint: publication
-- fact: no rows are published
-- why: Logical replication asks no policy: a subscriber gets every clinic's rows.
-- serve: refuses
select p.pubname as at, format('drop publication %I', p.pubname) as mend,
       (select why from reason r where r.classoid = 'pg_publication'::regclass and r.objoid = p.oid and r.lint = 'publication') as reason
  from pg_publication p
 where p.puballtables or exists (select from pg_publication_tables t join ours o on o.oid = format('%I.%I', t.schemaname, t.tablename)::regclass where t.pubname = p.pubname);

-- lint: replication-slot
-- fact: no logical slot reads this database
-- why: It decodes every row that is written, and one that nobody reads fills the disk.
-- serve: warns
select s.slot_name as at, format('select pg_drop_replication_slot(%L)', s.slot_name) as mend
  from pg_replication_slots s where s.slot_type = 'logical' and s.database = current_database();

-- lint: extension-door
-- fact: no extension opens a door
-- why: It reads files or reaches other servers from inside the database, where no policy is asked.
-- serve: refuses
select e.extname as at, format('drop extension %I cascade', e.extname) as mend,
       (select why from reason r where r.classoid = 'pg_extension'::regclass and r.objoid = e.oid and r.lint = 'extension-door') as reason
  from pg_extension e
 where e.extname in ('dblink', 'adminpack', 'lo', 'pageinspect', 'pg_walinspect', 'pg_surgery', 'http', 'pg_net', 'pg_background', 'pg_cron',
                     'wrappers', 'multicorn', 'aws_s3', 'aws_lambda')
    or e.extname ~ '(_fdw|^pl.*u)$';
