-- The custom entities the admin added, in the order of adding: which table, which type in Marketo, how far it is.
CREATE TABLE custom_entity(id INTEGER PRIMARY KEY, entity TEXT NOT NULL UNIQUE, document TEXT NOT NULL) STRICT;
