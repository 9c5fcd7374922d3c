-- plant: policy-ungated
-- at: public.contacts
drop policy sealed on contacts;

-- plant: policy-ungated
-- at: public.contacts
alter policy sealed on contacts using (true);

-- plant: policy-ungated
-- at: public.contacts
drop policy sealed_update on contacts;

-- plant: planner-samples
-- at: public.contacts (phone)
alter table contacts alter column phone set statistics 100;

-- plant: planner-samples
-- at: api_keys_public (expr)
alter index api_keys_public alter column 1 set statistics -1;

-- plant: planner-walks
-- at: public.walked
-- also: index-order
create index walked on invitations (token_hash);
