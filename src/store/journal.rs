//! The journal: every write to either side, with what it replaced and who decided.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::columns::{At, Guid, Json};
use super::{Reader, StoreError, Tx};
use crate::model::{CycleId, JournalEntry, MarketoId, RecordKey};

/// A journal entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its id; rises with time.
    pub id: i64,
    /// What was written.
    pub entry: JournalEntry,
    /// Whether the feed has shown that it replaced what we believed it did.
    pub verified: bool,
}

pub(super) const COLUMNS: &str = "id, at, cycle, link, entity, dynamics_id, marketo_id, side, field, before, after, cause, verified";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<JournalRow> {
    Ok(JournalRow {
        id: row.get(0)?,
        entry: JournalEntry {
            at: row.get::<_, At>(1)?.0,
            cycle: row.get(2)?,
            link: row.get(3)?,
            entity: row.get(4)?,
            dynamics_id: row.get::<_, Option<Guid>>(5)?.map(|id| id.0),
            marketo_id: row.get(6)?,
            side: row.get(7)?,
            field: row.get(8)?,
            before: row.get(9)?,
            after: row.get(10)?,
            cause: row.get::<_, Json<_>>(11)?.0,
        },
        verified: row.get(12)?,
    })
}

impl Reader<'_> {
    /// The last `limit` writes to a record, newest first, found by either of its ids.
    pub fn journal_of(&self, key: RecordKey, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        let sql = |column| {
            format!("SELECT {COLUMNS} FROM journal WHERE {column} = ?1 ORDER BY id DESC LIMIT ?2")
        };
        match key {
            RecordKey::Dynamics(id) => {
                self.all(&sql("dynamics_id"), (Guid(id), limit as i64), read)
            }
            RecordKey::Marketo(id) => self.all(&sql("marketo_id"), (id, limit as i64), read),
        }
    }

    /// The next `limit` writes of a cycle after the row `after`, in the order they were made.
    pub fn journal_of_cycle(
        &self,
        cycle: CycleId,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM journal WHERE cycle = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        );
        self.all(&sql, (cycle, after.unwrap_or(0), limit as i64), read)
    }

    /// Our writes to one field of a Marketo person since `since` that no feed entry was matched with yet, newest first.
    pub fn recent_marketo_writes(
        &self,
        marketo: MarketoId,
        field: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM journal WHERE marketo_id = ?1 AND field = ?2 AND at >= ?3
             AND side = 'marketo' AND verified = 0 ORDER BY id DESC"
        );
        self.all(&sql, (marketo, field, At(since)), read)
    }
}

impl Tx<'_> {
    /// Adds writes; in the same transaction as the bases they set.
    pub fn journal(&self, entries: &[JournalEntry]) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare_cached(
            "INSERT INTO journal(at, cycle, link, entity, dynamics_id, marketo_id, side, field, before, after,
                                 cause, verified)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0)",
        )?;
        for entry in entries {
            statement.execute(params![
                At(entry.at),
                entry.cycle,
                entry.link,
                entry.entity,
                entry.dynamics_id.map(Guid),
                entry.marketo_id,
                entry.side,
                entry.field,
                entry.before,
                entry.after,
                Json(&entry.cause),
            ])?;
        }
        Ok(())
    }

    /// The feed has shown what these rows replaced.
    pub fn verify_journal(&self, rows: &[i64]) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("UPDATE journal SET verified = 1 WHERE id = ?1")?;
        for row in rows {
            statement.execute([row])?;
        }
        Ok(())
    }

    /// Forgets writes made before `before`, looking at the `limit` oldest rows; how many were forgotten.
    /// Rows are stored in the order of time, so what is too old is at the low end, and no index by time is needed.
    pub fn prune_journal(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.run(
            "DELETE FROM journal WHERE id IN (
               SELECT id FROM (SELECT id, at FROM journal ORDER BY id LIMIT ?2) WHERE at < ?1)",
            (At(before), limit as i64),
        )
    }
}
