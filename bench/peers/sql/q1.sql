\set clinic random_zipfian(1, :clinics, 1.001) - 1
\startpipeline
select set_config('app.scope', '{"r":{"call":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}","agent":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}"}}', true) is null;
select c.id, c.status, c.direction, c.caller_name, c.caller_number, c.started_at, c.duration_seconds, a.name
  from call_logs c left join agents a on a.org_id = c.org_id and a.id = c.agent_id
  where c.org_id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid and not c.is_test order by c.started_at desc, c.id desc limit 20;
\endpipeline
