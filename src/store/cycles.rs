//! Cycles and their batches.

use chrono::{DateTime, Utc};
use rusqlite::Row;

use super::columns::{At, Count, Json};
use super::{Reader, StoreError, Tx};
use crate::model::{CycleId, CycleReport, Entity, Side};

/// One cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleRow {
    /// Its id, counted from 1.
    pub id: CycleId,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When it ended; none while it runs, or where its process died.
    pub ended: Option<DateTime<Utc>>,
    /// What it did.
    pub report: Option<CycleReport>,
}

/// One batch of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its id.
    pub id: i64,
    /// The cycle it belongs to.
    pub cycle: CycleId,
    /// Its entity.
    pub entity: Entity,
    /// The side that was written.
    pub side: Side,
    /// Records in it.
    pub records: u64,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// Records written.
    pub written: u64,
    /// Records refused.
    pub failed: u64,
}

/// Batches listed of one cycle at most: the last ones.
const BATCHES: i64 = 10_000;

fn cycle(row: &Row<'_>) -> rusqlite::Result<CycleRow> {
    Ok(CycleRow {
        id: row.get(0)?,
        began: row.get::<_, At>(1)?.0,
        ended: row.get::<_, Option<At>>(2)?.map(|at| at.0),
        report: row.get::<_, Option<Json<_>>>(3)?.map(|json| json.0),
    })
}

fn batch(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    Ok(BatchRow {
        id: row.get(0)?,
        cycle: row.get(1)?,
        entity: row.get(2)?,
        side: row.get(3)?,
        records: row.get::<_, Count>(4)?.0,
        began: row.get::<_, At>(5)?.0,
        ended: row.get::<_, Option<At>>(6)?.map(|at| at.0),
        written: row.get::<_, Count>(7)?.0,
        failed: row.get::<_, Count>(8)?.0,
    })
}

impl Reader<'_> {
    /// The next `limit` cycles before `after`, newest first.
    pub fn cycles(
        &self,
        after: Option<CycleId>,
        limit: usize,
    ) -> Result<Vec<CycleRow>, StoreError> {
        self.all(
            "SELECT id, began, ended, report FROM cycle WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            (after.map_or(i64::MAX, |id| id.0), limit as i64),
            cycle,
        )
    }

    /// The newest cycle, running or ended.
    pub fn last_cycle(&self) -> Result<Option<CycleRow>, StoreError> {
        Ok(self.cycles(None, 1)?.pop())
    }

    /// One cycle.
    pub fn cycle(&self, id: CycleId) -> Result<Option<CycleRow>, StoreError> {
        let sql = "SELECT id, began, ended, report FROM cycle WHERE id = ?1";
        self.first(sql, [id], cycle)
    }

    /// The last batches of a cycle (10,000 at most), in the order they began.
    pub fn batches(&self, cycle: CycleId) -> Result<Vec<BatchRow>, StoreError> {
        let mut batches = self.all(
            "SELECT id, cycle, entity, side, records, began, ended, written, failed FROM batch
             WHERE cycle = ?1 ORDER BY id DESC LIMIT ?2",
            (cycle, BATCHES),
            batch,
        )?;
        batches.reverse();
        Ok(batches)
    }
}

impl Tx<'_> {
    /// Begins a cycle.
    pub fn begin_cycle(&self, at: DateTime<Utc>) -> Result<CycleId, StoreError> {
        self.run("INSERT INTO cycle(began) VALUES(?1)", [At(at)])?;
        Ok(CycleId(self.conn().last_insert_rowid()))
    }

    /// Ends the cycle the report names.
    pub fn finish_cycle(&self, report: &CycleReport, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "UPDATE cycle SET ended = ?2, report = ?3 WHERE id = ?1";
        self.run(sql, (report.cycle, At(at), Json(report)))
            .map(drop)
    }

    /// Forgets the oldest `limit` cycles that began before `before`, and their batches; how many were forgotten.
    pub fn prune_cycles(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        let old =
            "SELECT id FROM (SELECT id, began FROM cycle ORDER BY id LIMIT ?2) WHERE began < ?1";
        let batches = format!("DELETE FROM batch WHERE cycle IN ({old})");
        self.run(&batches, (At(before), limit as i64))?;
        let cycles = format!("DELETE FROM cycle WHERE id IN ({old})");
        self.run(&cycles, (At(before), limit as i64))
    }

    /// Begins a batch.
    pub fn begin_batch(
        &self,
        cycle: CycleId,
        entity: &Entity,
        side: Side,
        records: u64,
        at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        self.run(
            "INSERT INTO batch(cycle, entity, side, records, began, written, failed)
             VALUES(?1, ?2, ?3, ?4, ?5, 0, 0)",
            (cycle, entity, side, Count(records), At(at)),
        )?;
        Ok(self.conn().last_insert_rowid())
    }

    /// Ends a batch.
    pub fn finish_batch(
        &self,
        id: i64,
        at: DateTime<Utc>,
        written: u64,
        failed: u64,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE batch SET ended = ?2, written = ?3, failed = ?4 WHERE id = ?1",
            (id, At(at), Count(written), Count(failed)),
        )
        .map(drop)
    }
}
