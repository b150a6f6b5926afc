//! A lead that was qualified into a contact which is another person in Marketo: two people who are one by now.
//!
//! Dynamics says so by the closed lead's contact. Nobody is merged in Marketo unasked: the admin does it there, and the
//! contact then keeps the one person, or ends the lead's link; as long as neither is done, both stay in step.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::context::Context;
use super::decide::Setting;
use super::error::EngineError;
use super::lane::Lane;
use super::plan::{LinkPlan, Plan};
use super::slice::Item;
use crate::model::{
    Conflict, ConflictKind, ConflictStatus, Entity, MarketoId, Record, RecordKey, Side, Value,
};
use crate::store::{Base, Conversion, Link, LinkState, NewConflict, StoreError, Tx};

/// The contact a lead belongs to, or became.
pub(super) const CONTACT: &str = "parentcontactid";
/// A qualified lead's state.
const QUALIFIED: i64 = 1;

/// Whom a lead's contact is, in Dynamics and in Marketo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Into {
    contact: Uuid,
    marketo: MarketoId,
}

fn contact_of(row: &Record) -> Option<Uuid> {
    match row.get(CONTACT) {
        Value::Id(contact) if *row.get("statecode") == Value::Integer(QUALIFIED) => Some(*contact),
        _ => None,
    }
}

/// The linked leads of a slice whose contact is another person, by row.
pub(super) async fn look(
    context: &Context,
    lane: &Lane,
    items: &[Item],
) -> Result<HashMap<Uuid, Into>, EngineError> {
    if *lane.entity() != Entity::LEAD {
        return Ok(HashMap::new());
    }
    let linked = items.iter().filter(|item| item.is_linked());
    let qualified = linked.filter_map(|item| {
        let row = item.row.record()?;
        let person = item.link.as_ref()?.marketo?;
        Some((row.key.dynamics()?, contact_of(row)?, person))
    });
    let qualified: Vec<(Uuid, Uuid, MarketoId)> = qualified.collect();
    if qualified.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = qualified
        .iter()
        .map(|(_, contact, _)| RecordKey::Dynamics(*contact));
    let keys: Vec<RecordKey> = keys.collect();
    let links = context
        .store
        .read(move |reader| reader.links_by_key(&keys))
        .await?;
    let other = |(lead, contact, person): (Uuid, Uuid, MarketoId)| {
        let link = links.get(&RecordKey::Dynamics(contact))?;
        let live = link.state == LinkState::Live && link.entity == Entity::CONTACT;
        let marketo = link.marketo.filter(|marketo| live && *marketo != person)?;
        Some((lead, Into { contact, marketo }))
    };
    Ok(qualified.into_iter().filter_map(other).collect())
}

fn held(item: &Item) -> Option<&Conflict> {
    let mut open = item.open.iter();
    open.find(|one| one.kind == ConflictKind::SplitMerge)
}

/// The end of a lead's link, where the admin has decided it.
pub(super) fn ends(item: &Item) -> Option<Plan> {
    let held = held(item).filter(|held| held.status == ConflictStatus::Resolved)?;
    let mut plan = Plan::nothing(item);
    plan.link_plan = LinkPlan::Bury;
    plan.applied.push(held.id);
    Some(plan)
}

/// Adds the question to what is done about a linked lead, or closes it where it has answered itself.
pub(super) fn asked(setting: &Setting<'_>, item: &Item, row: &Record, mut plan: Plan) -> Plan {
    let id = row.key.dynamics().unwrap_or_default();
    let (into, held) = (setting.candidates.into.get(&id), held(item));
    match (into, held) {
        (None, Some(held)) if held.status == ConflictStatus::Pending => {
            plan.converged.push(held.id);
        }
        (Some(into), None) => plan.opened.push(question(setting, item, row, *into)),
        _ => {}
    }
    plan
}

fn question(setting: &Setting<'_>, item: &Item, row: &Record, into: Into) -> NewConflict {
    let person = item.link.as_ref().and_then(|link| link.marketo);
    let ours = person.map(|id| id.to_string()).unwrap_or_default();
    NewConflict {
        link: item.link_id(),
        entity: setting.lane.entity().clone(),
        kind: ConflictKind::SplitMerge,
        field: String::new(),
        dynamics_id: row.key.dynamics(),
        marketo_id: person,
        label: setting.lane.label_of(Side::Dynamics, row),
        base: None,
        dynamics: Value::text(row.key.to_string()),
        marketo: Value::text(into.contact.to_string()),
        detected: setting.now,
        note: format!(
            "the lead was qualified into the contact {}, which is Marketo {}, while the lead is Marketo {ours}: \
             merge the two in Marketo, and the contact keeps the one person; or take either side to end the \
             lead's link",
            into.contact, into.marketo
        ),
    }
}

/// Two linked people were merged in Marketo. Where one is a lead that became the other, the lead's link ends and
/// nothing is left to ask: the contact's link, then.
pub(super) fn gives_way(
    tx: &Tx<'_>,
    (one, other): (&Link, &Link),
    winner: MarketoId,
    now: DateTime<Utc>,
) -> Result<Option<Link>, StoreError> {
    let (lead, contact) = if one.entity == Entity::LEAD {
        (one, other)
    } else {
        (other, one)
    };
    if lead.entity != Entity::LEAD || contact.entity != Entity::CONTACT {
        return Ok(None);
    }
    let open = tx
        .open_conflicts(&[lead.id])?
        .remove(&lead.id)
        .unwrap_or_default();
    let became = |held: &&Conflict| {
        let into = held.marketo.to_string().parse().ok();
        held.kind == ConflictKind::SplitMerge && into.is_some() && into == contact.dynamics
    };
    let (true, Some(row), Some(into)) = (
        open.iter().any(|held| became(&held)),
        lead.dynamics,
        contact.dynamics,
    ) else {
        return Ok(None);
    };
    for held in open {
        tx.set_conflict_status(held.id, ConflictStatus::Converged, now)?;
    }
    tx.set_link_state(lead.id, LinkState::Tombstone)?;
    tx.set_base(lead.id, &Base::new())?;
    tx.set_link_marketo(contact.id, Some(winner))?;
    tx.set_conversion(&Conversion {
        lead: row,
        contact: into,
        marketo: Some(winner),
        taken: true,
        at: now,
        gone: None,
    })?;
    tx.wake(into, now)?;
    Ok(Some(contact.clone()))
}
