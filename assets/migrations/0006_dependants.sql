-- Who points to whom, where a record waits for another or has to follow it: a person for a company that is not there
-- yet, a role for its opportunity and its person. `lasting` rows stay; the others go once their parent is there.
CREATE TABLE dependant(
  parent BLOB NOT NULL, entity TEXT NOT NULL, key BLOB NOT NULL, lasting INTEGER NOT NULL,
  PRIMARY KEY(parent, entity, key)) STRICT, WITHOUT ROWID;
