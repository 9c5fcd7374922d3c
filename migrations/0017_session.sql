-- A connection serves one request after another, so nothing that a statement
-- leaves on it may change what the next one means. Postgres looks for a table or
-- a type among the temporary ones first: a temporary "contacts" would have caught
-- what the next clinic writes, and a temporary type named uuid would have run its
-- checks inside the next clinic's statement. Everybody may make them by default.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;
