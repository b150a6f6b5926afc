-- Where a parent led when a record that follows it was last looked at: the account of an opportunity's contact. NULL: not
-- known; all zeros: nowhere.
ALTER TABLE dependant ADD COLUMN led BLOB;
