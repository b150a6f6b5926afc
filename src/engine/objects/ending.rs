//! What becomes of an object's record whose row was deleted, left the scope, or stands for nothing any more.
//!
//! A deleted row's record follows the entity's delete policy: kept, flagged, deleted, or the admin is asked. One that
//! left the scope is frozen as it is, flagged, or deleted; the base remembers that it is out, so that it is looked at
//! when it comes back, and left alone until then. What is deleted is in the journal with all its mapped values.

use chrono::{DateTime, Utc};

use super::draft::{Key, write};
use super::end::{Deleted, ObjectEnd};
use super::outside::TakenAlong;
use crate::engine::deleting::removal;
use crate::engine::lane::Lane;
use crate::engine::plan::{LinkPlan, Plan};
use crate::engine::slice::{Item, Seen};
use crate::engine::stamp;
use crate::model::{
    Cause, Conflict, ConflictKind, ConflictStatus, Entity, LeavePolicy, LinkId, Side, Take, Value,
};
use crate::store::{
    Base, Dirty, DirtyReason, Link, LinkState, NewConflict, OpField, OpKind, StoreError, Tx,
};

/// Kept in the base beside the agreed values: the row left the scope, and its record was dealt with.
const OUT: &str = stamp::DELETED;

/// Kept there while a record that left the scope is to be deleted, and waits for its roles to go.
const LEAVING: &str = "syncdeckLeaving";

/// Whether a record is to be deleted in Marketo because its row left the scope.
pub(super) fn is_leaving(base: &Base) -> bool {
    base.get(LEAVING) == Some(&Value::Boolean(true))
}

/// What is known of a record that was deleted in Marketo because its row left the scope.
pub(in crate::engine) fn left() -> Base {
    Base::from([(OUT.to_owned(), Value::Boolean(true))])
}

/// Kept in the base of a link that came to nothing: an empty one would say that the admin has ended it.
const ENDED: &str = "syncdeckEnded";

/// Sees to it that a link that ends by itself does not look as if the admin had ended it.
pub(in crate::engine) fn end(tx: &Tx<'_>, entity: &Entity, link: LinkId) -> Result<(), StoreError> {
    let known = tx.bases(&[link])?;
    let nothing = known.get(&link).is_none_or(Base::is_empty);
    if nothing && !entity.is_person() {
        let ended = Base::from([(ENDED.to_owned(), Value::Boolean(true))]);
        tx.set_base(link, &ended)?;
    }
    Ok(())
}

/// Whether a row was out of scope when it was last decided on.
pub(in crate::engine) fn is_out(base: &Base) -> bool {
    base.get(OUT) == Some(&Value::Boolean(true))
}

/// Whether the admin ended a link, and nobody has asked for the record since: unlike a deleted row's, its base is empty.
pub(super) fn was_unlinked(item: &Item) -> bool {
    let ended = item.link.as_ref();
    let ended = ended.is_some_and(|link| link.state == LinkState::Tombstone);
    let asked = |entry: &Dirty| entry.reason == DirtyReason::Conflict;
    ended && item.base.is_empty() && !item.dirty.iter().any(asked)
}

/// What is known once a row is in scope again, and the write that takes our mark away where the record carries it.
pub(super) fn back(item: &Item) -> (Vec<(String, Value)>, Vec<OpField>) {
    let record = item.person.record();
    let no = |name: &str| (name.to_owned(), Value::Boolean(false));
    let mut known: Vec<(String, Value)> = Vec::new();
    known.extend(is_leaving(&item.base).then(|| no(LEAVING)));
    let flag = record.map(|record| record.get(stamp::DELETED));
    if let Some(flag @ Value::Boolean(true)) = flag {
        return (known, vec![mark(flag.clone(), false)]);
    }
    known.extend(is_out(&item.base).then(|| no(OUT)));
    (known, Vec::new())
}

fn mark(before: Value, out: bool) -> OpField {
    OpField {
        field: OUT.to_owned(),
        name: stamp::DELETED.to_owned(),
        before,
        after: Value::Boolean(out),
        canonical: Value::Boolean(out),
        cause: Cause::Policy("filter".to_owned()),
        conflict: None,
    }
}

/// The row is there, but none of those that are kept in step.
pub(super) fn leave(lane: &Lane, end: &ObjectEnd, item: &Item, mut plan: Plan) -> Plan {
    plan.missing.clear();
    if plan.link.is_none() || is_out(&item.base) {
        return plan;
    }
    let yes = |name: &str| (name.to_owned(), Value::Boolean(true));
    let policy = match item.taken_along {
        Some(TakenAlong::Away) => LeavePolicy::Delete,
        _ => lane.settings.rules.leave,
    };
    plan.crosses = !is_leaving(&item.base);
    let (Some(key), Seen::Here(record)) = (key(end, item), &item.person) else {
        if policy == LeavePolicy::Delete && !end.is_keyed_by_row() {
            // It stands for no role any more; others may.
            let keys = end.keys.iter();
            plan.agreed
                .extend(keys.map(|name| (name.clone(), Value::Null)));
        }
        let live = |link: &Link| link.state == LinkState::Live;
        plan.agreed
            .extend(plan.link.as_ref().is_some_and(live).then(|| yes(OUT)));
        return plan;
    };
    let out = yes(OUT);
    let flag = record.get(stamp::DELETED);
    match policy {
        LeavePolicy::Delete => {
            plan.agreed.push(yes(LEAVING));
            plan.follows.extend(item.held_by.iter().copied());
            if item.held_by.is_empty() {
                let gone = removal(lane, Side::Marketo, record).fields;
                plan.to_marketo = Some(write(OpKind::Drop, key, gone));
            }
        }
        LeavePolicy::Flag if end.can_flag && *flag != Value::Boolean(true) => {
            let fields = vec![mark(flag.clone(), true)];
            plan.to_marketo = Some(write(OpKind::Update, key, fields));
        }
        LeavePolicy::Flag | LeavePolicy::Freeze => plan.agreed.push(out),
    }
    plan
}

/// The row was deleted.
pub(super) fn gone(
    lane: &Lane,
    end: &ObjectEnd,
    item: &Item,
    now: DateTime<Utc>,
    mut plan: Plan,
) -> Plan {
    plan.missing.clear();
    plan.version = None;
    if plan.link.is_none() {
        return plan;
    }
    let there = matches!(item.person, Seen::Here(_));
    match (asked(item), end.deleted) {
        (Some(held), _) => answered(lane, end, item, held, plan),
        (None, Deleted::Asked) if there => {
            plan.opened.push(question(lane, item, &plan, now));
            plan
        }
        (None, how) => without(lane, end, item, how, plan),
    }
}

/// The question about a deleted row that is open.
fn asked(item: &Item) -> Option<&Conflict> {
    let mut open = item.open.iter();
    open.find(|conflict| conflict.kind == ConflictKind::DeleteEdit)
}

/// A row that is there again answers the question what its delete means.
pub(super) fn unasked(item: &Item, plan: &mut Plan) {
    plan.superseded.extend(asked(item).map(|held| held.id));
}

fn answered(lane: &Lane, end: &ObjectEnd, item: &Item, held: &Conflict, mut plan: Plan) -> Plan {
    let made = held.resolution.as_ref();
    let made = made.filter(|_| held.status == ConflictStatus::Resolved);
    let how = match made.map(|made| &made.take) {
        None => return plan,
        Some(Take::Side(Side::Dynamics)) => Deleted::Removed,
        Some(_) => Deleted::Kept,
    };
    plan.applied.push(held.id);
    without(lane, end, item, how, plan)
}

fn question(lane: &Lane, item: &Item, plan: &Plan, now: DateTime<Utc>) -> NewConflict {
    let record = item.person.record();
    NewConflict {
        link: item.link_id(),
        entity: lane.entity().clone(),
        kind: ConflictKind::DeleteEdit,
        field: String::new(),
        dynamics_id: plan.dynamics,
        marketo_id: None,
        label: record.map_or_else(String::new, |record| lane.label_of(Side::Marketo, record)),
        base: None,
        dynamics: Value::text("deleted"),
        marketo: Value::text("kept"),
        detected: now,
        note: "deleted in dynamics, kept in marketo: take dynamics to delete it in marketo too, marketo to keep it \
               there, unlinked"
            .to_owned(),
    }
}

/// Ends a link, and its record as `how` says.
pub(super) fn without(
    lane: &Lane,
    end: &ObjectEnd,
    item: &Item,
    how: Deleted,
    mut plan: Plan,
) -> Plan {
    plan.missing.clear();
    if !matches!(item.row, Seen::Here(_)) {
        // A row that stands for nothing now may stand for something when the delete is tried again.
        plan.version = None;
    }
    if plan.link.is_none() {
        return plan;
    }
    plan.link_plan = LinkPlan::Bury;
    let (Some(key), Seen::Here(record)) = (key(end, item), &item.person) else {
        return plan;
    };
    plan.kept = how == Deleted::Kept && !matches!(item.row, Seen::Here(_));
    plan.to_marketo = match how {
        Deleted::Kept | Deleted::Asked => None,
        Deleted::Removed => {
            let gone = removal(lane, Side::Marketo, record).fields;
            Some(write(OpKind::Delete, key, gone))
        }
        Deleted::Flagged => {
            let flag = OpField {
                field: String::new(),
                cause: Cause::Delete,
                ..mark(record.get(stamp::DELETED).clone(), true)
            };
            Some(write(OpKind::Flag, key, vec![flag]))
        }
    };
    plan
}

/// The key the record was last written under.
fn key(end: &ObjectEnd, item: &Item) -> Option<Key> {
    if end.is_keyed_by_row() {
        item.row_key().map(|row| end.key_by_row(row))
    } else {
        end.key_in_base(&item.base)
    }
}
