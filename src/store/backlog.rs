//! How much waits to be looked at, and since when.

use chrono::{DateTime, Utc};

use super::columns::{At, Count};
use super::{Reader, StoreError};
use crate::model::Entity;

/// How much of an entity waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Records that could be looked at now.
    pub due: u64,
    /// Records that wait for their time: settling, or to be tried again.
    pub later: u64,
    /// Since when the oldest of all waits.
    pub oldest: Option<DateTime<Utc>>,
    /// When the first of those that wait for their time is due.
    pub next_due: Option<DateTime<Utc>>,
}

impl Reader<'_> {
    /// How much of `entity` waits. The total is kept by triggers and both times are the first entry of an index; what is
    /// counted is only what waits for its time, which is rare by nature (retries, settling writes).
    pub fn backlog(&self, entity: &Entity, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let total = self.tally("dirty", entity.name())?;
        let (later, next_due) = self
            .first(
                "SELECT count(*), min(due) FROM dirty
                 WHERE entity = ?1 AND gone IN (0, 1) AND due > ?2",
                (entity, At(now)),
                |row| Ok((row.get::<_, Count>(0)?.0, row.get::<_, Option<At>>(1)?)),
            )?
            .unwrap_or_default();
        let oldest = self.first(
            "SELECT since FROM dirty WHERE entity = ?1 ORDER BY since LIMIT 1",
            [entity],
            |row| row.get::<_, At>(0),
        )?;
        Ok(Backlog {
            due: total.saturating_sub(later),
            later,
            oldest: oldest.map(|at| at.0),
            next_due: next_due.map(|at| at.0),
        })
    }
}
