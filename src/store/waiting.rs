//! What waits, by the reason it waits for; for `status`, not for the running engine.

use chrono::{DateTime, Utc};

use super::columns::{At, Count};
use super::{DirtyReason, Reader, StoreError};
use crate::model::{Entity, FailureClass, FailureStatus};

/// Records that wait for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Why they wait.
    pub reason: DirtyReason,
    /// How many.
    pub records: u64,
    /// Since when the oldest waits.
    pub oldest: DateTime<Utc>,
    /// When the first of them is due.
    pub due: DateTime<Utc>,
}

/// Failures of one class and state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Their class.
    pub class: FailureClass,
    /// Whether they wait for their next try or are parked.
    pub status: FailureStatus,
    /// How many.
    pub records: u64,
    /// Since when the oldest fails.
    pub oldest: DateTime<Utc>,
    /// When the first of them is tried again.
    pub next_try: Option<DateTime<Utc>>,
}

impl Reader<'_> {
    /// What of `entity` waits, by reason. Counts every entry.
    pub fn waiting(&self, entity: &Entity) -> Result<Vec<Waiting>, StoreError> {
        self.all(
            "SELECT reason, count(*), min(since), min(due) FROM dirty WHERE entity = ?1
             GROUP BY reason ORDER BY reason",
            [entity],
            |row| {
                Ok(Waiting {
                    reason: row.get(0)?,
                    records: row.get::<_, Count>(1)?.0,
                    oldest: row.get::<_, At>(2)?.0,
                    due: row.get::<_, At>(3)?.0,
                })
            },
        )
    }

    /// The failures of `entity` that have not healed, by class and state.
    pub fn failed(&self, entity: &Entity) -> Result<Vec<Failed>, StoreError> {
        self.all(
            "SELECT class, status, count(*), min(first), min(next_try) FROM failure
             WHERE entity = ?1 AND status <> 'healed' GROUP BY class, status ORDER BY class, status",
            [entity],
            |row| {
                Ok(Failed {
                    class: row.get(0)?,
                    status: row.get(1)?,
                    records: row.get::<_, Count>(2)?.0,
                    oldest: row.get::<_, At>(3)?.0,
                    next_try: row.get::<_, Option<At>>(4)?.map(|at| at.0),
                })
            },
        )
    }
}
