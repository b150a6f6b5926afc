//! Lanes that read a table another lane reads, too: the customers of opportunities beside the opportunities.
//!
//! A link is found by its row's GUID, so a row that is looked at by two lanes is known under two: under its own, and
//! in the second lane under one that is worked out from it. The way there is the way back.

use uuid::Uuid;

use crate::connectors::ConnectorError;
use crate::connectors::dynamics::Change;
use crate::engine::context::Context;
use crate::engine::lane::Lane;
use crate::model::{Entity, Record, RecordKey};

/// What the GUIDs of customers differ by from their opportunities': a random number.
const CUSTOMER: u128 = 0x6b1d_94e7_05c3_4f28_a9d2_37f0_8e54_c61b;

/// The key of a row in the lane of `entity`, and the row of such a key.
pub(in crate::engine) fn namesake(entity: &Entity, id: Uuid) -> Uuid {
    if *entity == Entity::CUSTOMER_ROLE {
        Uuid::from_u128(id.as_u128() ^ CUSTOMER)
    } else {
        id
    }
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
) -> Result<Vec<Record>, ConnectorError> {
    let entity = lane.entity();
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
