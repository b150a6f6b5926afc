//! Which rows are in scope by what they point to: whom a change of a parent concerns, and what was last seen of it.

use uuid::Uuid;

use super::columns::Guid;
use super::{Reader, StoreError, Tx};
use crate::model::{Entity, RecordKey};

impl Reader<'_> {
    /// The rows of `entity` that point to `parent`, in the order of their keys, from behind `after` on.
    pub fn related_children(
        &self,
        parent: Uuid,
        entity: &Entity,
        after: Option<RecordKey>,
        limit: usize,
    ) -> Result<Vec<RecordKey>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT key FROM related_child WHERE parent = ?1 AND entity = ?2 AND (?3 IS NULL OR key > ?3)
             ORDER BY key LIMIT ?4",
            (Guid(parent), entity, after, limit),
            |row| row.get(0),
        )
    }

    /// The mark of what `feed` last saw of `parent`.
    pub fn related_seen(&self, feed: &str, parent: Uuid) -> Result<Option<i64>, StoreError> {
        self.first(
            "SELECT mark FROM related_seen WHERE feed = ?1 AND parent = ?2",
            (feed, Guid(parent)),
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Remembers that a row points to `parent`, and is in scope by it.
    pub fn relate(&self, parent: Uuid, entity: &Entity, key: RecordKey) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO related_child(parent, entity, key) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (Guid(parent), entity, key),
        )
        .map(drop)
    }

    /// Remembers what `feed` has seen of `parent`.
    pub fn see_related(&self, feed: &str, parent: Uuid, mark: i64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO related_seen(feed, parent, mark) VALUES(?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET mark = excluded.mark",
            (feed, Guid(parent), mark),
        )
        .map(drop)
    }
}
