//! Handing a person on from one row to another: the link before ends, with a reason in the journal.
//!
//! Everything happens in the transaction that stages the new link's first write: a crash before it repeats the decision,
//! a crash after it finds the person linked, and only the write to be looked at again.

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::Plan;
use super::stage::dirty;
use crate::model::{Cause, ConflictStatus, CycleId, Entity, JournalEntry, RecordKey, Side, Value};
use crate::store::{Base, Dirty, DirtyReason, Link, LinkState, StoreError, Tx};

/// How long a row waits whose person is being written, or was just taken, under another link.
pub(super) const OTHERS_NEED: TimeDelta = TimeDelta::seconds(2);

/// Whether the link a plan was made for is not what it was any more: somebody was faster.
pub(super) fn is_outdated(tx: &Tx<'_>, entity: &Entity, plan: &Plan) -> Result<bool, StoreError> {
    let Some(read) = plan.link.as_ref().filter(|_| entity.is_person()) else {
        return Ok(false);
    };
    let now = tx.link(read.id)?;
    Ok(now.is_none_or(|now| !is_same(&now, read)))
}

fn is_same(one: &Link, other: &Link) -> bool {
    let told = |link: &Link| (link.state, link.marketo, link.dynamics, link.entity.clone());
    told(one) == told(other)
}

/// Ends `from`, whose person goes to the row of `plan`. Some: not yet, and when to look again.
pub(super) fn release(
    tx: &Tx<'_>,
    entity: &Entity,
    plan: &Plan,
    from: &Link,
    (cycle, now): (CycleId, DateTime<Utc>),
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let still = tx.link(from.id)?.is_some_and(|now| is_same(&now, from));
    if !still {
        return Ok(Some(now + OTHERS_NEED));
    }
    // A write that has settled lands no more: it does not hold the person, even if nobody has looked at its record since,
    // as nobody does while the entity is off.
    let writes = tx.unfinished(&[from.id])?.remove(&from.id);
    if let Some(settles) = writes.filter(|at| at.is_none_or(|at| at > now)) {
        return Ok(Some(settles.unwrap_or(now + OTHERS_NEED)));
    }
    let open = tx.open_conflicts(&[from.id])?.remove(&from.id);
    for conflict in open.into_iter().flatten() {
        tx.set_conflict_status(conflict.id, ConflictStatus::Superseded, now)?;
    }
    tx.set_link_state(from.id, LinkState::Tombstone)?;
    // Without a base no later edit looks like one that was agreed on: nothing brings the link back by itself.
    tx.set_base(from.id, &Base::new())?;
    hand_on(tx, from, entity)?;
    if let Some(row) = from.dynamics {
        let both = Side::BOTH.map(|side| (from.entity.clone(), side, RecordKey::Dynamics(row)));
        tx.heal_failures(&both, now)?;
        tx.wake(row, now)?;
    }
    let decided = plan.applied.first();
    let cause = decided.map_or(Cause::Conversion, |id| Cause::Resolution(id.0));
    let written = |of: &Entity, row| JournalEntry {
        at: now,
        cycle,
        link: Some(from.id),
        entity: of.clone(),
        dynamics_id: row,
        marketo_id: from.marketo,
        side: Side::Marketo,
        field: String::new(),
        before: from.dynamics.map_or(Value::Null, Value::Id),
        after: plan.dynamics.map_or(Value::Null, Value::Id),
        cause: cause.clone(),
    };
    let rows = [
        written(&from.entity, from.dynamics),
        written(entity, plan.dynamics),
    ];
    tx.journal(&rows)?;
    Ok(None)
}

/// What the person was to be looked at for goes with it.
fn hand_on(tx: &Tx<'_>, from: &Link, entity: &Entity) -> Result<(), StoreError> {
    let Some(key) = from.marketo.map(RecordKey::Marketo) else {
        return Ok(());
    };
    if from.entity == *entity {
        return Ok(());
    }
    let Some(entry) = tx.dirty(&from.entity, key)? else {
        return Ok(());
    };
    tx.clear_dirty(&from.entity, &[(key, entry.seq)])?;
    let entity = entity.clone();
    tx.mark_dirty(&[Dirty { entity, ..entry }])
}

/// Looks at a plan's records again at `due`.
pub(super) fn later(
    tx: &Tx<'_>,
    entity: &Entity,
    plan: &Plan,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let marks = plan.settles.iter().map(|(key, _)| Dirty {
        due,
        ..dirty(entity, *key, DirtyReason::Settle, now)
    });
    tx.mark_dirty(&marks.collect::<Vec<_>>())
}
