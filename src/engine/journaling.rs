//! What a write leaves in the journal: the value it replaced, field by field.

use chrono::{DateTime, Utc};

use super::plan::Plan;
use super::{lost_update, stamp};
use crate::model::{Cause, CycleId, Entity, JournalEntry, Side, Value};
use crate::store::{Op, OpKind, StoreError, Tx};

/// What the journal says of a record that nothing was done to.
const KEPT: &str = "its row was deleted in Dynamics; it is kept";

/// The journal rows of a write to `op`'s record; `marketo` is the person's id as far as it is known.
pub(super) fn entries(op: &Op, marketo: Option<i64>, now: DateTime<Utc>) -> Vec<JournalEntry> {
    let entry = |field: &str, before: &Value, after: &Value, cause: Cause| JournalEntry {
        at: now,
        cycle: op.cycle,
        link: op.link,
        entity: op.entity.clone(),
        dynamics_id: op.dynamics,
        marketo_id: marketo,
        side: op.side,
        field: field.to_owned(),
        before: before.clone(),
        after: after.clone(),
        cause,
    };
    match op.kind {
        // One row for the record: what it was made of is in the base, what it replaced is nothing.
        OpKind::Create => vec![entry("", &Value::Null, &Value::Null, Cause::Create)],
        OpKind::Flag => vec![entry("", &Value::Null, &Value::Null, Cause::Delete)],
        // The record as a whole, and every value that went with it.
        OpKind::Delete | OpKind::Drop => {
            std::iter::once(entry("", &Value::Null, &Value::Null, Cause::Delete))
                .chain(
                    // An object's key belongs to no field.
                    op.fields
                        .iter()
                        .filter(|field| !field.field.is_empty())
                        .map(|field| {
                            entry(&field.field, &field.before, &field.after, Cause::Delete)
                        }),
                )
                .collect()
        }
        OpKind::Update => op
            .fields
            .iter()
            // Of our stamp only the key: it says that a person was linked, and to whom before.
            .filter(|field| !field.field.is_empty() || field.name == stamp::DYNAMICS_ID)
            .map(|field| {
                let cause = field.cause.clone();
                let name = if field.field.is_empty() {
                    &field.name
                } else {
                    &field.field
                };
                entry(name, &field.before, &field.after, cause)
            })
            .collect(),
    }
}

/// The journal row of a delete in Dynamics that was seen, and whose record is kept in Marketo as it is.
pub(super) fn kept(
    entity: &Entity,
    plan: &Plan,
    cycle: CycleId,
    now: DateTime<Utc>,
) -> JournalEntry {
    JournalEntry {
        at: now,
        cycle,
        link: plan.link.as_ref().map(|link| link.id),
        entity: entity.clone(),
        dynamics_id: plan.dynamics,
        marketo_id: plan.marketo,
        side: Side::Marketo,
        field: String::new(),
        before: Value::Null,
        after: Value::text(KEPT),
        cause: Cause::Policy("keep".to_owned()),
    }
}

/// Keeps what a write without an answer may have replaced: nobody will ever know better.
///
/// It also lets the change feed recognise the write, so that a value somebody had just set is found.
pub(super) fn perhaps(tx: &Tx<'_>, ops: &[Op], now: DateTime<Utc>) -> Result<(), StoreError> {
    let updates = ops.iter().filter(|op| op.kind == OpKind::Update);
    let rows: Vec<JournalEntry> = updates
        .flat_map(|op| entries(op, op.marketo, now))
        .collect();
    tx.journal(&rows)?;
    ops.iter()
        .try_for_each(|op| lost_update::already_shown(tx, op, now))
}
