//! A paused direction: what would be written that way waits, the rest of the record goes on.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::control::Control;
use super::plan::{LinkPlan, Plan, Write};
use super::slice::Item;
use crate::model::{ConflictId, Entity, Pause, Side};
use crate::store::{OpKind, StoreError, Tx};

/// A pause without an end is looked at again after this long, should nobody end it.
const WITHOUT_END: TimeDelta = TimeDelta::days(3650);

/// Takes the writes to a paused side out of a plan; its record is looked at again when the pause ends.
pub(super) fn hold_back(
    control: &Control,
    entity: &Entity,
    now: DateTime<Utc>,
    item: &Item,
    mut plan: Plan,
) -> Plan {
    let mut until = None;
    let mut decisions: HashSet<ConflictId> = HashSet::new();
    for side in Side::BOTH {
        // One whose time came while this cycle runs holds nothing any more: there is nothing to wait for.
        let Some(held) = control.holds(entity, side).filter(|until| *until > now) else {
            let fields = hold_fields(control, entity, (side, now), &mut plan);
            if let Some((held, held_decisions)) = fields {
                until = until.max(Some(held.min(now + WITHOUT_END)));
                decisions.extend(held_decisions);
            }
            continue;
        };
        let write = match side {
            Side::Dynamics => plan.to_dynamics.take(),
            Side::Marketo => plan.to_marketo.take(),
        };
        if let Some(write) = write {
            until = until.max(Some(held.min(now + WITHOUT_END)));
            decisions.extend(write.fields.iter().filter_map(|field| field.conflict));
        }
    }
    let Some(until) = until else { return plan };
    if plan.link_plan != LinkPlan::Keep || !plan.applied.is_empty() {
        plan = Plan {
            // What they came to is not kept, so they are asked about again.
            answered: Vec::new(),
            ..Plan::nothing(item)
        };
    }
    // A decision is written to both sides or to none.
    for write in [&mut plan.to_dynamics, &mut plan.to_marketo] {
        *write = write
            .take()
            .and_then(|write| without(write, &decisions))
            .filter(|write| !write.fields.is_empty());
    }
    plan.held_until = Some(until);
    plan
}

/// Takes the paused fields out of a change, and says until when; somebody new is created whole.
fn hold_fields(
    control: &Control,
    entity: &Entity,
    (side, now): (Side, DateTime<Utc>),
    plan: &mut Plan,
) -> Option<(DateTime<Utc>, Vec<ConflictId>)> {
    let write = match side {
        Side::Dynamics => &mut plan.to_dynamics,
        Side::Marketo => &mut plan.to_marketo,
    };
    let write = write
        .as_mut()
        .filter(|write| write.kind == OpKind::Update)?;
    let (mut until, mut decisions) = (None, Vec::new());
    write.fields.retain(|field| {
        let held = control.holds_field(entity, side, &field.field);
        let held = held.filter(|until| *until > now);
        until = until.max(held);
        if held.is_some() {
            decisions.extend(field.conflict);
        }
        held.is_none()
    });
    Some((until?, decisions))
}

fn without(mut write: Write, decisions: &HashSet<ConflictId>) -> Option<Write> {
    let before = write.fields.len();
    write
        .fields
        .retain(|field| field.conflict.is_none_or(|id| !decisions.contains(&id)));
    (before == write.fields.len() || !write.fields.is_empty()).then_some(write)
}

/// Holds a part of the engine back, in place of a pause of the same part.
pub fn hold(tx: &Tx<'_>, pause: Pause) -> Result<(), StoreError> {
    let mut pauses = tx.pauses()?;
    pauses.retain(|one| !one.same_scope(&pause));
    pauses.push(pause);
    tx.set_pauses(&pauses)
}

/// Lets a part of the engine go on; without an entity and a side, all of it. What waited is looked at again at once.
pub fn release(
    tx: &Tx<'_>,
    entity: Option<&Entity>,
    side: Option<Side>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut pauses = tx.pauses()?;
    let within = |pause: &Pause| {
        entity.is_none_or(|entity| pause.entity.as_ref() == Some(entity))
            && side.is_none_or(|side| pause.side == Some(side))
    };
    pauses.retain(|pause| !within(pause));
    tx.set_pauses(&pauses)?;
    tx.release_held(now).map(drop)
}

/// Lets one field go on.
pub fn release_field(
    tx: &Tx<'_>,
    entity: Option<&Entity>,
    field: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut pauses = tx.pauses()?;
    pauses.retain(|pause| {
        let named = pause.field.as_deref() == Some(field);
        let within = entity.is_none_or(|entity| pause.entity.as_ref() == Some(entity));
        !(named && within)
    });
    tx.set_pauses(&pauses)?;
    tx.release_held(now).map(drop)
}

/// Ends the pauses whose time has come; returns those that go on. Only what changed is written.
pub(super) fn expire(tx: &Tx<'_>, now: DateTime<Utc>) -> Result<Vec<Pause>, StoreError> {
    let mut pauses = tx.pauses()?;
    let before = pauses.len();
    pauses.retain(|pause| !pause.is_over(now));
    if pauses.len() < before {
        tx.set_pauses(&pauses)?;
        tx.release_held(now)?;
    }
    Ok(pauses)
}
