//! What is remembered of leads that became contacts: noted with the link it leads to, and ended with it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lane::Lane;
use super::plan::{LinkPlan, Plan};
use super::stage::dirty;
use crate::model::{ConflictStatus, Entity, RecordKey};
use crate::store::{Base, Conversion, DirtyReason, Link, LinkState, StoreError, Tx};

/// Notes a conversion with the link it leads to, or that it is over.
pub(super) fn note(
    tx: &Tx<'_>,
    entity: &Entity,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(row) = plan.dynamics else {
        return Ok(());
    };
    let taken = match &plan.link_plan {
        LinkPlan::TakeOver { .. } => true,
        LinkPlan::New { state, .. } if *state == LinkState::Live => false,
        LinkPlan::Attach { .. } | LinkPlan::Revive => false,
        LinkPlan::Keep if plan.origin.is_some() => false,
        _ => return Ok(()),
    };
    if *entity == Entity::LEAD {
        return tx.clear_conversion(row);
    }
    let Some(lead) = plan.origin.filter(|_| *entity == Entity::CONTACT) else {
        return Ok(());
    };
    let key = RecordKey::Dynamics(lead);
    if let Some(link) = tx.links_by_key(&[key])?.remove(&key)
        && link.state != LinkState::Tombstone
    {
        if link.marketo.is_some() || link.entity != Entity::LEAD {
            // It stands for itself.
            return Ok(());
        }
        for conflict in tx
            .open_conflicts(&[link.id])?
            .remove(&link.id)
            .into_iter()
            .flatten()
        {
            tx.set_conflict_status(conflict.id, ConflictStatus::Superseded, now)?;
        }
        tx.set_base(link.id, &Base::new())?;
        tx.set_link_state(link.id, LinkState::Tombstone)?;
    }
    let before = tx.conversions(&[lead])?.remove(&lead);
    if !taken && before.is_some_and(|before| before.contact != row && before.gone.is_none()) {
        return Ok(());
    }
    tx.set_conversion(&Conversion {
        lead,
        contact: row,
        marketo: plan.marketo,
        taken,
        at: now,
        gone: None,
    })?;
    // What belonged to the lead belongs to the contact.
    tx.wake(lead, now)
}

/// A contact's link has ended. Where its row was deleted, the leads it came of are looked at: one of them may be open
/// again.
pub(super) fn ended(
    tx: &Tx<'_>,
    entity: &Entity,
    row: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(row) = row.filter(|_| *entity == Entity::CONTACT) else {
        return Ok(());
    };
    let leads = tx
        .conversions_into(row)?
        .into_iter()
        .filter(|one| one.gone.is_some());
    let marks = leads.map(|one| {
        let key = RecordKey::Dynamics(one.lead);
        dirty(&Entity::LEAD, key, DirtyReason::Feed, now)
    });
    tx.mark_dirty(&marks.collect::<Vec<_>>())
}

/// Dynamics reported a row as deleted.
pub(super) fn deleted(
    tx: &Tx<'_>,
    entity: &Entity,
    row: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if *entity != Entity::CONTACT {
        return Ok(());
    }
    tx.contact_gone(row, now)
}

/// Those of a page's leads that stand back for a contact whose row was deleted.
pub(super) fn ended_contacts(
    tx: &Tx<'_>,
    lane: &Lane,
    links: &HashMap<RecordKey, Link>,
) -> Result<HashSet<RecordKey>, StoreError> {
    if *lane.entity() != Entity::LEAD {
        return Ok(HashSet::new());
    }
    let buried = links
        .iter()
        .filter(|(_, link)| link.state == LinkState::Tombstone);
    let leads: Vec<Uuid> = buried.filter_map(|(key, _)| key.dynamics()).collect();
    let became = tx.conversions(&leads)?.into_values();
    let ended = became.filter(|one| one.gone.is_some());
    Ok(ended.map(|one| RecordKey::Dynamics(one.lead)).collect())
}
