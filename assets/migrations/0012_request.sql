-- The vendor's id of the call that refused a record: its support asks for it.
ALTER TABLE failure ADD COLUMN request TEXT;
