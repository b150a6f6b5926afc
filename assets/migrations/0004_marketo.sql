-- Activities of Marketo's feeds that were looked at already: stretches of the feeds are read again, because activities
-- come late. Also our own writes that the feed showed before their answer came. Forgotten after a day.
CREATE TABLE activity(guid TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX activity_at ON activity(at);

-- People who exist in Marketo only, by Marketo's id: no personal data, labels are read on demand. Whoever is linked is
-- no longer one of them, whichever part of the engine links him.
CREATE TABLE marketo_only(id INTEGER PRIMARY KEY, updated INTEGER) STRICT;
CREATE TRIGGER marketo_only_in AFTER INSERT ON marketo_only BEGIN
  INSERT INTO tally VALUES('marketo_only', '', 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER marketo_only_out AFTER DELETE ON marketo_only BEGIN
  UPDATE tally SET n = n - 1 WHERE what = 'marketo_only' AND entity = '';
END;
CREATE TRIGGER marketo_only_linked AFTER INSERT ON link WHEN new.marketo IS NOT NULL BEGIN
  DELETE FROM marketo_only WHERE id = new.marketo;
END;
CREATE TRIGGER marketo_only_found AFTER UPDATE OF marketo ON link WHEN new.marketo IS NOT NULL BEGIN
  DELETE FROM marketo_only WHERE id = new.marketo;
END;
