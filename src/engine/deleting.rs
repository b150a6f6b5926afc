//! Deciding about a record that was deleted on one side.
//!
//! By default as the native connector does: a row deleted in Dynamics leaves the person in Marketo, flagged; a person
//! deleted in Marketo leaves the row in Dynamics, unlinked. An entity's delete policies say otherwise. The tombstone
//! keeps a late echo from re-creating anybody. A delete against an edit is a conflict of its own kind.

use super::decide::Setting;
use super::lane::Lane;
use super::objects::DELETED;
use super::plan::{LinkPlan, Plan, Write};
use super::slice::{Item, Seen};
use super::stamp;
use crate::model::{
    Cause, Conflict, ConflictKind, ConflictStatus, DeletePolicy, Record, Side, Take, Value,
};
use crate::store::{Base, NewConflict, OpField, OpKind};

/// Decides about an item one of whose sides was deleted.
pub(super) fn decide(setting: &Setting<'_>, item: &Item) -> Plan {
    let plan = Plan::nothing(item);
    if item.link.is_none() {
        return plan;
    }
    let held = item
        .open
        .iter()
        .find(|conflict| conflict.kind == ConflictKind::DeleteEdit);
    if let Some(held) = held {
        return resolved(setting, item, held, plan);
    }
    let (deleted, other) = match (&item.row, &item.person) {
        (Seen::Gone, Seen::Here(person)) => (Side::Dynamics, Some((Side::Marketo, person))),
        (Seen::Gone, _) => (Side::Dynamics, None),
        (Seen::Here(row), Seen::Gone) => (Side::Marketo, Some((Side::Dynamics, row))),
        _ => (Side::Marketo, None),
    };
    match other {
        Some((side, record)) if edited(setting, item, side, record) => {
            hold(setting, item, deleted, (side, record), "edited")
        }
        Some((side, record)) => match setting.lane.settings.rules.deleted_in(deleted) {
            DeletePolicy::Ask => hold(setting, item, deleted, (side, record), "kept"),
            policy => carry_out(setting, item, (side, record), policy),
        },
        None => Plan {
            link_plan: LinkPlan::Bury,
            ..plan
        },
    }
}

/// Whether the surviving record was changed since both sides last agreed.
fn edited(setting: &Setting<'_>, item: &Item, side: Side, record: &Record) -> bool {
    moved(setting.lane, &item.base, side, record)
}

fn moved(lane: &Lane, base: &Base, side: Side, record: &Record) -> bool {
    lane.map.fields.iter().any(|field| {
        let raw = record.get(&field.info(side).name);
        let agreed = base.get(&field.map.name);
        agreed.is_some_and(|agreed| *agreed != field.canonical(side, raw))
    })
}

/// Whether a row whose person was deleted in Marketo makes a new one: only an edit does, never a late echo.
pub(super) fn revives(lane: &Lane, base: &Base, row: &Record) -> bool {
    lane.settings.rules.deleted_in_marketo == DeletePolicy::Recreate
        && moved(lane, base, Side::Dynamics, row)
}

/// Follows the delete as the policy says: flag or delete the survivor, or let it go.
fn carry_out(
    setting: &Setting<'_>,
    item: &Item,
    (side, record): (Side, &Record),
    policy: DeletePolicy,
) -> Plan {
    let mut plan = Plan {
        link_plan: LinkPlan::Bury,
        ..Plan::nothing(item)
    };
    if !setting.lane.direction().writes(side) {
        return plan;
    }
    match (policy, side) {
        (DeletePolicy::Flag, Side::Marketo) => plan.to_marketo = Some(flag(true, record)),
        (DeletePolicy::Delete, Side::Marketo) => {
            plan.to_marketo = Some(removal(setting.lane, side, record));
        }
        (DeletePolicy::Delete, Side::Dynamics) => {
            plan.to_dynamics = Some(removal(setting.lane, side, record));
        }
        _ => {}
    }
    plan
}

/// Sets our mark that a person's row is gone, or takes it away.
pub(super) fn flag(gone: bool, person: &Record) -> Write {
    Write {
        kind: OpKind::Flag,
        fields: vec![OpField {
            field: String::new(),
            name: stamp::DELETED.to_owned(),
            before: person.get(stamp::DELETED).clone(),
            after: Value::Boolean(gone),
            canonical: Value::Boolean(gone),
            cause: Cause::Delete,
            conflict: None,
        }],
    }
}

/// Deletes `record`. Its mapped values are not sent: the journal keeps them.
pub(super) fn removal(lane: &Lane, side: Side, record: &Record) -> Write {
    let fields = lane.map.fields.iter().filter_map(|field| {
        let name = field.info(side).name.clone();
        let before = record.get(&name).clone();
        (!before.is_null()).then(|| OpField {
            field: field.map.name.clone(),
            name,
            before,
            after: Value::Null,
            canonical: Value::Null,
            cause: Cause::Delete,
            conflict: None,
        })
    });
    Write {
        kind: OpKind::Delete,
        fields: fields.collect(),
    }
}

fn hold(
    setting: &Setting<'_>,
    item: &Item,
    deleted: Side,
    (side, record): (Side, &Record),
    survivor: &str,
) -> Plan {
    let mut plan = Plan::nothing(item);
    let word = |this| if this == deleted { DELETED } else { survivor };
    plan.opened.push(NewConflict {
        link: item.link_id(),
        entity: setting.lane.entity().clone(),
        kind: ConflictKind::DeleteEdit,
        field: String::new(),
        dynamics_id: plan.dynamics,
        marketo_id: plan.marketo,
        label: setting.lane.label_of(side, record),
        base: None,
        dynamics: Value::text(word(Side::Dynamics)),
        marketo: Value::text(word(Side::Marketo)),
        detected: setting.now,
        note: format!(
            "deleted in {deleted}, {survivor} in {side}: take {deleted} to follow the delete, {side} to keep \
             the record there, unlinked"
        ),
    });
    plan
}

/// The admin's word to follow a delete. Where the policy asks, following means deleting.
fn follow(setting: &Setting<'_>, item: &Item, deleted: Side) -> Plan {
    let survivor = match deleted {
        Side::Dynamics => item.person.record(),
        Side::Marketo => item.row.record(),
    };
    let policy = match setting.lane.settings.rules.deleted_in(deleted) {
        DeletePolicy::Ask => DeletePolicy::Delete,
        policy => policy,
    };
    match survivor {
        Some(record) => carry_out(setting, item, (deleted.other(), record), policy),
        None => Plan {
            link_plan: LinkPlan::Bury,
            ..Plan::nothing(item)
        },
    }
}

fn resolved(setting: &Setting<'_>, item: &Item, held: &Conflict, waiting: Plan) -> Plan {
    let deleted = if item.row == Seen::Gone {
        Side::Dynamics
    } else {
        Side::Marketo
    };
    let resolution = held
        .resolution
        .as_ref()
        .filter(|_| held.status == ConflictStatus::Resolved);
    let mut plan = match resolution.map(|resolution| &resolution.take) {
        None => return waiting,
        Some(Take::Side(side)) if *side == deleted => follow(setting, item, deleted),
        Some(_) => Plan {
            link_plan: LinkPlan::Bury,
            ..waiting
        },
    };
    plan.applied.push(held.id);
    plan
}
