-- Leads that became contacts, by the lead: which contact, which person they are in Marketo, whether the contact took
-- the person over from the lead's link (or was there first), and when Dynamics reported the contact's row as deleted.
CREATE TABLE conversion(
  lead BLOB PRIMARY KEY, contact BLOB NOT NULL, marketo INTEGER, taken INTEGER NOT NULL, at INTEGER NOT NULL,
  gone INTEGER) STRICT, WITHOUT ROWID;
CREATE INDEX conversion_contact ON conversion(contact);
CREATE INDEX conversion_at ON conversion(at);
