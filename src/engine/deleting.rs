//! Deciding about a record that was deleted on one side.
//!
//! As the native connector does: a row deleted in Dynamics leaves the person in Marketo, flagged; a person deleted in
//! Marketo leaves the row in Dynamics, unlinked. The tombstone keeps a late echo from re-creating anybody. A delete
//! against an edit is a conflict of its own kind.

use super::decide::Setting;
use super::plan::{LinkPlan, Plan, Write};
use super::slice::{Item, Seen};
use super::stamp;
use crate::model::{Cause, Conflict, ConflictKind, ConflictStatus, Record, Side, Take, Value};
use crate::store::{NewConflict, OpField, OpKind};

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
            hold(setting, item, deleted, side, record)
        }
        Some(_) => carry_out(setting, item, deleted),
        None => Plan {
            link_plan: LinkPlan::Bury,
            ..plan
        },
    }
}

/// Whether the surviving record was changed since both sides last agreed.
fn edited(setting: &Setting<'_>, item: &Item, side: Side, record: &Record) -> bool {
    setting.lane.map.fields.iter().any(|field| {
        let raw = match side {
            Side::Dynamics => record.get(&field.map.dynamics),
            Side::Marketo => record.get(&field.map.marketo),
        };
        let base = item.base.get(&field.map.name);
        base.is_some_and(|base| *base != field.canonical(side, raw))
    })
}

/// Follows the delete: flag the person, or let the row go.
fn carry_out(setting: &Setting<'_>, item: &Item, deleted: Side) -> Plan {
    let mut plan = Plan {
        link_plan: LinkPlan::Bury,
        ..Plan::nothing(item)
    };
    if deleted == Side::Dynamics && setting.lane.direction().writes(Side::Marketo) {
        let flag = OpField {
            field: String::new(),
            name: stamp::DELETED.to_owned(),
            before: Value::Boolean(false),
            after: Value::Boolean(true),
            canonical: Value::Boolean(true),
            cause: Cause::Delete,
            conflict: None,
        };
        plan.to_marketo = Some(Write {
            kind: OpKind::Flag,
            fields: vec![flag],
        });
    }
    plan
}

fn hold(setting: &Setting<'_>, item: &Item, deleted: Side, side: Side, record: &Record) -> Plan {
    let mut plan = Plan::nothing(item);
    let word = |this| if this == deleted { "deleted" } else { "edited" };
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
            "deleted in {deleted}, edited in {side} since both last agreed: take {deleted} to follow the \
             delete, {side} to keep the edited record, unlinked"
        ),
    });
    plan
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
        Some(Take::Side(side)) if *side == deleted => carry_out(setting, item, deleted),
        Some(_) => Plan {
            link_plan: LinkPlan::Bury,
            ..waiting
        },
    };
    plan.applied.push(held.id);
    plan
}
