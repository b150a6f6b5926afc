//! Who points to whom: records that wait for a parent, and records that have to follow one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::columns::Guid;
use super::{Dirty, DirtyReason, Reader, StoreError, Tx};
use crate::model::{Entity, RecordKey};

/// Records that are marked at once.
const AT_ONCE: i64 = 1_000;

impl Reader<'_> {
    /// The records of `entity` that point to this row.
    pub fn dependants(&self, parent: Uuid, entity: &Entity) -> Result<Vec<RecordKey>, StoreError> {
        self.all(
            "SELECT key FROM dependant WHERE parent = ?1 AND entity = ?2 ORDER BY key",
            (Guid(parent), entity),
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Remembers that a record points to `parent`. A lasting note is looked at whenever the parent becomes another
    /// record in Marketo; any other only until it is there.
    pub fn depend(
        &self,
        parent: Uuid,
        entity: &Entity,
        key: RecordKey,
        lasting: bool,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO dependant(parent, entity, key, lasting) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET lasting = max(lasting, excluded.lasting)",
            (Guid(parent), entity, key, lasting),
        )
        .map(drop)
    }

    /// Notes where `parent` led when a record that follows it was last looked at; none: nowhere.
    pub fn led(
        &self,
        parent: Uuid,
        entity: &Entity,
        key: RecordKey,
        to: Option<Uuid>,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE dependant SET led = ?4 WHERE parent = ?1 AND entity = ?2 AND key = ?3",
            (Guid(parent), entity, key, Guid(to.unwrap_or_default())),
        )
        .map(drop)
    }

    /// `parent` leads to `to`: the records of `entity` that were last looked at when it led elsewhere, or before anybody
    /// knew, are looked at now.
    pub fn leads(
        &self,
        parent: Uuid,
        entity: &Entity,
        to: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let told = Some(to.unwrap_or_default());
        self.look_at(parent, Some(entity), told, now).map(drop)
    }

    /// Forgets that a record points to `parent`.
    pub fn undepend(
        &self,
        parent: Uuid,
        entity: &Entity,
        key: RecordKey,
    ) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM dependant WHERE parent = ?1 AND entity = ?2 AND key = ?3",
            (Guid(parent), entity, key),
        )
        .map(drop)
    }

    /// `parent` is there, or is another record than before: whoever points to it is looked at now.
    pub fn wake(&self, parent: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
        if !self.look_at(parent, None, None, now)? {
            return Ok(());
        }
        self.run(
            "DELETE FROM dependant WHERE parent = ?1 AND lasting = 0",
            [Guid(parent)],
        )
        .map(drop)
    }

    /// Something of `parent` has changed that matters to the records of `entity` alone: they are looked at now.
    pub fn wake_of(
        &self,
        parent: Uuid,
        entity: &Entity,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.look_at(parent, Some(entity), None, now).map(drop)
    }

    /// Marks who points to `parent`, some at a time, but not those who were `told` where it leads now; whether there is
    /// anybody.
    fn look_at(
        &self,
        parent: Uuid,
        entity: Option<&Entity>,
        told: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut after: Option<(Entity, RecordKey)> = None;
        loop {
            let (from, key) = after.clone().unzip();
            let found: Vec<(Entity, RecordKey)> = self.all(
                "SELECT entity, key FROM dependant WHERE parent = ?1 AND (?2 IS NULL OR entity = ?2)
                   AND (?3 IS NULL OR (entity, key) > (?3, ?4)) AND (?6 IS NULL OR led IS NOT ?6)
                 ORDER BY entity, key LIMIT ?5",
                (Guid(parent), entity, from, key, AT_ONCE, told.map(Guid)),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let Some(last) = found.last().cloned() else {
                return Ok(after.is_some());
            };
            // A retry's time replaces the one that was set when it began to wait.
            let marks: Vec<Dirty> = found
                .into_iter()
                .map(|(entity, key)| Dirty::new(entity, key, DirtyReason::Retry, now))
                .collect();
            self.mark_dirty(&marks)?;
            after = Some(last);
        }
    }
}
