//! Deciding about a linked pair: three-way, field by field.

use std::collections::HashSet;

use uuid::Uuid;

use super::decide::Setting;
use super::landed;
use super::mutant;
use super::plan::{LinkPlan, Plan, Write, op_field};
use super::scope;
use super::slice::Item;
use super::stamp;
use crate::model::{Cause, Conflict, ConflictKind, Record, Side, Take, Value};
use crate::reconcile::{Clash, MergeInput, merge};
use crate::store::{Base, NewConflict, OpField, OpKind};

/// Decides about `row` and `person`, which are, or from now on will be, linked as `plan` says.
pub(super) fn decide(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    person: &Record,
    mut plan: Plan,
) -> Plan {
    let lane = setting.lane;
    let unknown = Base::new();
    // A person found by e-mail shares no history with the row: whatever base is stored does not speak of it.
    let by_rule = matches!(
        plan.link_plan,
        LinkPlan::New { .. }
            | LinkPlan::Attach { trusted: false, .. }
            | LinkPlan::Found { dynamics: Some(_) }
    );
    let open = frozen_fields(item, &mut plan);
    let backfilled = lane.backfill.as_ref();
    let taken = matches!(plan.link_plan, LinkPlan::TakeOver { .. });
    let (base, seen) = match (&plan.link_plan, backfilled) {
        (LinkPlan::TakeOver { base, .. }, _) => (base.clone(), row.clone()),
        (_, Some(backfill)) => backfill.seen(lane, item, row, person),
        (_, None) => (item.base.clone(), row.clone()),
    };
    let landed = landed::fields(lane, item, row, person);
    let base: Base = base.into_iter().chain(landed.clone()).collect();
    let merged = merge(&MergeInput {
        map: &lane.map,
        direction: lane.direction(),
        policy: lane.policy(),
        base: if by_rule { &unknown } else { &base },
        dynamics: &seen,
        marketo: person,
        open: &open,
        // Also when the first writes of such a link were cut off: our stamp is part of them, and not there yet.
        // Also for a pair that was added later: the record's other fields have a base, this one has none.
        fill_empty: by_rule || taken || stamp::row_of(person).is_none() || !item.base.is_empty(),
    });
    let conflict = |clash: Clash| conflict(setting, row, person, item, clash);
    plan.version.clone_from(&row.version);
    plan.marketo = person.key.marketo();
    plan.agreed = landed;
    plan.agreed.extend(merged.agreed);
    plan.converged.extend(merged.converged);
    plan.superseded.extend(merged.dropped);
    let decided: HashSet<String> = merged
        .to_dynamics
        .iter()
        .chain(&merged.to_marketo)
        .map(|write| write.field.clone())
        .collect();
    for (id, clash) in merged.superseded {
        plan.superseded.push(id);
        // Unless the new values decided themselves, they are shown anew.
        if !decided.contains(&clash.field) {
            plan.opened.push(conflict(clash));
        }
    }
    plan.opened.extend(merged.opened.into_iter().map(conflict));
    plan.refused = merged.refused;
    let to_dynamics: Vec<OpField> = merged.to_dynamics.into_iter().map(op_field).collect();
    let mut to_marketo: Vec<OpField> = merged.to_marketo.into_iter().map(op_field).collect();
    if let Some(id) = row.key.dynamics() {
        to_marketo.extend(stamps(setting, id, person));
    }
    to_marketo.extend(unmarked(setting, &plan, person));
    mutant::send_all(lane, (row, person), &mut to_marketo);
    mutant::agree_early(&mut plan, &to_dynamics, &to_marketo);
    plan.to_dynamics = update(to_dynamics);
    plan.to_marketo = update(to_marketo);
    plan
}

fn update(fields: Vec<OpField>) -> Option<Write> {
    (!fields.is_empty()).then_some(Write {
        kind: OpKind::Update,
        fields,
    })
}

/// Adds fields to what is written to Marketo.
pub(super) fn and_to_marketo(mut plan: Plan, fields: Vec<OpField>) -> Plan {
    if fields.is_empty() {
        return plan;
    }
    match &mut plan.to_marketo {
        Some(write) => write.fields.extend(fields),
        none => {
            *none = Some(Write {
                kind: OpKind::Update,
                fields,
            });
        }
    }
    plan
}

/// Our stamp, where the person carries none.
fn stamps(setting: &Setting<'_>, row: Uuid, person: &Record) -> Vec<OpField> {
    let lane = setting.lane;
    let ours = stamp::organization_of(person).is_none_or(|one| one == setting.organization);
    if (stamp::row_of(person) == Some(row) && ours) || !lane.direction().writes(Side::Marketo) {
        return Vec::new();
    }
    stamp_fields(row, setting, |name| person.get(name).clone())
}

/// Takes our mark away from the person of a row that is there. It belongs to the row before, or to somebody whom Marketo
/// merged into this person, whose empty fields it fills with the loser's.
fn unmarked(setting: &Setting<'_>, plan: &Plan, person: &Record) -> Option<OpField> {
    // Who comes back into scope is unmarked with that.
    let enters = plan.link_plan == LinkPlan::Thaw;
    let marked = !enters && *person.get(stamp::DELETED) == Value::Boolean(true);
    let writes = setting.lane.direction().writes(Side::Marketo);
    (marked && writes).then(|| scope::mark_gone(person, false))
}

/// The stamp as fields of a write; they belong to no logical field.
pub(super) fn stamp_fields(
    row: Uuid,
    setting: &Setting<'_>,
    before: impl Fn(&str) -> Value,
) -> Vec<OpField> {
    stamp::values(row, setting.lane.entity(), setting.organization)
        .into_iter()
        .map(|(name, after)| OpField {
            field: String::new(),
            before: before(&name),
            name,
            canonical: after.clone(),
            after,
            cause: Cause::Create,
            conflict: None,
        })
        .collect()
}

/// The open conflicts that freeze a field in this merge.
fn frozen_fields(item: &Item, plan: &mut Plan) -> Vec<Conflict> {
    let mut frozen = Vec::new();
    for conflict in &item.open {
        match conflict.kind {
            ConflictKind::Field => frozen.push(conflict.clone()),
            kind if kind.is_correction() => frozen.push(conflict.clone()),
            ConflictKind::Overwritten => {
                frozen.extend(recovered(conflict, plan));
            }
            _ => {}
        }
    }
    frozen
}

/// An overwritten value freezes nothing while it waits: both sides agree on what was written. Once the admin has
/// decided to bring it back, or typed another, the merge writes it to both sides.
fn recovered(conflict: &Conflict, plan: &mut Plan) -> Option<Conflict> {
    let resolution = conflict.resolution.as_ref()?;
    if resolution.take == Take::Side(Side::Dynamics) {
        plan.applied.push(conflict.id);
        return None;
    }
    Some(conflict.clone())
}

fn conflict(
    setting: &Setting<'_>,
    row: &Record,
    person: &Record,
    item: &Item,
    clash: Clash,
) -> NewConflict {
    NewConflict {
        link: item.link_id(),
        entity: setting.lane.entity().clone(),
        kind: ConflictKind::Field,
        field: clash.field,
        dynamics_id: row.key.dynamics(),
        marketo_id: person.key.marketo(),
        label: setting.lane.label_of(Side::Dynamics, row),
        base: clash.base,
        dynamics: clash.dynamics,
        marketo: clash.marketo,
        detected: setting.now,
        note: String::new(),
    }
}
