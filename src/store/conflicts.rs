//! Conflicts: opened once, decided, applied or closed; closed ones stay as history.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::columns::{At, Guid, Json};
use super::{Reader, StoreError, Tx};
use crate::model::{
    Conflict, ConflictId, ConflictKind, ConflictStatus, Entity, LinkId, MarketoId, Resolution,
    Value,
};

/// A conflict to be opened; see [`Conflict`] for what the parts mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConflict {
    /// The link it belongs to; none for a match that could not be made.
    pub link: Option<LinkId>,
    /// Its entity.
    pub entity: Entity,
    /// Why a person has to look.
    pub kind: ConflictKind,
    /// The logical field; empty for conflicts about whole records.
    pub field: String,
    /// The Dynamics row, when known.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person, when known.
    pub marketo_id: Option<MarketoId>,
    /// The name or e-mail the list shows.
    pub label: String,
    /// The last agreed value; none when it is not known.
    pub base: Option<Value>,
    /// The Dynamics value that was seen.
    pub dynamics: Value,
    /// The Marketo value that was seen.
    pub marketo: Value,
    /// When it was detected.
    pub detected: DateTime<Utc>,
    /// More for the admin.
    pub note: String,
}

/// What became of a decision, or of taking one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// It stands.
    Done,
    /// The conflict is not in the state the wish needs.
    NotPending,
    /// There is no such conflict.
    Missing,
}

pub(super) const COLUMNS: &str = "id, link, entity, kind, field, dynamics_id, marketo_id, label, base, dynamics, marketo, status, detected, resolution, note";

/// Word for word the condition of the indexes over open conflicts.
const OPEN: &str = "status IN ('pending', 'resolved')";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Conflict> {
    Ok(Conflict {
        id: row.get(0)?,
        link: row.get(1)?,
        entity: row.get(2)?,
        kind: row.get(3)?,
        field: row.get(4)?,
        dynamics_id: row.get::<_, Option<Guid>>(5)?.map(|id| id.0),
        marketo_id: row.get(6)?,
        label: row.get(7)?,
        base: row.get(8)?,
        dynamics: row.get(9)?,
        marketo: row.get(10)?,
        status: row.get(11)?,
        detected: row.get::<_, At>(12)?.0,
        resolution: row
            .get::<_, Option<Json<Resolution>>>(13)?
            .map(|json| json.0),
        note: row.get(14)?,
    })
}

impl Reader<'_> {
    /// One conflict.
    pub fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM conflict WHERE id = ?1");
        self.first(&sql, [id], read)
    }

    /// The conflicts of these links that still freeze their field; links without any are absent.
    pub fn open_conflicts(
        &self,
        links: &[LinkId],
    ) -> Result<HashMap<LinkId, Vec<Conflict>>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM conflict WHERE link = ?1 AND {OPEN} ORDER BY id");
        let mut found = HashMap::new();
        for &link in links {
            let open = self.all(&sql, [link], read)?;
            if !open.is_empty() {
                found.insert(link, open);
            }
        }
        Ok(found)
    }

    /// How many conflicts wait for a decision, by entity; kept counts.
    pub fn conflict_counts(&self) -> Result<BTreeMap<Entity, u64>, StoreError> {
        self.tallies("conflict")
    }
}

impl Tx<'_> {
    /// Opens a conflict. Where one is open for the same link, field and kind (without a link: the same ids),
    /// its id is returned and it stays as it is.
    pub fn open_conflict(&self, new: &NewConflict) -> Result<ConflictId, StoreError> {
        if let Some(open) = self.same_open(new)? {
            return Ok(open);
        }
        self.run(
            "INSERT INTO conflict(link, entity, kind, field, dynamics_id, marketo_id, label, base, dynamics,
                                  marketo, status, detected, changed, note)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'pending', ?11, ?11, ?12)",
            params![
                new.link,
                new.entity,
                new.kind,
                new.field,
                new.dynamics_id.map(Guid),
                new.marketo_id,
                new.label,
                new.base,
                new.dynamics,
                new.marketo,
                At(new.detected),
                new.note,
            ],
        )?;
        Ok(ConflictId(self.conn().last_insert_rowid()))
    }

    fn same_open(&self, new: &NewConflict) -> Result<Option<ConflictId>, StoreError> {
        let id = |row: &Row<'_>| row.get(0);
        if let Some(link) = new.link {
            let sql = format!(
                "SELECT id FROM conflict WHERE link = ?1 AND field = ?2 AND kind = ?3 AND {OPEN}"
            );
            return self.first(&sql, (link, &new.field, new.kind), id);
        }
        let sql = format!(
            "SELECT id FROM conflict WHERE link IS NULL AND entity = ?1 AND kind = ?2 AND field = ?3
             AND dynamics_id IS ?4 AND marketo_id IS ?5 AND {OPEN}"
        );
        let ids = (new.dynamics_id.map(Guid), new.marketo_id);
        self.first(&sql, (&new.entity, new.kind, &new.field, ids.0, ids.1), id)
    }

    /// Decides a pending conflict.
    pub fn resolve_conflict(
        &self,
        id: ConflictId,
        resolution: &Resolution,
    ) -> Result<Resolved, StoreError> {
        let changed = self.run(
            "UPDATE conflict SET status = 'resolved', resolution = ?2, changed = ?3
             WHERE id = ?1 AND status = 'pending'",
            (id, Json(resolution), At(resolution.at)),
        )?;
        self.outcome(id, changed)
    }

    /// Takes back a decision that was not applied: the conflict is pending again. A correction asks nothing: it is dropped.
    pub fn unresolve_conflict(&self, id: ConflictId) -> Result<Resolved, StoreError> {
        let changed = self.run(
            "UPDATE conflict SET resolution = NULL,
                    status = iif(kind IN ('edit', 'undo', 'rollback'), 'superseded', 'pending')
             WHERE id = ?1 AND status = 'resolved'",
            [id],
        )?;
        self.outcome(id, changed)
    }

    fn outcome(&self, id: ConflictId, changed: usize) -> Result<Resolved, StoreError> {
        if changed > 0 {
            return Ok(Resolved::Done);
        }
        let there = self.conflict(id)?.is_some();
        Ok(if there {
            Resolved::NotPending
        } else {
            Resolved::Missing
        })
    }

    /// Closes what is asked about the fields of a link that is in step with nobody any more: nothing would ever write the
    /// answer. An overwritten value stays: nothing but its conflict shows it.
    pub fn let_fields_go(&self, link: LinkId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE conflict SET status = 'superseded', changed = ?2 WHERE link = ?1 AND kind = 'field' AND {OPEN}"
        );
        self.run(&sql, (link, At(at))).map(drop)
    }

    /// Closes whatever is asked about a link that has ended: its records, or who they are, matter to nobody any more.
    /// What was overwritten stays, and what the admin has taken back is carried out where it can be.
    pub fn let_questions_go(&self, link: LinkId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE conflict SET status = 'superseded', changed = ?2 WHERE link = ?1
               AND kind NOT IN ('overwritten', 'edit', 'undo', 'rollback') AND {OPEN}"
        );
        self.run(&sql, (link, At(at))).map(drop)
    }

    /// Moves a conflict on: applied, converged, superseded.
    pub fn set_conflict_status(
        &self,
        id: ConflictId,
        status: ConflictStatus,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE conflict SET status = ?2, changed = ?3 WHERE id = ?1";
        self.run(sql, (id, status, At(at))).map(drop)
    }
}
