//! Deciding about a row that has no person yet: link it, create one, or hold it for the admin.

use uuid::Uuid;

use super::converting;
use super::decide::Setting;
use super::editing::edited;
use super::lane::Lane;
use super::merging::{self, stamp_fields};
use super::plan::{LinkPlan, Plan, Write, op_field};
use super::slice::Item;
use super::two_rows;
use crate::model::{Conflict, ConflictKind, ConflictStatus, MarketoId, Record, Side, Take, Value};
use crate::reconcile::{Match, create_fields, match_person};
use crate::store::{Base, Link, LinkState, NewConflict, OpKind};

/// Stands for the address where other rules match.
const BY_RULE: &str = "by rule";

/// Decides about `row`, which is not linked to a person.
pub(super) fn decide(setting: &Setting<'_>, item: &Item, row: &Record) -> Plan {
    let plan = Plan::nothing(item);
    let Some(id) = row.key.dynamics() else {
        return plan;
    };
    let held = item.open.iter().find(|conflict| conflict.kind.is_match());
    let decided = held.is_some_and(|held| held.status == ConflictStatus::Resolved);
    if !decided && let Some(plan) = converting::decide(setting, item, row) {
        return plan;
    }
    if let Some(held) = held {
        return resolved(setting, item, row, held, plan);
    }
    let email = setting.lane.email_of(row);
    let stamped = setting
        .candidates
        .stamped
        .get(&id)
        .map_or(&[][..], Vec::as_slice);
    let by_email = email
        .as_ref()
        .and_then(|email| setting.candidates.by_email.get(email));
    let by_email = by_email.map_or(&[][..], Vec::as_slice);
    let (email, by_email) = if setting.lane.matches_by_email_alone() {
        (email, by_email)
    } else {
        let found = setting.candidates.by_rule.get(&id);
        (
            Some(BY_RULE.to_owned()),
            found.map_or(&[][..], Vec::as_slice),
        )
    };
    match match_person(
        id,
        email.as_deref(),
        setting.organization,
        stamped,
        by_email,
    ) {
        Match::Linked(person) => link(setting, item, row, person, true),
        Match::ByEmail(person) => link(setting, item, row, person, false),
        Match::None => create(setting, item, row, id),
        Match::Ambiguous(people) => hold(
            setting,
            item,
            row,
            &people,
            "more than one record may be the same person",
        ),
        Match::TwoRows { person, row: other } => {
            two_rows::hold(setting, item, row, (person, other))
        }
        Match::Foreign(person) => {
            let why = "the matching person belongs to another Dynamics organisation";
            hold(setting, item, row, &[person], why)
        }
    }
}

pub(super) fn link(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    marketo: MarketoId,
    trusted: bool,
) -> Plan {
    let Some(person) = setting.candidates.people.get(&marketo) else {
        return Plan::nothing(item);
    };
    if let Some(plan) = converting::of_other_half(setting, item, row, marketo) {
        return plan;
    }
    let id = row.key.dynamics();
    let holder = setting.candidates.links.get(&marketo);
    // A row that was only asked for is none: staging sees to it.
    let none = |link: &Link| matches!(link.state, LinkState::Tombstone | LinkState::Wanted);
    let holder = holder.filter(|link| !none(link) && link.dynamics != id);
    let link_plan = match (&item.link, holder) {
        // The admin gives it to this row: the two have no history in common.
        (_, Some(holder)) => LinkPlan::TakeOver {
            from: Box::new(holder.clone()),
            base: Base::new(),
        },
        // A stamp of ours without a link of ours: the state was lost. The base is unknown.
        (None, None) => LinkPlan::New {
            marketo: Some(marketo),
            state: LinkState::Live,
        },
        (Some(_), None) => LinkPlan::Attach { marketo, trusted },
    };
    let plan = Plan {
        link_plan,
        origin: converting::origin(row),
        ..Plan::nothing(item)
    };
    merging::decide(setting, item, row, person, plan)
}

pub(super) fn create(setting: &Setting<'_>, item: &Item, row: &Record, id: Uuid) -> Plan {
    let lane = setting.lane;
    let mut plan = Plan::nothing(item);
    if !lane.direction().writes(Side::Marketo) {
        return plan;
    }
    let (row, back) = edited(setting.lane, item, Side::Dynamics, row);
    let row = &row;
    let (writes, refused) = create_fields(&lane.map, lane.direction(), Side::Dynamics, row);
    let mut fields: Vec<_> = writes.into_iter().map(op_field).collect();
    fields.extend(stamp_fields(id, setting, |_| Value::Null));
    plan.link_plan = match &item.link {
        None => LinkPlan::New {
            marketo: None,
            state: LinkState::Live,
        },
        Some(link) if link.state == LinkState::Tombstone => LinkPlan::Revive,
        Some(_) => LinkPlan::Keep,
    };
    plan.origin = converting::origin(row);
    plan.refused = refused
        .into_iter()
        .map(|(field, refusal)| (Side::Marketo, field, refusal))
        .collect();
    // What is empty here is empty there too: the first value it gets is an edit, not a difference of unknown origin.
    plan.agreed = empty_on_both(lane, row);
    plan.to_marketo = Some(Write {
        kind: OpKind::Create,
        fields,
    });
    plan.to_dynamics = (!back.is_empty()).then_some(Write {
        kind: OpKind::Update,
        fields: back,
    });
    plan
}

/// The fields a person made of `row` agrees in without being told: those a new person has no other value of.
fn empty_on_both(lane: &Lane, row: &Record) -> Vec<(String, Value)> {
    let fields = lane.map.fields.iter().filter_map(|field| {
        let ours = field.canonical(Side::Dynamics, row.fields.get(&field.dynamics.name)?);
        let theirs = field.canonical(Side::Marketo, &Value::Null);
        (ours == theirs).then(|| (field.map.name.clone(), ours))
    });
    fields.collect()
}

pub(super) fn hold(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    people: &[MarketoId],
    why: &str,
) -> Plan {
    let mut plan = Plan::nothing(item);
    if item.link.is_none() {
        plan.link_plan = LinkPlan::New {
            marketo: None,
            state: LinkState::Frozen,
        };
    }
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    plan.opened.push(NewConflict {
        link: item.link_id(),
        entity: setting.lane.entity().clone(),
        kind: ConflictKind::AmbiguousMatch,
        field: String::new(),
        dynamics_id: row.key.dynamics(),
        marketo_id: None,
        label: setting.lane.label_of(Side::Dynamics, row),
        base: None,
        dynamics: Value::Null,
        marketo: Value::text(ids.join(",")),
        detected: setting.now,
        note: format!(
            "{why}: Marketo {}. Type a Marketo id to link to it, or take dynamics to create a new person",
            ids.join(", ")
        ),
    });
    plan
}

/// Carries out the admin's word on a held row; waits while there is none.
fn resolved(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    held: &Conflict,
    waiting: Plan,
) -> Plan {
    let Some(resolution) = held.resolution.as_ref() else {
        return waiting;
    };
    if held.status != ConflictStatus::Resolved {
        return waiting;
    }
    if held.kind != ConflictKind::AmbiguousMatch {
        return two_rows::resolved(setting, item, row, (held, resolution))
            .unwrap_or_else(|| asked_again(setting, item, row, held));
    }
    let mut plan = match (&resolution.take, given(held), row.key.dynamics()) {
        (Take::Side(Side::Dynamics), _, Some(id)) => create(setting, item, row, id),
        (_, Some(person), _) if setting.candidates.people.contains_key(&person) => {
            link(setting, item, row, person, false)
        }
        // Several people, or none of those shown: it has to be decided again.
        _ => return asked_again(setting, item, row, held),
    };
    plan.applied.push(held.id);
    plan
}

/// The person that the admin's word on a held row names.
pub(super) fn given(held: &Conflict) -> Option<MarketoId> {
    let resolution = held.resolution.as_ref()?;
    match &resolution.take {
        Take::Each { .. } | Take::Alone { .. } => None,
        _ if held.kind != ConflictKind::AmbiguousMatch => held.marketo_id,
        Take::Side(Side::Dynamics) => None,
        Take::Side(Side::Marketo) => held.marketo.to_string().parse().ok(),
        Take::Value(value) => value.to_string().trim().parse().ok(),
    }
}

fn asked_again(setting: &Setting<'_>, item: &Item, row: &Record, held: &Conflict) -> Plan {
    let why = "that was not among the candidates";
    let mut plan = match (held.kind, held.marketo_id, held.marketo.to_string().parse()) {
        (ConflictKind::AmbiguousMatch, ..) => hold(setting, item, row, &[], why),
        (_, Some(person), Ok(holder)) => two_rows::hold(setting, item, row, (person, holder)),
        _ => Plan::nothing(item),
    };
    plan.superseded.push(held.id);
    plan
}
