\set clinic random_zipfian(1, :clinics, 1.001) - 1
\startpipeline
select set_config('app.scope', '{"r":{"knowledge_article":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}"},"c":{"knowledge_article":"{018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0') || '}"}}', true) is null;
insert into knowledge_base (org_id, id, title, content)
  values (('018f0000-0000-7000-8000-' || lpad(:clinic::text, 12, '0'))::uuid, gen_random_uuid(), 'prices', repeat('A check-up costs 60. ', 10)) returning created_at;
\endpipeline
