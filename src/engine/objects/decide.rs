//! Deciding about an object's record, one way: what differs is written as Dynamics has it. Pure.
//!
//! An edit in Marketo stays until its row changes or a compare looks at it; what is replaced is in the journal.

use super::end::{Deleted, ObjectEnd};
use super::roles;
use crate::engine::lane::Lane;
use crate::engine::plan::{LinkPlan, Plan, Write, op_field};
use crate::engine::slice::{Item, Seen};
use crate::engine::stamp;
use crate::model::{Cause, Entity, LeavePolicy, Policy, Record, Side, Value};
use crate::reconcile::{MergeInput, create_fields, merge};
use crate::store::{LinkState, OpField, OpKind};

type Key = Vec<(String, Value)>;

/// What is to be done about `item`.
pub(in crate::engine) fn decide(lane: &Lane, end: &ObjectEnd, item: &Item) -> Plan {
    let mut plan = Plan::nothing(item);
    // A row that was deleted and is there again starts anew.
    plan.link = plan.link.filter(|link| link.state != LinkState::Tombstone);
    match &item.row {
        Seen::Here(row) => here(lane, end, item, row, plan),
        Seen::Gone => gone(end, item, plan),
        // Not there, though nothing said that it was deleted: its tombstone will come with the feed.
        Seen::Absent | Seen::Unread => plan,
    }
}

fn here(lane: &Lane, end: &ObjectEnd, item: &Item, row: &Record, mut plan: Plan) -> Plan {
    if !lane.scope.holds(row) {
        // Frozen as it is, unless the admin wants those that leave to go.
        let go = lane.settings.rules.leave == LeavePolicy::Delete;
        plan.missing.clear();
        return if go {
            without(end, item, plan, Deleted::Removed)
        } else {
            plan
        };
    }
    if item.missing.iter().any(|missing| missing.required) {
        return plan;
    }
    if *lane.entity() == Entity::ROLE {
        plan.follows.extend(roles::contact_of(row));
    }
    let Some(key) = end.key_of(row) else {
        // A connection that is no stakeholder's, or no longer.
        return without(end, item, plan, end.deleted);
    };
    plan.version.clone_from(&row.version);
    if plan.link.is_some()
        && let Some(old) = end.key_in_base(&item.base)
        && !end.is_keyed_by_row()
        && old != key
    {
        // The parts of a key can never be changed: the old record goes first, then the row is looked at again.
        plan.to_marketo = Some(write(OpKind::Delete, old, Vec::new()));
        return plan;
    }
    match &item.person {
        Seen::Here(record) => change(lane, item, row, record, key.clone(), &mut plan),
        _ => create(lane, row, key.clone(), &mut plan),
    }
    if !end.is_keyed_by_row() {
        plan.agreed.extend(key);
    }
    plan
}

fn change(lane: &Lane, item: &Item, row: &Record, record: &Record, key: Key, plan: &mut Plan) {
    let merged = merge(&MergeInput {
        map: &lane.map,
        direction: lane.direction(),
        policy: Policy::Dynamics,
        base: &item.base,
        dynamics: row,
        marketo: record,
        open: &[],
        fill_empty: false,
    });
    plan.link_plan = match &plan.link {
        None => LinkPlan::New {
            marketo: None,
            state: LinkState::Live,
        },
        Some(_) => LinkPlan::Live,
    };
    plan.agreed = merged.agreed;
    plan.refused = merged.refused;
    let fields: Vec<OpField> = merged.to_marketo.into_iter().map(op_field).collect();
    if !fields.is_empty() {
        plan.to_marketo = Some(write(OpKind::Update, key, fields));
    }
}

fn create(lane: &Lane, row: &Record, key: Key, plan: &mut Plan) {
    let (fields, refused) = create_fields(&lane.map, lane.direction(), Side::Dynamics, row);
    if plan.link.is_none() {
        // Frozen until Marketo has it: nobody may point to it before.
        plan.link_plan = LinkPlan::New {
            marketo: None,
            state: LinkState::Frozen,
        };
    }
    let refused = refused.into_iter();
    let refused = refused.map(|(field, why)| (Side::Marketo, field, why));
    plan.refused = refused.collect();
    plan.agreed = empty_on_both(lane, row);
    let fields = fields.into_iter().map(op_field).collect();
    plan.to_marketo = Some(write(OpKind::Create, key, fields));
}

/// What is empty here is empty there too.
fn empty_on_both(lane: &Lane, row: &Record) -> Vec<(String, Value)> {
    let fields = lane.map.fields.iter().filter_map(|field| {
        let ours = field.canonical(Side::Dynamics, row.fields.get(&field.dynamics.name)?);
        let theirs = field.canonical(Side::Marketo, &Value::Null);
        (ours == theirs).then(|| (field.map.name.clone(), ours))
    });
    fields.collect()
}

fn gone(end: &ObjectEnd, item: &Item, mut plan: Plan) -> Plan {
    plan.missing.clear();
    without(end, item, plan, end.deleted)
}

/// Ends a link, and its record as `how` says.
fn without(end: &ObjectEnd, item: &Item, mut plan: Plan, how: Deleted) -> Plan {
    plan.version = None;
    if plan.link.is_none() {
        return plan;
    }
    plan.link_plan = LinkPlan::Bury;
    let key = if end.is_keyed_by_row() {
        item.row_key().map(|row| end.key_by_row(row))
    } else {
        end.key_in_base(&item.base)
    };
    let (Some(key), Seen::Here(record)) = (key, &item.person) else {
        return plan;
    };
    plan.to_marketo = match how {
        Deleted::Kept => None,
        Deleted::Removed => Some(write(OpKind::Delete, key, Vec::new())),
        Deleted::Flagged => {
            let before = record.get(stamp::DELETED).clone();
            let flag = part(stamp::DELETED.to_owned(), before, Value::Boolean(true));
            Some(write(OpKind::Flag, key, vec![flag]))
        }
    };
    plan
}

/// A write: the key, which belongs to no logical field, and what is written.
fn write(kind: OpKind, key: Key, fields: Vec<OpField>) -> Write {
    let key = key
        .into_iter()
        .map(|(name, value)| part(name, Value::Null, value));
    Write {
        kind,
        fields: key.chain(fields).collect(),
    }
}

fn part(name: String, before: Value, after: Value) -> OpField {
    OpField {
        field: String::new(),
        name,
        before,
        canonical: after.clone(),
        after,
        cause: Cause::Change,
        conflict: None,
    }
}
