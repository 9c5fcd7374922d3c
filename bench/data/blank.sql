-- A database for the audit's writer alone: it acknowledges records and keeps
-- none. What is left of the audit's price is what the program itself does.
create schema app;
grant usage on schema app to cascade_app;
create function app.audit_append(text, bigint, bytea, text[], bytea[], text) returns void language sql as '';
