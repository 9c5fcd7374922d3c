-- plant: postgres-old
-- at: %
-- mend: by hand
-- expect: oldest

-- plant: postgres-floor
-- at: %, fixed in %
-- mend: by hand
-- expect: floor

-- plant: postgres-behind
-- at: %, newest known %
-- mend: by hand
-- expect: newest

-- plant: migration-pending
-- at: 0009_stats.sql
-- mend: by hand
delete from schema_migrations where name = '0009_stats.sql';

-- plant: migration-edited
-- at: 0009_stats.sql
-- mend: by hand
update schema_migrations set sum = 'x' where name = '0009_stats.sql';

-- plant: migration-unknown
-- at: 9999_later.sql
-- mend: by hand
insert into schema_migrations (name, sum) values ('9999_later.sql', 'x');

-- plant: seal-key-known
-- at: dev-1
insert into app.seal_keys (kid, inner_pad, outer_pad) values ('dev-1', decode(repeat('00', 64), 'hex'), decode(repeat('01', 64), 'hex'));
