-- What serving needs to see and do.

-- Whoever serves must see that every step is applied, and refuse to start otherwise.
grant select on schema_migrations to cascade_app;

-- Without a check of its own the new row is held to USING, and accepting, which
-- sets accepted_at, would always be refused.
alter policy directory_update on invitations with check (accepted_at is not null);
