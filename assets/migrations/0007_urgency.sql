-- What an admin asked for comes first, then everyday changes, then background work (1 copy, 5 backfill, 9 compare).
CREATE INDEX dirty_asked ON dirty(entity, gone, due, since, key) WHERE reason = 2;
CREATE INDEX dirty_everyday ON dirty(entity, gone, due, since, key) WHERE reason NOT IN (1, 5, 9);
