-- Whose an opportunity (kind 0) and a contact (kind 1) is: an account's; read by the option that gives an account's
-- contacts roles. seen: when a feed or a full read last named it. stale: its roles are to be worked out anew; 2: each
-- of them is to be looked at. excess: contacts of an opportunity's account beyond those that get roles.
CREATE TABLE belonging(
  kind INTEGER NOT NULL, row BLOB NOT NULL, account BLOB, mark INTEGER NOT NULL, seen INTEGER NOT NULL,
  stale INTEGER NOT NULL, excess INTEGER NOT NULL, PRIMARY KEY(kind, row)) STRICT, WITHOUT ROWID;
CREATE INDEX belonging_account ON belonging(account, kind, row) WHERE account IS NOT NULL;
CREATE INDEX belonging_stale ON belonging(row) WHERE kind = 0 AND stale > 0;

-- A contact of the account an opportunity belongs to, under the GUID its role is linked by. stands: 0 once it is none.
CREATE TABLE account_role(
  key BLOB PRIMARY KEY, opportunity BLOB NOT NULL, contact BLOB NOT NULL, stands INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_role_pair ON account_role(opportunity, contact);
CREATE INDEX account_role_ended ON account_role(key) WHERE stands = 0;
