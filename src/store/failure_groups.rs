//! Failures that are alike, counted together; parked and retried as one.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params_from_iter};

use super::columns::{At, Count};
use super::conflict_list::like;
use super::failures::{COLUMNS, FailureFilter, conditions, read as failure};
use super::{Reader, StoreError, Tx};
use crate::model::{Entity, Failure, FailureClass, RecordKey, Side};

/// Groups listed at most: the largest ones.
const GROUPS: usize = 500;
/// Failures parked by one call at most; the next call takes the next ones.
const PARKED_AT_ONCE: usize = 100_000;

/// Failures of one entity, direction, class, code and field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// Their entity.
    pub entity: Entity,
    /// The side the writes were meant for.
    pub direction: Side,
    /// What kind of trouble.
    pub class: FailureClass,
    /// The vendor's code.
    pub code: String,
    /// The logical field, where it is known.
    pub field: Option<String>,
    /// How many there are.
    pub count: u64,
    /// How many of them are parked.
    pub parked: u64,
    /// When the first of the others is tried again.
    pub next_try: Option<DateTime<Utc>>,
    /// One of their messages.
    pub message: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<FailureGroup> {
    Ok(FailureGroup {
        entity: row.get(0)?,
        direction: row.get(1)?,
        class: row.get(2)?,
        code: row.get(3)?,
        field: row.get(4)?,
        count: row.get::<_, Count>(5)?.0,
        parked: row.get::<_, Count>(6)?.0,
        next_try: row.get::<_, Option<At>>(7)?.map(|at| at.0),
        message: row.get(8)?,
    })
}

impl Reader<'_> {
    /// The failures the filter admits, grouped by what they have in common (500 groups at most), the largest first.
    pub fn failure_groups(&self, filter: &FailureFilter) -> Result<Vec<FailureGroup>, StoreError> {
        let text = filter.text.as_deref().map(like);
        let (conditions, values) = conditions(filter, text.as_ref());
        let sql = format!(
            "SELECT entity, direction, class, code, field, count(*), sum(status = 'parked'), min(next_try),
                    max(message)
             FROM failure WHERE {conditions}
             GROUP BY entity, direction, class, code, field
             ORDER BY count(*) DESC, entity, direction, class, code, field LIMIT {GROUPS}"
        );
        self.all(&sql, params_from_iter(values), read)
    }
}

impl Reader<'_> {
    /// The failures of these records that have not healed.
    pub fn failures_of(&self, keys: &[RecordKey]) -> Result<Vec<Failure>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM failure
             WHERE entity IN (SELECT DISTINCT entity FROM tally WHERE what = 'failure' AND n > 0)
               AND direction IN ('dynamics', 'marketo') AND key = ?1 AND status <> 'healed'"
        );
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.all(&sql, [key], failure)?);
        }
        Ok(found)
    }
}

impl Tx<'_> {
    /// Parks failures that wait for their next try: they wait for the admin instead. How many; 100,000 at most.
    pub fn park_failures(&self, filter: &FailureFilter) -> Result<usize, StoreError> {
        let text = filter.text.as_deref().map(like);
        let (conditions, values) = conditions(filter, text.as_ref());
        let sql = format!(
            "UPDATE failure SET status = 'parked', next_try = NULL WHERE id IN (
               SELECT id FROM failure WHERE {conditions} AND status = 'waiting'
               ORDER BY id LIMIT {PARKED_AT_ONCE})
             RETURNING entity, key"
        );
        let parked: Vec<(String, Vec<u8>)> = self.all(&sql, params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        // Only what waits for nothing but its next try (4) is forgotten: a change that was seen meanwhile is looked at.
        let mut forget = self
            .conn()
            .prepare_cached("DELETE FROM dirty WHERE entity = ?1 AND key = ?2 AND reason = 4")?;
        for record in &parked {
            forget.execute((&record.0, &record.1))?;
        }
        Ok(parked.len())
    }
}
