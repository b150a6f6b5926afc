-- What waited at the end of a minute (counted from 1970) and what was written in it.
CREATE TABLE minute(
  entity TEXT NOT NULL, at INTEGER NOT NULL, backlog INTEGER NOT NULL, written INTEGER NOT NULL,
  PRIMARY KEY(entity, at)) STRICT, WITHOUT ROWID;
