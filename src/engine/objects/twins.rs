//! Several records under one key: parallel upserts can make them, and no write by that key says which one it means.
//!
//! Such a row is held as an ambiguous match until Marketo has one record of it again.

use chrono::{DateTime, Utc};

use crate::engine::lane::Lane;
use crate::engine::plan::{LinkPlan, Plan};
use crate::engine::slice::Item;
use crate::model::{Conflict, ConflictKind, Record, Side, Value};
use crate::store::{LinkState, NewConflict};

/// Holds a row of which Marketo has several records.
pub(super) fn hold(
    lane: &Lane,
    item: &Item,
    row: &Record,
    now: DateTime<Utc>,
    mut plan: Plan,
) -> Plan {
    // Whatever was decided, they are still several: it is asked anew.
    let (pending, decided): (Vec<&Conflict>, Vec<&Conflict>) =
        held(item).partition(|conflict| conflict.resolution.is_none());
    plan.superseded.extend(decided.iter().map(|held| held.id));
    if !pending.is_empty() {
        return plan;
    }
    if plan.link.is_none() {
        plan.link_plan = LinkPlan::New {
            marketo: None,
            state: LinkState::Frozen,
        };
    }
    plan.opened.push(NewConflict {
        link: item.link_id(),
        entity: lane.entity().clone(),
        kind: ConflictKind::AmbiguousMatch,
        field: String::new(),
        dynamics_id: row.key.dynamics(),
        marketo_id: None,
        label: lane.label_of(Side::Dynamics, row),
        base: None,
        dynamics: Value::Null,
        marketo: Value::text(format!("{} records", item.records)),
        detected: now,
        note: format!(
            "{} records in Marketo carry the key of this row: delete all but one there, then take either side to \
             have it looked at again",
            item.records
        ),
    });
    plan
}

/// Closes what was held, now that there is no more than one.
pub(super) fn settle(item: &Item, plan: &mut Plan) {
    plan.converged.extend(held(item).map(|held| held.id));
}

fn held(item: &Item) -> impl Iterator<Item = &Conflict> {
    let open = item.open.iter();
    open.filter(|conflict| conflict.kind == ConflictKind::AmbiguousMatch)
}
