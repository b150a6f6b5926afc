-- The first schema. Times are milliseconds since 1970 (UTC); GUIDs 16 bytes reordered so that sequential ones sort
-- (src/store/guid.rs); a record key is such a GUID or an 8-byte big-endian Marketo id; values and fields compact JSON.

CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE entity_setting(
  entity TEXT PRIMARY KEY, direction TEXT NOT NULL, policy TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Counts the console shows all the time, kept by triggers, so that nobody counts a million rows for a gauge.
CREATE TABLE tally(what TEXT NOT NULL, entity TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(what, entity))
  STRICT, WITHOUT ROWID;

CREATE TABLE cursor(
  feed TEXT PRIMARY KEY, token TEXT NOT NULL, stage INTEGER NOT NULL, since INTEGER, obtained INTEGER NOT NULL,
  fingerprint TEXT NOT NULL, counted INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Records to be looked at. A rowid table, because a payload in a tree of random keys costs three times the insert.
CREATE TABLE dirty(
  id INTEGER PRIMARY KEY, entity TEXT NOT NULL, key BLOB NOT NULL, reason INTEGER NOT NULL, since INTEGER NOT NULL,
  due INTEGER NOT NULL, seq INTEGER NOT NULL, gone INTEGER NOT NULL, record BLOB) STRICT;
CREATE UNIQUE INDEX dirty_key ON dirty(entity, key);
-- Covers the search for the next slice, so that rows already in work are stepped over without reading them.
CREATE INDEX dirty_due ON dirty(entity, gone, due, since, key);
CREATE INDEX dirty_since ON dirty(entity, since);
CREATE TRIGGER dirty_in AFTER INSERT ON dirty BEGIN
  INSERT INTO tally VALUES('dirty', new.entity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER dirty_out AFTER DELETE ON dirty BEGIN
  UPDATE tally SET n = n - 1 WHERE what = 'dirty' AND entity = old.entity;
END;

-- state: 0 live, 1 frozen, 2 tombstone. seen: when the last full read of Dynamics that named it began.
CREATE TABLE link(
  id INTEGER PRIMARY KEY, entity TEXT NOT NULL, dynamics BLOB, marketo INTEGER, version TEXT,
  state INTEGER NOT NULL, since INTEGER NOT NULL, seen INTEGER) STRICT;
CREATE UNIQUE INDEX link_dynamics ON link(dynamics, entity) WHERE dynamics IS NOT NULL AND state <> 2;
CREATE UNIQUE INDEX link_marketo ON link(marketo) WHERE marketo IS NOT NULL AND state <> 2;
CREATE INDEX link_dynamics_gone ON link(dynamics) WHERE dynamics IS NOT NULL AND state = 2;
CREATE INDEX link_marketo_gone ON link(marketo) WHERE marketo IS NOT NULL AND state = 2;
CREATE INDEX link_entity ON link(entity);
CREATE TRIGGER link_in AFTER INSERT ON link WHEN new.state <> 2 BEGIN
  INSERT INTO tally VALUES('link', new.entity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER link_moved AFTER UPDATE OF state, entity ON link BEGIN
  INSERT INTO tally SELECT 'link', old.entity, -1 WHERE old.state <> 2 ON CONFLICT DO UPDATE SET n = n - 1;
  INSERT INTO tally SELECT 'link', new.entity, 1 WHERE new.state <> 2 ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TABLE alias(key BLOB PRIMARY KEY, link INTEGER NOT NULL REFERENCES link(id)) STRICT, WITHOUT ROWID;
CREATE TABLE base(link INTEGER PRIMARY KEY REFERENCES link(id), fields BLOB NOT NULL) STRICT;

-- Every row is an unfinished operation. Ids are never used twice: finishing deletes by id.
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT, link INTEGER REFERENCES link(id), entity TEXT NOT NULL, side TEXT NOT NULL,
  kind INTEGER NOT NULL, state INTEGER NOT NULL, dynamics BLOB, marketo INTEGER, version TEXT, fields BLOB NOT NULL,
  attempt INTEGER NOT NULL, sent INTEGER, settle INTEGER, cycle INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX outbox_link ON outbox(link, side) WHERE link IS NOT NULL;
CREATE UNIQUE INDEX outbox_new_dynamics ON outbox(dynamics, entity, side) WHERE link IS NULL AND dynamics IS NOT NULL;
CREATE UNIQUE INDEX outbox_new_marketo ON outbox(marketo, entity, side) WHERE link IS NULL AND marketo IS NOT NULL;
CREATE INDEX outbox_dynamics ON outbox(dynamics) WHERE dynamics IS NOT NULL;
CREATE INDEX outbox_marketo ON outbox(marketo) WHERE marketo IS NOT NULL;
CREATE INDEX outbox_state ON outbox(state, settle);

CREATE TABLE conflict(
  id INTEGER PRIMARY KEY AUTOINCREMENT, link INTEGER REFERENCES link(id), entity TEXT NOT NULL, kind TEXT NOT NULL,
  field TEXT NOT NULL, dynamics_id BLOB, marketo_id INTEGER, label TEXT NOT NULL, base TEXT, dynamics TEXT NOT NULL,
  marketo TEXT NOT NULL, status TEXT NOT NULL, detected INTEGER NOT NULL, resolution TEXT, changed INTEGER NOT NULL,
  note TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX conflict_one ON conflict(link, field, kind)
  WHERE link IS NOT NULL AND status IN ('pending', 'resolved');
CREATE INDEX conflict_unlinked ON conflict(entity, kind, field, dynamics_id, marketo_id)
  WHERE link IS NULL AND status IN ('pending', 'resolved');
CREATE INDEX conflict_open ON conflict(id) WHERE status IN ('pending', 'resolved');
CREATE INDEX conflict_link ON conflict(link) WHERE link IS NOT NULL;
CREATE TRIGGER conflict_in AFTER INSERT ON conflict WHEN new.status = 'pending' BEGIN
  INSERT INTO tally VALUES('conflict', new.entity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER conflict_moved AFTER UPDATE OF status ON conflict BEGIN
  INSERT INTO tally SELECT 'conflict', old.entity, -1 WHERE old.status = 'pending' ON CONFLICT DO UPDATE SET n = n - 1;
  INSERT INTO tally SELECT 'conflict', new.entity, 1 WHERE new.status = 'pending' ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TABLE failure(
  id INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, direction TEXT NOT NULL, key BLOB NOT NULL,
  class TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, dynamics_id BLOB, marketo_id INTEGER,
  attempts INTEGER NOT NULL, next_try INTEGER, status TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL)
  STRICT;
CREATE UNIQUE INDEX failure_one ON failure(entity, direction, key) WHERE status <> 'healed';
CREATE INDEX failure_open ON failure(id) WHERE status <> 'healed';
CREATE TRIGGER failure_in AFTER INSERT ON failure WHEN new.status <> 'healed' BEGIN
  INSERT INTO tally VALUES('failure', new.entity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER failure_moved AFTER UPDATE OF status ON failure BEGIN
  INSERT INTO tally SELECT 'failure', old.entity, -1 WHERE old.status <> 'healed' ON CONFLICT DO UPDATE SET n = n - 1;
  INSERT INTO tally SELECT 'failure', new.entity, 1 WHERE new.status <> 'healed' ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- History: grows, is pruned by age from its low end, and nothing hot points to it.
CREATE TABLE journal(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, cycle INTEGER NOT NULL, link INTEGER, entity TEXT NOT NULL,
  dynamics_id BLOB, marketo_id INTEGER, side TEXT NOT NULL, field TEXT NOT NULL, before TEXT NOT NULL,
  after TEXT NOT NULL, cause TEXT NOT NULL, verified INTEGER NOT NULL) STRICT;
CREATE INDEX journal_cycle ON journal(cycle);
CREATE INDEX journal_dynamics ON journal(dynamics_id) WHERE dynamics_id IS NOT NULL;
CREATE INDEX journal_marketo ON journal(marketo_id) WHERE marketo_id IS NOT NULL;
CREATE TABLE cycle(
  id INTEGER PRIMARY KEY AUTOINCREMENT, began INTEGER NOT NULL, ended INTEGER, report TEXT) STRICT;
CREATE TABLE batch(
  id INTEGER PRIMARY KEY AUTOINCREMENT, cycle INTEGER NOT NULL REFERENCES cycle(id), entity TEXT NOT NULL,
  side TEXT NOT NULL, records INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER, written INTEGER NOT NULL,
  failed INTEGER NOT NULL) STRICT;
CREATE INDEX batch_cycle ON batch(cycle);

CREATE TABLE command(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE lease(
  one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL,
  since INTEGER NOT NULL, beat INTEGER NOT NULL, state TEXT NOT NULL, snapshot TEXT) STRICT;
CREATE TABLE ledger(side TEXT NOT NULL, day TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY(side, day))
  STRICT, WITHOUT ROWID;
