-- The rules of an entity beyond direction and policy, as one JSON document; and every version of its field map.
ALTER TABLE entity_setting ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
CREATE TABLE mapping(
  entity TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY(entity, version)) STRICT, WITHOUT ROWID;
