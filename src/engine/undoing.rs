//! Taking a decision back: what it wrote is replaced by what was there before, and the question is open again.
//!
//! A correction carries it out: bound to the values the decision left, given up where a side has moved since. Where the
//! values that come back differ, the conflict is opened anew in the same transaction that confirms them: it freezes the
//! field, so that no later cycle decides it a second time.

use chrono::{DateTime, Utc};

use super::decide::Setting;
use super::deleting::removal;
use super::plan::{LinkPlan, Plan};
use super::records::Asked;
use super::slice::Item;
use super::stage::dirty;
use crate::model::{
    Cause, Conflict, ConflictId, ConflictKind, ConflictStatus, RecordKey, Resolution, Side, Take,
    Value,
};
use crate::store::{DirtyReason, JournalRow, NewConflict, StoreError, Tx};

/// Has an applied decision taken back by the next cycle; one that is not written yet is simply open again.
pub fn undo(
    tx: &Tx<'_>,
    id: ConflictId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    let Some(conflict) = tx.conflict(id)? else {
        return Ok(Asked::No("there is no such conflict".to_owned()));
    };
    if conflict.status == ConflictStatus::Resolved {
        tx.unresolve_conflict(id)?;
        let then = if conflict.kind.is_correction() {
            "nothing comes of it"
        } else {
            "it waits for a decision again"
        };
        let text = format!("taken back before it was written: {then}");
        return Ok(Asked::Done(text));
    }
    if conflict.status != ConflictStatus::Applied {
        let text = format!(
            "it is {}: there is nothing to take back",
            conflict.status.word()
        );
        return Ok(Asked::No(text));
    }
    let key = conflict
        .dynamics_id
        .map(RecordKey::Dynamics)
        .or(conflict.marketo_id.map(RecordKey::Marketo));
    let (Some(key), Some(link), false) = (key, conflict.link, conflict.field.is_empty()) else {
        return Ok(Asked::No(
            "it was about whole records: see `syncdeck records link` and `unlink`".to_owned(),
        ));
    };
    let rows = tx.journal_of_decision(key, &Cause::Resolution(id.0))?;
    let Some((seen, before)) = replaced(&rows) else {
        return Ok(Asked::No("it wrote nothing that is still known".to_owned()));
    };
    if written_since(tx, key, &conflict.field, &rows)? {
        return Ok(Asked::No(
            "the field was written again since: its value is no longer this decision's".to_owned(),
        ));
    }
    let [dynamics, marketo] = before;
    correct(
        tx,
        Correction {
            kind: ConflictKind::Undo,
            note: format!("takes decision {id} back"),
            seen,
            take: Take::Each { dynamics, marketo },
            conflict: Conflict {
                link: Some(link),
                ..conflict.clone()
            },
        },
        by,
        now,
    )?;
    tx.mark_dirty(&[dirty(&conflict.entity, key, DirtyReason::Conflict, now)])?;
    Ok(Asked::Done(
        "taken back by the next cycle, where its values are still there".to_owned(),
    ))
}

/// What writes to one field left on both sides, and what was there before them, Dynamics first.
pub(super) fn replaced(rows: &[JournalRow]) -> Option<([Value; 2], [Value; 2])> {
    let of = |side: Side| {
        let mut rows = rows.iter().filter(|row| row.entry.side == side);
        rows.next().map(|row| &row.entry)
    };
    let (dynamics, marketo) = (of(Side::Dynamics), of(Side::Marketo));
    // A side that was not written held the value already.
    let left = dynamics.or(marketo)?.after.clone();
    let seen = [dynamics, marketo].map(|one| one.map_or(left.clone(), |one| one.after.clone()));
    let before = [dynamics, marketo].map(|one| one.map_or(left.clone(), |one| one.before.clone()));
    Some((seen, before))
}

fn written_since(
    tx: &Tx<'_>,
    key: RecordKey,
    field: &str,
    rows: &[JournalRow],
) -> Result<bool, StoreError> {
    let last = rows.iter().map(|row| row.id).max().unwrap_or_default();
    tx.written_after(key, Some(field), last)
}

/// A correction to be stored.
pub(super) struct Correction {
    pub(super) kind: ConflictKind,
    pub(super) note: String,
    /// What both sides have to hold for it to be carried out, Dynamics first.
    pub(super) seen: [Value; 2],
    pub(super) take: Take,
    /// Whom and which field it is about, and the base to go back to.
    pub(super) conflict: Conflict,
}

/// Stores a correction, decided from the start; an older one of its kind gives way.
pub(super) fn correct(
    tx: &Tx<'_>,
    correction: Correction,
    by: &str,
    now: DateTime<Utc>,
) -> Result<ConflictId, StoreError> {
    let about = correction.conflict;
    if let Some(link) = about.link {
        let open = tx.open_conflicts(&[link])?.remove(&link);
        for older in open.into_iter().flatten() {
            if older.kind == correction.kind && older.field == about.field {
                tx.set_conflict_status(older.id, ConflictStatus::Superseded, now)?;
            }
        }
    }
    let [dynamics, marketo] = correction.seen;
    let id = tx.open_conflict(&NewConflict {
        link: about.link,
        entity: about.entity,
        kind: correction.kind,
        field: about.field,
        dynamics_id: about.dynamics_id,
        marketo_id: about.marketo_id,
        label: about.label,
        base: about.base,
        dynamics,
        marketo,
        detected: now,
        note: correction.note,
    })?;
    let resolution = Resolution {
        take: correction.take,
        by: by.to_owned(),
        at: now,
    };
    tx.resolve_conflict(id, &resolution)?;
    Ok(id)
}

/// A decision was confirmed. Where it gave each side its own value back, the question is open again.
pub(super) fn applied(tx: &Tx<'_>, id: ConflictId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.set_conflict_status(id, ConflictStatus::Applied, now)?;
    let Some(done) = tx.conflict(id)? else {
        return Ok(());
    };
    let made = done.resolution.as_ref().map(|made| &made.take);
    let (Some(Take::Each { dynamics, marketo }), Some(link)) = (made, done.link) else {
        return Ok(());
    };
    if dynamics == marketo {
        return Ok(());
    }
    match &done.base {
        Some(base) => tx.update_base(link, &[(done.field.clone(), base.clone())])?,
        None => tx.forget_base(link, std::slice::from_ref(&done.field))?,
    }
    tx.open_conflict(&NewConflict {
        link: Some(link),
        entity: done.entity,
        kind: ConflictKind::Field,
        field: done.field,
        dynamics_id: done.dynamics_id,
        marketo_id: done.marketo_id,
        label: done.label,
        base: done.base,
        dynamics: dynamics.clone(),
        marketo: marketo.clone(),
        detected: now,
        note: format!("{}: it waits for a decision again", done.note),
    })
    .map(drop)
}

/// Deletes a record that a cycle created and the admin takes back, where nobody has changed it since.
pub(super) fn removes(setting: &Setting<'_>, item: &Item) -> Option<Plan> {
    let wanted = item.open.iter().find(|one| {
        let resolved = one.status == ConflictStatus::Resolved;
        one.kind == ConflictKind::Rollback && one.field.is_empty() && resolved
    })?;
    let Some(Take::Side(side)) = wanted.resolution.as_ref().map(|made| &made.take) else {
        return None;
    };
    let side = *side;
    let seen = match side {
        Side::Dynamics => &item.row,
        Side::Marketo => &item.person,
    };
    let record = seen.record()?;
    let lane = setting.lane;
    let moved = lane.map.fields.iter().any(|field| {
        let agreed = item.base.get(&field.map.name);
        let now = field.canonical(side, record.get(&field.info(side).name));
        agreed.is_some_and(|agreed| *agreed != now)
    });
    let mut plan = Plan::nothing(item);
    if moved || !lane.direction().writes(side) {
        plan.superseded.push(wanted.id);
        return Some(plan);
    }
    plan.applied.push(wanted.id);
    plan.link_plan = LinkPlan::Bury;
    let removal = Some(removal(lane, side, record));
    match side {
        Side::Dynamics => plan.to_dynamics = removal,
        Side::Marketo => plan.to_marketo = removal,
    }
    Some(plan)
}
