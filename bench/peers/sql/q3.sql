\set clinic random_zipfian(1, :clinics, 1.001) - 1
\startpipeline
select set_config('app.scope', '{"r":{"call":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}","agent":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}","organization":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}"}}', true) is null;
with zone as (select timezone as tz from organizations where id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid)
  select count(*), count(*) filter (where c.started_at >= (now() at time zone z.tz)::date::timestamp at time zone z.tz),
    sum(c.duration_seconds), count(c.duration_seconds)
  from call_logs c, zone z where c.org_id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid and not c.is_test;
select status, count(*) from call_logs where org_id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid and not is_test group by 1;
select c.id, c.status, c.direction, c.caller_name, c.caller_number, c.started_at, c.duration_seconds, a.name
  from call_logs c left join agents a on a.org_id = c.org_id and a.id = c.agent_id
  where c.org_id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid and not c.is_test order by c.started_at desc, c.id desc limit 10;
\endpipeline
