//! Deciding about an object's record, one way: what differs is written as Dynamics has it. Pure.
//!
//! An edit in Marketo stays until its row changes or a compare looks at it; what is replaced is in the journal.

use chrono::{DateTime, Utc};

use super::draft::{Key, write};
use super::end::ObjectEnd;
use super::{ending, members, rolling, ties, twins};
use crate::engine::editing::edited;
use crate::engine::lane::Lane;
use crate::engine::plan::{LinkPlan, Plan, op_field};
use crate::engine::slice::{Item, Seen};
use crate::model::{Cause, Conflict, ConflictKind, ConflictStatus, Policy, Record, Side, Value};
use crate::reconcile::{FieldWrite, MergeInput, create_fields, merge};
use crate::store::{LinkState, OpField, OpKind};

/// What is to be done about `item`; `now` is only written down, never compared.
pub(in crate::engine) fn decide(
    lane: &Lane,
    end: &ObjectEnd,
    item: &Item,
    now: DateTime<Utc>,
) -> Plan {
    if let Some(plan) = rolling::whole(lane, end, item) {
        return plan;
    }
    let mut plan = Plan::nothing(item);
    if ending::was_unlinked(item) {
        return plan;
    }
    // A row that was deleted and is there again starts anew.
    plan.link = plan.link.filter(|link| link.state != LinkState::Tombstone);
    match &item.row {
        Seen::Here(row) => {
            ending::unasked(item, &mut plan);
            if item.records > 1 {
                return twins::hold(lane, item, row, now, plan);
            }
            twins::settle(item, &mut plan);
            here(lane, end, item, row, plan)
        }
        Seen::Gone => ending::gone(lane, end, item, now, plan),
        // Not there, though nothing said that it was deleted: its tombstone will come with the feed.
        Seen::Absent | Seen::Unread => plan,
    }
}

fn here(lane: &Lane, end: &ObjectEnd, item: &Item, row: &Record, mut plan: Plan) -> Plan {
    if lane.entity().is_role() {
        plan.follows = ties::parents(lane.entity(), row);
    }
    if item.taken_along.is_some() || !lane.scope.holds(row) {
        return ending::leave(lane, end, item, plan);
    }
    plan.follows.extend(item.follows.iter().copied());
    if item.missing.iter().any(|missing| missing.required) {
        return plan;
    }
    if let Some(refused) = members::excess(row).or_else(|| end.refused(row)) {
        plan.refused.push(refused);
        return plan;
    }
    let Some(key) = end.key_of(row) else {
        // A connection that is no stakeholder's, or no longer.
        return ending::without(lane, end, item, end.deleted, plan);
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
        _ => create(lane, item, row, key.clone(), &mut plan),
    }
    if !end.is_keyed_by_row() {
        plan.agreed.extend(key);
    }
    plan
}

fn change(lane: &Lane, item: &Item, row: &Record, record: &Record, key: Key, plan: &mut Plan) {
    let (base, seen) = match &lane.backfill {
        Some(backfill) => backfill.seen_one_way(lane, item, row, record),
        None => (item.base.clone(), row.clone()),
    };
    let (seen, _) = edited(lane, item, Side::Dynamics, &seen);
    let merged = merge(&MergeInput {
        map: &lane.map,
        direction: lane.direction(),
        policy: Policy::Dynamics,
        base: &base,
        dynamics: &seen,
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
    let mut fields = told(lane, item, row, merged.to_marketo);
    rolling::keep_held(lane, item, row, &mut fields, plan);
    rolling::restore(lane, item, (row, record), &mut fields, plan);
    let (known, unmark) = ending::back(item);
    plan.crosses |= !known.is_empty();
    plan.agreed.extend(known);
    fields.extend(unmark);
    if !fields.is_empty() {
        plan.to_marketo = Some(write(OpKind::Update, key, fields));
    }
}

fn create(lane: &Lane, item: &Item, row: &Record, key: Key, plan: &mut Plan) {
    let (wanted, _) = edited(lane, item, Side::Dynamics, row);
    let (fields, refused) = create_fields(&lane.map, lane.direction(), Side::Dynamics, &wanted);
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
    plan.agreed = empty_on_both(lane, &wanted);
    let fields = told(lane, item, row, fields);
    plan.to_marketo = Some(write(OpKind::Create, key, fields));
}

/// What is sent. A value the admin typed for a refused one goes to Marketo alone, and stays until the row changes, as any
/// value that Marketo has of its own: what is agreed is what the row holds.
fn told(lane: &Lane, item: &Item, row: &Record, fields: Vec<FieldWrite>) -> Vec<OpField> {
    let mut fields: Vec<OpField> = fields.into_iter().map(op_field).collect();
    for edit in edits(item) {
        let of_field = |field: &&mut OpField| field.field == edit.field;
        let sent = fields.iter_mut().find(of_field);
        if let (Some(sent), Some(field)) = (sent, lane.map.field(&edit.field)) {
            sent.conflict = Some(edit.id);
            sent.cause = Cause::Resolution(edit.id.0);
            sent.canonical = field.canonical(Side::Dynamics, row.get(&field.dynamics.name));
        }
    }
    fields
}

fn edits(item: &Item) -> impl Iterator<Item = &Conflict> {
    let open = item.open.iter();
    open.filter(|one| one.kind == ConflictKind::Edit && one.status == ConflictStatus::Resolved)
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
