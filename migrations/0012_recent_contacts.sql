-- Contacts by their last contact. One that was never in contact stands where it
-- was made: a null has no place in a list that is read page by page.
drop index contacts_recent;
create index contacts_recent on contacts (org_id, (coalesce(last_contact_at, created_at)) desc, id desc);
