-- Rows whose filter asks about a row they point to, by that row; and what was last seen of it, by the feed that watches it.
CREATE TABLE related_child(
  parent BLOB NOT NULL, entity TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY(parent, entity, key)) STRICT, WITHOUT ROWID;
CREATE TABLE related_seen(
  feed TEXT NOT NULL, parent BLOB NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY(feed, parent)) STRICT, WITHOUT ROWID;
