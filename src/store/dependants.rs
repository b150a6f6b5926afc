//! Who points to whom: records that wait for a parent, and records that have to follow one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::columns::Guid;
use super::{Dirty, DirtyReason, Reader, StoreError, Tx};
use crate::model::{Entity, RecordKey};

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
        let waiting: Vec<(Entity, RecordKey)> = self.all(
            "SELECT entity, key FROM dependant WHERE parent = ?1",
            [Guid(parent)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if waiting.is_empty() {
            return Ok(());
        }
        // A retry's time replaces the one that was set when it began to wait.
        let marks: Vec<Dirty> = waiting
            .into_iter()
            .map(|(entity, key)| Dirty::new(entity, key, DirtyReason::Retry, now))
            .collect();
        self.mark_dirty(&marks)?;
        self.run(
            "DELETE FROM dependant WHERE parent = ?1 AND lasting = 0",
            [Guid(parent)],
        )
        .map(drop)
    }
}
