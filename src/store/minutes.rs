//! What waited and what was written, minute by minute, for as long as a week and a day.

use chrono::{DateTime, Utc};

use super::columns::Count;
use super::{Reader, StoreError, Tx};
use crate::model::Entity;

/// Seconds a minute.
const MINUTE: i64 = 60;

/// One minute of one entity. Minutes in which nothing waited and nothing was written are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// When it began.
    pub at: DateTime<Utc>,
    /// Records that waited at its end.
    pub backlog: u64,
    /// Records that were written in it.
    pub written: u64,
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(MINUTE)
}

impl Reader<'_> {
    /// The minutes of `entity` from `from` on, oldest first.
    pub fn minutes(&self, entity: &Entity, from: DateTime<Utc>) -> Result<Vec<Minute>, StoreError> {
        self.all(
            "SELECT at, backlog, written FROM minute WHERE entity = ?1 AND at >= ?2 ORDER BY at",
            (entity, minute(from)),
            |row| {
                let at = DateTime::from_timestamp(row.get::<_, i64>(0)? * MINUTE, 0);
                Ok(Minute {
                    at: at.unwrap_or_default(),
                    backlog: row.get::<_, Count>(1)?.0,
                    written: row.get::<_, Count>(2)?.0,
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Notes what waits now, and that so much more was written in this minute.
    pub fn count_minute(
        &self,
        entity: &Entity,
        at: DateTime<Utc>,
        backlog: u64,
        written: u64,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO minute(entity, at, backlog, written) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET backlog = excluded.backlog, written = written + excluded.written",
            (entity, minute(at), Count(backlog), Count(written)),
        )
        .map(drop)
    }

    /// Forgets the minutes before `before`, at most `limit` of them; how many were forgotten.
    pub fn prune_minutes(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.run(
            "DELETE FROM minute WHERE (entity, at) IN
             (SELECT entity, at FROM minute WHERE at < ?1 LIMIT ?2)",
            (minute(before), limit as i64),
        )
    }
}
