//! What the admin does to single records: look at one now, link, unlink, have a row created in Dynamics.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pull_marketo::STRANGER;
use super::stage::dirty;
use crate::model::{ConflictStatus, Entity, MarketoId, RecordKey};
use crate::store::{Base, DirtyReason, Link, LinkState, NewLink, StoreError, Tx};

/// A wish for a row in Dynamics, made of a Marketo person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRow {
    /// The person.
    pub marketo: MarketoId,
    /// As what: `lead` or `contact`.
    pub entity: Entity,
    /// The account a contact is to belong to.
    pub account: Option<Uuid>,
}

/// What a wish came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is done, or the next cycle does it.
    Done(String),
    /// It cannot be done, and why.
    No(String),
}

fn link_of(tx: &Tx<'_>, key: RecordKey) -> Result<Option<Link>, StoreError> {
    let found = tx.links_by_key(&[key])?.remove(&key);
    Ok(found.filter(|link| link.state != LinkState::Tombstone))
}

fn look(
    tx: &Tx<'_>,
    entity: &Entity,
    key: RecordKey,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.mark_dirty(&[dirty(entity, key, DirtyReason::Conflict, now)])
}

/// Has a record looked at by the next cycle. `entity` says what an unlinked row is.
pub fn look_at(
    tx: &Tx<'_>,
    key: RecordKey,
    entity: Option<&Entity>,
    now: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    if let Some(link) = link_of(tx, key)? {
        let key = link.dynamics.map_or(key, RecordKey::Dynamics);
        look(tx, &link.entity, key, now)?;
    } else if let RecordKey::Marketo(_) = key {
        look(tx, &Entity::named(STRANGER), key, now)?;
    } else if let Some(entity) = entity {
        look(tx, entity, key, now)?;
    } else {
        return Ok(Asked::No(format!("no row {key} was found in Dynamics")));
    }
    Ok(Asked::Done("the next cycle looks at it".to_owned()))
}

/// Ends a link; both records stay as they are, and are not linked again by themselves.
pub fn unlink(tx: &Tx<'_>, key: RecordKey, now: DateTime<Utc>) -> Result<Asked, StoreError> {
    let Some(link) = link_of(tx, key)? else {
        return Ok(Asked::No(format!("{key} is not linked")));
    };
    if tx.unfinished(&[link.id])?.contains_key(&link.id) {
        return Ok(Asked::No(
            "a write of it is under way: try again after the cycle".to_owned(),
        ));
    }
    for conflict in tx
        .open_conflicts(&[link.id])?
        .remove(&link.id)
        .into_iter()
        .flatten()
    {
        tx.set_conflict_status(conflict.id, ConflictStatus::Superseded, now)?;
    }
    tx.set_link_state(link.id, LinkState::Tombstone)?;
    // Without a base no later edit looks like one that was agreed on: nothing brings the link back by itself.
    tx.set_base(link.id, &Base::new())?;
    if let Some(row) = link.dynamics {
        tx.wake(row, now)?;
    }
    Ok(Asked::Done(
        "unlinked: both records stay as they are and go their own ways".to_owned(),
    ))
}

/// Links a row and a person by the admin's word. Where their values differ, the entity's policy decides or asks.
pub fn link(
    tx: &Tx<'_>,
    entity: &Entity,
    (dynamics, marketo): (Uuid, MarketoId),
    now: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    let row = link_of(tx, RecordKey::Dynamics(dynamics))?;
    let person = link_of(tx, RecordKey::Marketo(marketo))?;
    if let Some(other) = person
        .as_ref()
        .filter(|link| link.dynamics != Some(dynamics))
    {
        let other = other.dynamics.map(|id| id.to_string()).unwrap_or_default();
        return Ok(Asked::No(format!(
            "Marketo {marketo} is linked to {other}: unlink that first"
        )));
    }
    match row {
        Some(link) if link.marketo == Some(marketo) => {}
        Some(Link {
            marketo: Some(other),
            ..
        }) => {
            return Ok(Asked::No(format!(
                "{dynamics} is linked to Marketo {other}: unlink that first"
            )));
        }
        Some(link) => {
            tx.set_link_marketo(link.id, Some(marketo))?;
            tx.set_link_state(link.id, LinkState::Live)?;
            tx.set_base(link.id, &Base::new())?;
            let held = tx.open_conflicts(&[link.id])?.remove(&link.id);
            for conflict in held.into_iter().flatten() {
                if conflict.kind.is_match() {
                    tx.set_conflict_status(conflict.id, ConflictStatus::Applied, now)?;
                }
            }
        }
        None => {
            tx.insert_link(&NewLink {
                entity: entity.clone(),
                dynamics: Some(dynamics),
                marketo: Some(marketo),
                version: None,
                state: LinkState::Live,
                since: now,
            })?;
        }
    }
    look(tx, entity, RecordKey::Dynamics(dynamics), now)?;
    tx.wake(dynamics, now)?;
    Ok(Asked::Done(
        "linked: the next cycle compares them".to_owned(),
    ))
}

/// The GUID a person's row will have: nobody else's, and the same if the same history is lived again.
fn chosen(marketo: MarketoId, now: DateTime<Utc>) -> Uuid {
    let name = format!("syncdeck/{marketo}/{}", now.timestamp_micros());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// Asks for a row in Dynamics; its GUID is chosen and kept here. Somebody who has one already is only looked at again.
pub fn create(tx: &Tx<'_>, new: &NewRow, now: DateTime<Utc>) -> Result<Asked, StoreError> {
    let key = RecordKey::Marketo(new.marketo);
    if new.entity != Entity::LEAD && new.entity != Entity::CONTACT {
        return Ok(Asked::No("a person becomes a lead or a contact".to_owned()));
    }
    if new.account.is_some() && new.entity != Entity::CONTACT {
        return Ok(Asked::No(
            "only a contact can belong to an account".to_owned(),
        ));
    }
    if let Some(known) = link_of(tx, key)? {
        let row = known.dynamics.map_or(key, RecordKey::Dynamics);
        look(tx, &known.entity, row, now)?;
        let how = if known.state == LinkState::Wanted {
            "was asked for already as"
        } else {
            "is linked already to"
        };
        return Ok(Asked::Done(format!(
            "Marketo {} {how} {} {row}: nothing is created, it is looked at again",
            new.marketo, known.entity
        )));
    }
    let id = chosen(new.marketo, now);
    let link = tx.insert_link(&NewLink {
        entity: new.entity.clone(),
        dynamics: Some(id),
        marketo: Some(new.marketo),
        version: None,
        state: LinkState::Wanted,
        since: now,
    })?;
    if let Some(account) = new.account {
        tx.set_wanted_account(link, account)?;
    }
    look(tx, &new.entity, RecordKey::Dynamics(id), now)?;
    Ok(Asked::Done(format!(
        "the next cycle looks for the {} of Marketo {}, and creates one where there is none",
        new.entity, new.marketo
    )))
}
