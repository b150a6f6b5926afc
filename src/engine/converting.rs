//! A lead that becomes a contact stays one person in Marketo.
//!
//! Dynamics makes a new row of a qualified lead, and points back from it: the contact's originating lead. Whoever makes
//! the contact, the vendor's own Qualify or a hand-written conversion, that reference is what counts, and neither the
//! order in which the two feeds tell it, nor the lead's state. The contact takes the person over from the lead's link,
//! with what was agreed; the lead's link ends. Where the contact was there first, the lead stands back. Once the
//! contact's row is deleted, a lead that is opened again takes its person back.

use uuid::Uuid;

use super::decide::Setting;
use super::halves::{Replaced, Turn};
use super::lane::Lane;
use super::matching;
use super::merged_away;
use super::merging;
use super::plan::{LinkPlan, Plan};
use super::slice::Item;
use crate::connectors::dynamics::Table;
use crate::mapping::{CheckedField, CheckedMap};
use crate::model::{
    Conflict, ConflictKind, ConflictStatus, Entity, MarketoId, Record, Side, Value,
};
use crate::store::{Base, Link, LinkState};

/// The lead a contact came of.
const ORIGIN: &str = "originatingleadid";
/// Whether a lead is open.
const STATE: &str = "statecode";
/// An open lead's state.
const OPEN: i64 = 0;

/// The columns a lane reads to recognise a conversion.
pub(super) fn columns(entity: &Entity, table: &Table) -> Vec<String> {
    let names: &[&str] = if *entity == Entity::CONTACT {
        &[ORIGIN]
    } else if *entity == Entity::LEAD {
        &[STATE, merged_away::CONTACT]
    } else {
        &[]
    };
    let known = names.iter().filter(|name| table.column(name).is_some());
    known.map(|name| (*name).to_owned()).collect()
}

/// Gives leads and contacts each other's maps.
pub(super) fn acquaint(lanes: &mut [Lane]) {
    let map_of = |entity: &Entity| {
        let lane = lanes.iter().find(|lane| lane.entity() == entity);
        lane.map(|lane| Box::new(lane.map.clone()))
    };
    let (lead, contact) = (map_of(&Entity::LEAD), map_of(&Entity::CONTACT));
    for lane in lanes {
        if *lane.entity() == Entity::CONTACT {
            lane.others.clone_from(&lead);
        } else if *lane.entity() == Entity::LEAD {
            lane.others.clone_from(&contact);
        }
    }
}

/// The lead a contact came of.
pub(super) fn origin(row: &Record) -> Option<Uuid> {
    match row.get(ORIGIN) {
        Value::Id(lead) => Some(*lead),
        _ => None,
    }
}

/// Whether a lead is open.
pub(super) fn is_open(row: &Record) -> bool {
    *row.get(STATE) == Value::Integer(OPEN)
}

/// What a row's other half makes of it; none where it is matched like any other.
pub(super) fn decide(setting: &Setting<'_>, item: &Item, row: &Record) -> Option<Plan> {
    let id = row.key.dynamics()?;
    let plan = match setting.candidates.turns.get(&id)? {
        Turn::Became => return Some(stand_back(item)),
        Turn::Again { link, base } => again(setting, item, row, (link, base)),
        Turn::Of {
            lead,
            link,
            base,
            replaced,
        } => {
            if setting.candidates.stamped.contains_key(&id) {
                return None;
            }
            let marketo = match link {
                Some(link) => link.marketo?,
                None => stamped_with(setting, *lead)?,
            };
            let rivals = rivals(setting, row, marketo);
            if !rivals.is_empty() {
                return Some(asked(setting, item, row, &rivals));
            }
            take_over(setting, item, row, (marketo, link.as_ref(), base, replaced))?
        }
    };
    Some(closing_matches(item, plan))
}

/// A question whom this row is has answered itself.
fn closing_matches(item: &Item, mut plan: Plan) -> Plan {
    let matches = item.open.iter().filter(|one| one.field.is_empty());
    let matches = matches.filter(|one| one.kind.is_match());
    let pending = matches.filter(|one| one.status == ConflictStatus::Pending);
    plan.converged.extend(pending.map(|one| one.id));
    plan
}

/// The one person that is stamped with a lead nobody links: the state was lost.
fn stamped_with(setting: &Setting<'_>, lead: Uuid) -> Option<MarketoId> {
    let stamped = setting.candidates.stamped.get(&lead)?;
    match stamped.as_slice() {
        [one] if one.organization == Some(setting.organization) && one.linked_to.is_none() => {
            Some(one.id)
        }
        _ => None,
    }
}

/// The lead's person and those who have the row's address, where these are others: it is not ours to say who it is.
fn rivals(setting: &Setting<'_>, row: &Record, marketo: MarketoId) -> Vec<MarketoId> {
    let email = setting.lane.email_of(row);
    let people = email.and_then(|email| setting.candidates.by_email.get(&email));
    let others = people.into_iter().flatten().map(|person| person.id);
    let others: Vec<MarketoId> = others.collect();
    if others.is_empty() || others.contains(&marketo) {
        return Vec::new();
    }
    std::iter::once(marketo).chain(others).collect()
}

fn asked(setting: &Setting<'_>, item: &Item, row: &Record, people: &[MarketoId]) -> Plan {
    let waits = |one: &Conflict| one.kind == ConflictKind::AmbiguousMatch;
    if item.open.iter().any(waits) {
        return Plan::nothing(item);
    }
    let why = "its lead is one person, and another has its address";
    matching::hold(setting, item, row, people, why)
}

/// The plan that gives a row the person of its other half; none while that person is not there.
pub(super) fn take_over(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    (marketo, link, base, replaced): (MarketoId, Option<&Link>, &Base, &Replaced),
) -> Option<Plan> {
    let base = match &setting.lane.others {
        Some(theirs) => carried((theirs, &setting.lane.map), (base, replaced), row),
        None => Base::new(),
    };
    let link_plan = match (link, &item.link) {
        (Some(from), _) => LinkPlan::TakeOver {
            from: Box::new(from.clone()),
            base,
        },
        (None, None) => LinkPlan::New {
            marketo: Some(marketo),
            state: LinkState::Live,
        },
        (None, Some(_)) => LinkPlan::Attach {
            marketo,
            trusted: false,
        },
    };
    let plan = Plan {
        link_plan,
        origin: origin(row),
        ..Plan::nothing(item)
    };
    match setting.candidates.people.get(&marketo) {
        Some(person) => Some(merging::decide(setting, item, row, person, plan)),
        // Made up by a preview: it would be there by now.
        None if marketo < 0 => Some(plan),
        None => None,
    }
}

/// The plan that links a row to a person its other half is linked to; none where that is somebody else.
pub(super) fn of_other_half(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    marketo: MarketoId,
) -> Option<Plan> {
    match setting.candidates.turns.get(&row.key.dynamics()?)? {
        Turn::Of {
            link: Some(link),
            base,
            replaced,
            ..
        } if link.marketo == Some(marketo) => {
            take_over(setting, item, row, (marketo, Some(link), base, replaced))
        }
        _ => None,
    }
}

/// A lead whose contact stands for it is not linked to anybody.
fn stand_back(item: &Item) -> Plan {
    let mut plan = Plan::nothing(item);
    plan.superseded.extend(item.open.iter().map(|one| one.id));
    plan.link_plan = match &item.link {
        None => LinkPlan::New {
            marketo: None,
            state: LinkState::Tombstone,
        },
        Some(link) if link.state == LinkState::Tombstone => LinkPlan::Keep,
        Some(_) => LinkPlan::Bury,
    };
    plan
}

/// A lead that was opened again gets its person back; where that was deleted with the contact, a new one.
fn again(setting: &Setting<'_>, item: &Item, row: &Record, (link, base): (&Link, &Base)) -> Plan {
    let marketo = link.marketo.unwrap_or_default();
    let back = take_over(
        setting,
        item,
        row,
        (marketo, Some(link), base, &Replaced::new()),
    );
    let id = row.key.dynamics().unwrap_or_default();
    back.unwrap_or_else(|| matching::create(setting, item, row, id))
}

/// Whether a lead that stood back is opened again and has a person to get back.
pub(super) fn is_again(setting: &Setting<'_>, row: &Record) -> bool {
    let id = row.key.dynamics().unwrap_or_default();
    let turn = setting.candidates.turns.get(&id);
    matches!(turn, Some(Turn::Again { .. })) && setting.lane.scope.holds(row)
}

/// What was agreed about one person under `from`, as `to` says it. Where the new row was not given a value the person
/// has, that is no edit: nothing is agreed, so that the row gets it. Consent is never carried over against a row that
/// says otherwise. Nor is it an edit where the new row has what a write of ours has replaced on the old one since: it
/// was made before, and the person's value is newer.
fn carried(
    (from, to): (&CheckedMap, &CheckedMap),
    (base, replaced): (&Base, &Replaced),
    row: &Record,
) -> Base {
    let fields = to.fields.iter().filter_map(|field| {
        let twin = |one: &&CheckedField| one.map.marketo == field.map.marketo;
        let twin = from.fields.iter().find(twin)?;
        let raw = twin
            .to_side(Side::Marketo, base.get(&twin.map.name)?)
            .ok()?;
        let meant = field.canonical(Side::Marketo, &raw);
        let ours = field.canonical(Side::Dynamics, row.get(&field.map.dynamics));
        let silent = ours.is_null() && !meant.is_null();
        if field.map.consent && ours != meant {
            return None;
        }
        let mut before = replaced.get(&twin.map.name).into_iter().flatten();
        if before.any(|(side, before)| twin.canonical(*side, before) == ours) {
            return Some((field.map.name.clone(), ours));
        }
        (!silent).then(|| (field.map.name.clone(), meant))
    });
    fields.collect()
}
