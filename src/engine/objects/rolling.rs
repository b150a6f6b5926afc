//! Carrying out what takes a cycle's writes to an object back: a value put back, a record made again or deleted.

use super::draft::{Key, write};
use super::end::ObjectEnd;
use crate::engine::deleting::removal;
use crate::engine::lane::Lane;
use crate::engine::plan::{LinkPlan, Plan};
use crate::engine::slice::{Item, Seen};
use crate::model::{Cause, Conflict, ConflictKind, ConflictStatus, Record, Side, Take, Value};
use crate::reconcile::{held_as, held_mark};
use crate::store::{LinkState, OpField, OpKind};

/// The corrections of an item that are to be carried out.
fn wanted(item: &Item) -> impl Iterator<Item = &Conflict> {
    let open = item.open.iter();
    open.filter(|one| one.kind == ConflictKind::Rollback && one.status == ConflictStatus::Resolved)
}

fn take(correction: &Conflict) -> Option<&Take> {
    correction.resolution.as_ref().map(|made| &made.take)
}

/// What takes back that the cycle created or deleted the record.
pub(super) fn whole(lane: &Lane, end: &ObjectEnd, item: &Item) -> Option<Plan> {
    let correction = wanted(item).find(|one| one.field.is_empty())?;
    match take(correction)? {
        Take::Side(Side::Marketo) => Some(remove(lane, end, item, correction)),
        Take::Side(Side::Dynamics) => Some(make_again(lane, end, item)),
        _ => None,
    }
}

/// Deletes a record that the cycle created, where nobody has changed it since.
fn remove(lane: &Lane, end: &ObjectEnd, item: &Item, correction: &Conflict) -> Plan {
    let mut plan = Plan::nothing(item);
    let moved = |record: &Record| {
        lane.map.fields.iter().any(|field| {
            let now = field.canonical(Side::Marketo, record.get(&field.marketo.name));
            let agreed = item.base.get(&field.map.name);
            agreed.is_some_and(|agreed| *agreed != now)
        })
    };
    match (key(end, item), &item.person) {
        (Some(key), Seen::Here(record)) if !moved(record) => {
            let gone = removal(lane, Side::Marketo, record).fields;
            plan.applied.push(correction.id);
            plan.link_plan = LinkPlan::Bury;
            plan.version = None;
            plan.to_marketo = Some(write(OpKind::Delete, key, gone));
        }
        _ => plan.superseded.push(correction.id),
    }
    plan
}

/// Makes a deleted record again of what it held; it belongs to no link, because its row is gone.
fn make_again(lane: &Lane, end: &ObjectEnd, item: &Item) -> Plan {
    let mut plan = Plan::nothing(item);
    let ids = wanted(item).map(|one| one.id).collect();
    let ended = |link: &crate::store::Link| link.state == LinkState::Tombstone;
    let gone = !matches!(item.row, Seen::Here(_)) && item.link.as_ref().is_some_and(ended);
    let Some(key) = key(end, item).filter(|_| gone) else {
        plan.superseded = ids;
        return plan;
    };
    let fields = wanted(item).filter_map(|one| {
        let field = lane.map.field(&one.field)?;
        let Some(Take::Value(value)) = take(one) else {
            return None;
        };
        Some(put(
            &field.map.name,
            &field.marketo.name,
            one,
            value.clone(),
        ))
    });
    plan.to_marketo = Some(write(OpKind::Create, key, fields.collect()));
    plan.applied = ids;
    plan.link = None;
    plan
}

fn key(end: &ObjectEnd, item: &Item) -> Option<Key> {
    if end.is_keyed_by_row() {
        item.row_key().map(|row| end.key_by_row(row))
    } else {
        end.key_in_base(&item.base)
    }
}

/// Leaves out what would overwrite a value that was put back, as long as the row's own value stays what it was.
pub(super) fn keep_held(
    lane: &Lane,
    item: &Item,
    row: &Record,
    fields: &mut Vec<OpField>,
    plan: &mut Plan,
) {
    for field in &lane.map.fields {
        let (name, known) = (&field.map.name, held_as(&field.map.name));
        let Some(held) = item.base.get(&known).filter(|held| !held.is_null()) else {
            continue;
        };
        let ours = field.canonical(Side::Dynamics, row.get(&field.dynamics.name));
        if *held == held_mark(&ours) {
            fields.retain(|sent| sent.field != *name);
        } else {
            plan.agreed.push((known, Value::Null));
        }
    }
}

/// Puts values back that the cycle replaced, each where the cycle's value is still there. What is agreed is what the row
/// holds, so that it is not written again until the row's value changes.
pub(super) fn restore(
    lane: &Lane,
    item: &Item,
    (row, record): (&Record, &Record),
    fields: &mut Vec<OpField>,
    plan: &mut Plan,
) {
    for one in wanted(item).filter(|one| !one.field.is_empty()) {
        let (Some(field), Some(Take::Value(value))) = (lane.map.field(&one.field), take(one))
        else {
            plan.superseded.push(one.id);
            continue;
        };
        let ours = field.canonical(Side::Dynamics, row.get(&field.dynamics.name));
        let held = record.get(&field.marketo.name);
        let theirs = |value: &Value| field.canonical(Side::Marketo, value);
        let still = theirs(held) == theirs(&one.marketo);
        let moved = item.base.get(&one.field) != Some(&ours);
        if theirs(value) == theirs(held) {
            plan.applied.push(one.id);
        } else if !still || moved {
            plan.superseded.push(one.id);
        } else {
            plan.agreed.push((held_as(&one.field), held_mark(&ours)));
            let mut back = put(&one.field, &field.marketo.name, one, value.clone());
            (back.before, back.canonical) = (held.clone(), ours);
            fields.retain(|sent| sent.field != one.field);
            fields.push(back);
        }
    }
}

fn put(field: &str, name: &str, correction: &Conflict, value: Value) -> OpField {
    OpField {
        field: field.to_owned(),
        name: name.to_owned(),
        before: Value::Null,
        canonical: value.clone(),
        after: value,
        cause: Cause::Rollback(correction.id.0),
        conflict: Some(correction.id),
    }
}
