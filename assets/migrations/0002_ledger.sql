-- Which field a failure is about, where that is known; and whether the refused write carried out a delete.
ALTER TABLE failure ADD COLUMN field TEXT;
ALTER TABLE failure ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
