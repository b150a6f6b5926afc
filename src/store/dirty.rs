//! The records that must be looked at: observations, never work.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::types::FromSqlError;
use rusqlite::{Row, params};

use super::columns::{At, Count, numbered};
use super::{Reader, StoreError, Tx, compact};
use crate::model::{Entity, FailureClass, Record, RecordKey};

/// Why a record must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirtyReason {
    /// A change feed named it.
    Feed,
    /// The first copy reached it.
    Copy,
    /// A conflict of it was decided or taken back.
    Conflict,
    /// A write of it had an unknown outcome and has settled.
    Settle,
    /// A failed write is tried again.
    Retry,
    /// A changed mapping or filter asks for another look.
    Backfill,
    /// It had moved under a conditional write.
    Stale,
    /// A tombstone named it.
    Delete,
    /// Its write is held back by a pause; due again when that ends.
    Held,
    /// A feed no longer reaches back far enough: the person was read and differs from what is agreed.
    Compare,
}

numbered!(DirtyReason {
    Feed = 0,
    Copy = 1,
    Conflict = 2,
    Settle = 3,
    Retry = 4,
    Backfill = 5,
    Stale = 6,
    Delete = 7,
    Held = 8,
    Compare = 9,
});

/// One record that must be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirty {
    /// Its entity; `person` for a Marketo person whose entity is not known yet.
    pub entity: Entity,
    /// Which record.
    pub key: RecordKey,
    /// Why, as last marked.
    pub reason: DirtyReason,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// Not to be looked at before.
    pub due: DateTime<Utc>,
    /// Given by the store, different for every marking; ignored when marking.
    pub seq: i64,
    /// Whether a tombstone was the last thing seen of it.
    pub gone: bool,
    /// The values the feed itself brought (Dynamics).
    pub record: Option<Record>,
}

impl Dirty {
    /// A record marked at `now`, due at once, without values.
    pub fn new(entity: Entity, key: RecordKey, reason: DirtyReason, now: DateTime<Utc>) -> Self {
        Self {
            entity,
            key,
            reason,
            since: now,
            due: now,
            seq: 0,
            gone: false,
            record: None,
        }
    }
}

/// A time of its own (a retry's, a settling write's) replaces the due time; any other mark can only bring it forward.
/// What an admin asked for stays his wish when a feed names it too.
/// A record that is seen again is not gone; one that is gone has no values.
/// What a feed brought is kept until it is looked at, unless the row is known to have moved since (6).
const MARK: &str = "INSERT INTO dirty(entity, key, reason, since, due, seq, gone, record)
    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT(entity, key) DO UPDATE SET
      reason = iif(reason = 2 AND excluded.reason IN (0, 1), 2, excluded.reason),
      since = min(since, excluded.since),
      due = iif(excluded.reason IN (3, 4, 8), excluded.due, min(due, excluded.due)),
      seq = excluded.seq,
      gone = CASE WHEN excluded.gone THEN 1 WHEN excluded.record IS NOT NULL THEN 0 ELSE gone END,
      record = iif(excluded.gone OR excluded.reason = 6, NULL, coalesce(excluded.record, record))";

/// What is due, by urgency; the last one finds whatever the others leave.
const BY_URGENCY: [&str; 3] = [
    "SELECT id, key FROM dirty INDEXED BY dirty_asked
     WHERE entity = ?1 AND gone = ?3 AND due <= ?2 AND reason = 2 ORDER BY due, since",
    "SELECT id, key FROM dirty INDEXED BY dirty_everyday
     WHERE entity = ?1 AND gone = ?3 AND due <= ?2 AND reason NOT IN (1, 5, 9) ORDER BY due, since",
    "SELECT id, key FROM dirty WHERE entity = ?1 AND gone = ?3 AND due <= ?2
     ORDER BY due, since",
];

fn read(row: &Row<'_>) -> rusqlite::Result<Dirty> {
    let key = row.get(1)?;
    let record: Option<Vec<u8>> = row.get(7)?;
    Ok(Dirty {
        entity: row.get(0)?,
        key,
        reason: row.get(2)?,
        since: row.get::<_, At>(3)?.0,
        due: row.get::<_, At>(4)?.0,
        seq: row.get(5)?,
        gone: row.get(6)?,
        record: record
            .map(|json| compact::record_in(key, &json))
            .transpose()
            .map_err(FromSqlError::other)?,
    })
}

impl Reader<'_> {
    /// The next `limit` records of `entity` that are due at `now`, the longest due first, without those in `excluding`
    /// (in work already). Either the deleted ones (`gone`), which are carried out last, or all others. All of one
    /// urgency: what an admin asked for, else everyday changes, else background work.
    ///
    /// Steps along one index that holds the key, and reads a row only once it is chosen; it looks at `limit` entries
    /// and at most one more for each excluded key.
    pub fn take_dirty(
        &self,
        entity: &Entity,
        now: DateTime<Utc>,
        gone: bool,
        limit: usize,
        excluding: &HashSet<RecordKey>,
    ) -> Result<Vec<Dirty>, StoreError> {
        for search in BY_URGENCY {
            let taken = self.take_by(search, (entity, now, gone), limit, excluding)?;
            if !taken.is_empty() {
                return Ok(taken);
            }
        }
        Ok(Vec::new())
    }

    fn take_by(
        &self,
        search: &str,
        (entity, now, gone): (&Entity, DateTime<Utc>, bool),
        limit: usize,
        excluding: &HashSet<RecordKey>,
    ) -> Result<Vec<Dirty>, StoreError> {
        let mut search = self.conn().prepare_cached(search)?;
        let mut fetch = self.conn().prepare_cached(
            "SELECT entity, key, reason, since, due, seq, gone, record FROM dirty WHERE id = ?1",
        )?;
        let mut found = search.query(params![entity, At(now), gone])?;
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(row) = found.next()?
        {
            if !excluding.contains(&row.get(1)?) {
                taken.push(fetch.query_row([row.get::<_, i64>(0)?], read)?);
            }
        }
        Ok(taken)
    }

    /// Whether something waits that an admin asked for.
    pub fn anything_asked(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let found = self.first(
            "SELECT 1 FROM dirty WHERE reason = 2 AND due <= ?1 LIMIT 1",
            [At(now)],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// How many deleted records of `entity` are due at `now`.
    pub fn gone_count(&self, entity: &Entity, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let count = self.first(
            "SELECT count(*) FROM dirty WHERE entity = ?1 AND gone = 1 AND due <= ?2",
            (entity, At(now)),
            |row| row.get::<_, Count>(0),
        )?;
        Ok(count.map_or(0, |count| count.0))
    }

    /// One record's mark.
    pub fn dirty(&self, entity: &Entity, key: RecordKey) -> Result<Option<Dirty>, StoreError> {
        self.first(
            "SELECT entity, key, reason, since, due, seq, gone, record FROM dirty
             WHERE entity = ?1 AND key = ?2",
            (entity, key),
            read,
        )
    }
}

impl Tx<'_> {
    /// Marks records to be looked at; a record already marked keeps its place, and gets a new `seq`.
    pub fn mark_dirty(&self, marks: &[Dirty]) -> Result<(), StoreError> {
        let first = self.draw(marks.len() as i64)?;
        let mut statement = self.conn().prepare_cached(MARK)?;
        for (seq, mark) in (first..).zip(marks) {
            let record = mark.record.as_ref().filter(|_| !mark.gone);
            let record = record
                .map(compact::record_out)
                .transpose()
                .map_err(|_| StoreError::Damaged("a record cannot be stored"))?;
            statement.execute(params![
                mark.entity,
                mark.key,
                mark.reason,
                At(mark.since),
                At(mark.due),
                seq,
                mark.gone,
                record,
            ])?;
        }
        Ok(())
    }

    /// Forgets records that were looked at, unless they were marked again meanwhile.
    pub fn clear_dirty(
        &self,
        entity: &Entity,
        seen: &[(RecordKey, i64)],
    ) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("DELETE FROM dirty WHERE entity = ?1 AND key = ?2 AND seq = ?3")?;
        for (key, seq) in seen {
            statement.execute((entity, key, seq))?;
        }
        Ok(())
    }

    /// Forgets the values the feed brought of `entity`'s waiting records, and marks those anew that are being looked at:
    /// they are read afresh.
    pub fn forget_records(&self, entity: &Entity) -> Result<usize, StoreError> {
        self.run(
            "UPDATE dirty SET record = NULL, seq = ?2 WHERE entity = ?1",
            (entity, self.draw(1)?),
        )
    }

    /// Puts records that were looked at off until `due`, unless they were marked again meanwhile: a pause holds them. By
    /// then they are read afresh.
    pub fn hold_dirty(
        &self,
        entity: &Entity,
        seen: &[(RecordKey, i64)],
        due: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare_cached(
            "UPDATE dirty SET reason = ?4, due = ?5, record = NULL WHERE entity = ?1 AND key = ?2 AND seq = ?3",
        )?;
        for (key, seq) in seen {
            statement.execute((entity, key, seq, DirtyReason::Held, At(due)))?;
        }
        Ok(())
    }

    /// Puts off until `until` what is tried again only because it failed; a missing parent is not waited for longer.
    pub fn put_off_retries(
        &self,
        entity: &Entity,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        self.run(
            "UPDATE dirty SET due = ?3 WHERE entity = ?1 AND due <= ?2 AND reason = ?4
               AND EXISTS (SELECT 1 FROM failure WHERE failure.entity = dirty.entity
                 AND failure.key = dirty.key AND status <> 'healed' AND class <> ?5)",
            (
                entity,
                At(now),
                At(until),
                DirtyReason::Retry,
                FailureClass::MissingParent,
            ),
        )
    }

    /// Has every record looked at again at `now` whose write a pause held back.
    pub fn release_held(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.run(
            "UPDATE dirty SET due = ?2 WHERE reason = ?1 AND due > ?2",
            (DirtyReason::Held, At(now)),
        )
    }

    /// The first of `count` numbers never drawn before.
    fn draw(&self, count: i64) -> Result<i64, StoreError> {
        let next: Option<i64> = self.first(
            "INSERT INTO tally VALUES('seq', '', ?1) ON CONFLICT DO UPDATE SET n = n + excluded.n
             RETURNING n",
            [count],
            |row| row.get(0),
        )?;
        Ok(next.unwrap_or(count) - count + 1)
    }
}
