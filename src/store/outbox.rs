//! The outbox: what is about to be written, stored before the call that writes it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::columns::{At, Count, Guid, Json, numbered};
use super::{Reader, StoreError, Tx};
use crate::model::{
    Cause, ConflictId, CycleId, Entity, LinkId, MarketoId, OpId, RecordKey, Side, Value,
};

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpState {
    /// Intended; no call was made.
    Planned,
    /// A call is on its way.
    Sent,
    /// Nobody knows whether it was done: it settles, then its record is looked at again.
    Unknown,
    /// It has settled: it holds nothing up, and is kept until its record, looked at again, tells whether it was done.
    Rested,
}

numbered!(OpState { Planned = 0, Sent = 1, Unknown = 2, Rested = 3 });

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpKind {
    /// Creates a record.
    Create,
    /// Changes fields.
    Update,
    /// Deletes a record.
    Delete,
    /// Flags a record as deleted on the other side.
    Flag,
    /// Deletes a person whose row left the scope; the row keeps its link, without a person.
    Drop,
}

numbered!(OpKind { Create = 0, Update = 1, Delete = 2, Flag = 3, Drop = 4 });

/// One field of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpField {
    /// The logical field.
    pub field: String,
    /// Its name in the side's API.
    pub name: String,
    /// The value that was there.
    pub before: Value,
    /// The raw value that is sent.
    pub after: Value,
    /// The base, once the write is acknowledged.
    pub canonical: Value,
    /// Who decided.
    pub cause: Cause,
    /// The conflict this carries out.
    pub conflict: Option<ConflictId>,
}

/// An unfinished operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Its id, never used twice.
    pub id: OpId,
    /// The link; none while a create has not made one.
    pub link: Option<LinkId>,
    /// The entity.
    pub entity: Entity,
    /// The side that is written.
    pub side: Side,
    /// What it does.
    pub kind: OpKind,
    /// How far it is.
    pub state: OpState,
    /// The Dynamics row; for a create in Dynamics the GUID we chose.
    pub dynamics: Option<Uuid>,
    /// The Marketo person.
    pub marketo: Option<MarketoId>,
    /// The row version the write depends on.
    pub version: Option<String>,
    /// What is written.
    pub fields: Vec<OpField>,
    /// How often it was sent.
    pub attempt: u32,
    /// When it was last sent.
    pub sent: Option<DateTime<Utc>>,
    /// Until when an unknown outcome settles.
    pub settle: Option<DateTime<Utc>>,
    /// The cycle it belongs to.
    pub cycle: CycleId,
}

/// An operation to be staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOp {
    /// The link; none while a create has not made one.
    pub link: Option<LinkId>,
    /// The entity.
    pub entity: Entity,
    /// The side that is written.
    pub side: Side,
    /// What it does.
    pub kind: OpKind,
    /// The Dynamics row; for a create in Dynamics the GUID we chose.
    pub dynamics: Option<Uuid>,
    /// The Marketo person.
    pub marketo: Option<MarketoId>,
    /// The row version the write depends on.
    pub version: Option<String>,
    /// What is written.
    pub fields: Vec<OpField>,
    /// How often it was sent before.
    pub attempt: u32,
    /// When it was last sent.
    pub sent: Option<DateTime<Utc>>,
    /// Until when an unknown outcome settles.
    pub settle: Option<DateTime<Utc>>,
    /// The cycle it belongs to.
    pub cycle: CycleId,
}

const COLUMNS: &str = "id, link, entity, side, kind, state, dynamics, marketo, version, fields, attempt, sent, settle, cycle";

fn read(row: &Row<'_>) -> rusqlite::Result<Op> {
    Ok(Op {
        id: row.get(0)?,
        link: row.get(1)?,
        entity: row.get(2)?,
        side: row.get(3)?,
        kind: row.get(4)?,
        state: row.get(5)?,
        dynamics: row.get::<_, Option<Guid>>(6)?.map(|id| id.0),
        marketo: row.get(7)?,
        version: row.get(8)?,
        fields: row.get::<_, Json<Vec<OpField>>>(9)?.0,
        attempt: row.get(10)?,
        sent: row.get::<_, Option<At>>(11)?.map(|at| at.0),
        settle: row.get::<_, Option<At>>(12)?.map(|at| at.0),
        cycle: row.get(13)?,
    })
}

impl Reader<'_> {
    /// The first `limit` operations in this state, oldest first.
    pub fn ops(&self, state: OpState, limit: usize) -> Result<Vec<Op>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = ?1 ORDER BY id LIMIT ?2");
        self.all(&sql, (state, limit as i64), read)
    }

    /// The first `limit` operations of unknown outcome that have settled at `now`.
    pub fn ops_settled(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Op>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state = 2 AND settle <= ?1 ORDER BY settle LIMIT ?2"
        );
        self.all(&sql, (At(now), limit as i64), read)
    }

    /// The operations of these links that have settled, and of which nobody knows yet whether they were done.
    pub fn rested(&self, links: &[LinkId]) -> Result<HashMap<LinkId, Vec<Op>>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE link = ?1 AND state = 3 ORDER BY id");
        let mut found = HashMap::new();
        for &link in links {
            let ops: Vec<Op> = self.all(&sql, [link], read)?;
            found.extend((!ops.is_empty()).then_some((link, ops)));
        }
        Ok(found)
    }

    /// Which of these links have an unfinished operation, and when the last of them has settled; none while one is
    /// on its way.
    pub fn unfinished(
        &self,
        links: &[LinkId],
    ) -> Result<HashMap<LinkId, Option<DateTime<Utc>>>, StoreError> {
        let mut statement = self.conn().prepare_cached(
            "SELECT count(*), count(settle), max(settle) FROM outbox
             WHERE link = ?1 AND link IS NOT NULL AND state <> 3",
        )?;
        let mut found = HashMap::new();
        for &link in links {
            let (ops, settling, last) = statement.query_row([link], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, Option<At>>(2)?,
                ))
            })?;
            if ops > 0 {
                found.insert(link, last.filter(|_| settling == ops).map(|at| at.0));
            }
        }
        Ok(found)
    }

    /// The conflicts that unfinished operations of this link apply, `except` left out.
    pub fn conflicts_in_outbox(
        &self,
        link: LinkId,
        except: OpId,
    ) -> Result<HashSet<ConflictId>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE link = ?1 AND id <> ?2");
        let ops: Vec<Op> = self.all(&sql, (link, except), read)?;
        Ok(ops
            .iter()
            .flat_map(|op| &op.fields)
            .filter_map(|field| field.conflict)
            .collect())
    }

    /// Which of these records an unfinished operation touches.
    pub fn unfinished_keys(&self, keys: &[RecordKey]) -> Result<HashSet<RecordKey>, StoreError> {
        let mut by_dynamics = self
            .conn()
            .prepare_cached("SELECT 1 FROM outbox WHERE dynamics = ?1 LIMIT 1")?;
        let mut by_marketo = self
            .conn()
            .prepare_cached("SELECT 1 FROM outbox WHERE marketo = ?1 LIMIT 1")?;
        let mut found = HashSet::new();
        for &key in keys {
            let there = match key {
                RecordKey::Dynamics(id) => by_dynamics.exists([Guid(id)])?,
                RecordKey::Marketo(id) => by_marketo.exists([id])?,
            };
            if there {
                found.insert(key);
            }
        }
        Ok(found)
    }

    /// The unfinished operations of a link.
    pub fn ops_of(&self, link: LinkId) -> Result<Vec<Op>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE link = ?1 ORDER BY id");
        self.all(&sql, [link], read)
    }

    /// How many operations are unfinished.
    pub fn outbox_count(&self) -> Result<u64, StoreError> {
        let count = self.first("SELECT count(*) FROM outbox", (), |row| {
            row.get::<_, Count>(0)
        })?;
        Ok(count.map_or(0, |count| count.0))
    }
}

impl Tx<'_> {
    /// Stores intents, in order. A planned or rested one of the same link (or, without a link, of the same key) and side
    /// is replaced; one that was sent makes it [`StoreError::Taken`].
    pub fn stage(&self, ops: &[NewOp]) -> Result<Vec<OpId>, StoreError> {
        ops.iter().map(|op| self.stage_one(op)).collect()
    }

    fn stage_one(&self, op: &NewOp) -> Result<OpId, StoreError> {
        self.make_room(op)?;
        self.run(
            "INSERT INTO outbox(link, entity, side, kind, state, dynamics, marketo, version, fields,
                                attempt, sent, settle, cycle)
             VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, CAST(?8 AS BLOB), ?9, ?10, ?11, ?12)",
            params![
                op.link,
                op.entity,
                op.side,
                op.kind,
                op.dynamics.map(Guid),
                op.marketo,
                op.version,
                Json(&op.fields),
                op.attempt,
                op.sent.map(At),
                op.settle.map(At),
                op.cycle,
            ],
        )?;
        Ok(OpId(self.conn().last_insert_rowid()))
    }

    /// Takes the planned operation out of the way that `op` replaces.
    fn make_room(&self, op: &NewOp) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare_cached(
            "SELECT id, state FROM outbox WHERE link = ?1 AND link IS NOT NULL AND side = ?2
             UNION ALL
             SELECT id, state FROM outbox WHERE ?1 IS NULL AND link IS NULL AND dynamics = ?3
               AND entity = ?5 AND side = ?2
             UNION
             SELECT id, state FROM outbox WHERE ?1 IS NULL AND link IS NULL AND marketo = ?4
               AND entity = ?5 AND side = ?2",
        )?;
        let keys = params![
            op.link,
            op.side,
            op.dynamics.map(Guid),
            op.marketo,
            op.entity
        ];
        let before = statement.query_map(keys, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let before: Vec<(OpId, OpState)> = before.collect::<Result<_, _>>()?;
        let replaced = |state: &OpState| matches!(state, OpState::Planned | OpState::Rested);
        if !before.iter().all(|(_, state)| replaced(state)) {
            return Err(StoreError::Taken("the record: an operation on its way"));
        }
        let replaced: Vec<OpId> = before.into_iter().map(|(id, _)| id).collect();
        self.finish_ops(&replaced)
    }

    /// The calls are being made: from here on a crash leaves their outcome unknown.
    pub fn mark_sent(&self, ops: &[OpId], at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 1, sent = ?2, attempt = attempt + 1 WHERE id = ?1";
        let mut statement = self.conn().prepare_cached(sql)?;
        for op in ops {
            statement.execute((op, At(at)))?;
        }
        Ok(())
    }

    /// Nobody knows what became of them; they settle until `settle_at`.
    pub fn mark_unknown(&self, ops: &[OpId], settle_at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 2, settle = ?2 WHERE id = ?1";
        let mut statement = self.conn().prepare_cached(sql)?;
        for op in ops {
            statement.execute((op, At(settle_at)))?;
        }
        Ok(())
    }

    /// They have settled: from here on they hold nothing up.
    pub fn mark_rested(&self, ops: &[OpId]) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 3 WHERE id = ?1";
        ops.iter().try_for_each(|op| self.run(sql, [op]).map(drop))
    }

    /// Forgets operations: acknowledged, refused, dropped, or settled and marked to be looked at again.
    pub fn finish_ops(&self, ops: &[OpId]) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
        for op in ops {
            statement.execute([op])?;
        }
        Ok(())
    }
}
