//! Finding writes again: a decision's, a field's, a whole cycle's.

use super::columns::{Guid, Json};
use super::journal::{COLUMNS, JournalRow, read};
use super::{Reader, StoreError};
use crate::model::{Cause, CycleId, RecordKey};

/// Writes one decision can have made at most: a field on two sides, and again where an answer was lost.
const OF_DECISION: i64 = 100;

impl Reader<'_> {
    /// The writes to a record that `cause` decided, the newest first.
    pub fn journal_of_decision(
        &self,
        key: RecordKey,
        cause: &Cause,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let sql = |column| {
            format!(
                "SELECT {COLUMNS} FROM journal WHERE {column} = ?1 AND cause = ?2 ORDER BY id DESC LIMIT ?3"
            )
        };
        match key {
            RecordKey::Dynamics(id) => self.all(
                &sql("dynamics_id"),
                (Guid(id), Json(cause), OF_DECISION),
                read,
            ),
            RecordKey::Marketo(id) => {
                self.all(&sql("marketo_id"), (id, Json(cause), OF_DECISION), read)
            }
        }
    }

    /// Whether a field of a record, or (with none) anything of it, was written, on either side, after the journal row
    /// `last`.
    pub fn written_after(
        &self,
        key: RecordKey,
        field: Option<&str>,
        last: i64,
    ) -> Result<bool, StoreError> {
        let sql = |column| {
            format!(
                "SELECT 1 FROM journal WHERE {column} = ?1 AND (?2 IS NULL OR field = ?2) AND id > ?3 LIMIT 1"
            )
        };
        let there = |_: &rusqlite::Row<'_>| Ok(());
        let found = match key {
            RecordKey::Dynamics(id) => {
                self.first(&sql("dynamics_id"), (Guid(id), field, last), there)?
            }
            RecordKey::Marketo(id) => self.first(&sql("marketo_id"), (id, field, last), there)?,
        };
        Ok(found.is_some())
    }

    /// The first `limit` writes of a cycle, record by record and field by field, each in the order they were made.
    pub fn journal_by_field(
        &self,
        cycle: CycleId,
        limit: usize,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM journal WHERE cycle = ?1 ORDER BY link, dynamics_id, field, id LIMIT ?2"
        );
        self.all(&sql, (cycle, limit as i64), read)
    }
}
