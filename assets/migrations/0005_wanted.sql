-- A link in state 3 waits for its Dynamics row to be created on request; here, the account that row is to belong to.
CREATE TABLE wanted(link INTEGER PRIMARY KEY REFERENCES link(id), account BLOB NOT NULL) STRICT;
