-- Webhook messages that were kept and could not be applied wait for another
-- try. Which clinics have some is a question across clinics, so it is the
-- directory's: it sees the waiting messages' ages, never what they say, and
-- whoever applies one does so under a scope made for that one clinic.

grant select (org_id, id, received_at, applied_at, attempts) on webhook_inbox to cascade_directory;
create policy directory_select on webhook_inbox for select to cascade_directory using (applied_at is null);

-- The messages whose next try is due, of clinics that may be served: each waits
-- as long again as it has waited, from ten seconds to about two days, and then
-- for a person. The clinics take turns, so that one with many holds up no other.
create function app.waiting_messages(max_rows int) returns table (clinic uuid, message uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select w.org_id, w.id
    from (select m.org_id, m.id, m.received_at,
                 row_number() over (partition by m.org_id order by m.received_at, m.id) as turn
            from public.webhook_inbox m
           where m.applied_at is null and m.attempts <= 15
             and m.received_at + interval '5 seconds' * (2 ^ m.attempts) <= now()) w
    join public.organizations o on o.id = w.org_id and o.status = 'active'
   order by w.turn, w.received_at, w.id
   limit greatest(max_rows, 0)
$$;

grant create on schema app to cascade_directory;
alter function app.waiting_messages(int) owner to cascade_directory;
revoke create on schema app from cascade_directory;
revoke all on function app.waiting_messages(int) from public;
grant execute on function app.waiting_messages(int) to cascade_app;
