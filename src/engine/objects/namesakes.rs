//! Lanes that read a table another lane reads, too: the customers of opportunities beside the opportunities.
//!
//! A link is found by its row's GUID, so a row that is looked at by two lanes is known under two: under its own, and
//! in the second lane under one that is worked out from it. The way there is the way back.

use uuid::Uuid;

use super::members;
use crate::connectors::dynamics::Change;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::model::{Entity, Record, RecordKey};
use crate::store::{Reader, StoreError};

/// What the GUIDs of customers differ by from their opportunities': a random number.
const CUSTOMER: u128 = 0x6b1d_94e7_05c3_4f28_a9d2_37f0_8e54_c61b;

/// The same of the opportunities whose account has more contacts than get roles.
const MEMBERS: u128 = 0x2f90_c1b8_7d46_4ea5_8b17_e65d_0a39_f4c2;

/// The key of a row in the lane of `entity`, and the row of such a key.
pub(in crate::engine) fn namesake(entity: &Entity, id: Uuid) -> Uuid {
    if *entity == Entity::CUSTOMER_ROLE {
        Uuid::from_u128(id.as_u128() ^ CUSTOMER)
    } else if *entity == Entity::ACCOUNT_ROLE {
        Uuid::from_u128(id.as_u128() ^ MEMBERS)
    } else {
        id
    }
}

/// The row an admin knows a key of the lane of `entity` by: of a role of an account's contact, the opportunity.
pub(in crate::engine) fn row_of(
    reader: &Reader<'_>,
    entity: &Entity,
    id: Uuid,
) -> Result<Uuid, StoreError> {
    if *entity != Entity::ACCOUNT_ROLE {
        return Ok(namesake(entity, id));
    }
    let known = reader.account_roles(&[id])?.remove(&id);
    Ok(known.map_or_else(|| namesake(entity, id), |role| role.opportunity))
}

/// Gives a feed's changes the keys they have in the lane of `entity`.
pub(in crate::engine) fn known_as(entity: &Entity, changes: &mut [Change]) {
    for change in changes {
        match change {
            Change::Upsert(record) => rename(entity, record),
            Change::Delete(id) => *id = namesake(entity, *id),
        }
    }
}

/// Reads rows of a lane by the keys they have in it.
pub(in crate::engine) async fn read(
    context: &Context,
    lane: &Lane,
    columns: &[String],
    ids: &[Uuid],
) -> Result<Vec<Record>, EngineError> {
    let entity = lane.entity();
    if *entity == Entity::ACCOUNT_ROLE {
        return members::read(context, lane, columns, ids).await;
    }
    let rows: Vec<Uuid> = ids.iter().map(|id| namesake(entity, *id)).collect();
    let mut read = context.dynamics.read(&lane.table, columns, &rows).await?;
    for record in &mut read {
        rename(entity, record);
    }
    Ok(read)
}

fn rename(entity: &Entity, record: &mut Record) {
    if let RecordKey::Dynamics(id) = record.key {
        record.key = RecordKey::Dynamics(namesake(entity, id));
    }
}
