\set clinic random_zipfian(1, :clinics, 1.001) - 1
\set n random(0, :least - 1)
\startpipeline
select set_config('app.scope', '{"r":{"call":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}","agent":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}"}}', true) is null;
select status, direction, caller_name, started_at, duration_seconds, transcript from call_logs
  where org_id = ('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid
    and id = ('0190' || substr(lpad(:n::text, 8, '0'), 1, 4) || '-' || substr(lpad(:n::text, 8, '0'), 5, 4) || '-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid;
\endpipeline
