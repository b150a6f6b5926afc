//! Roles of an account's contacts in the opportunities whose customer the account is, where the admin wants them.
//!
//! A role is a row that Dynamics does not have: an opportunity and a contact of the same account, as their feeds told.
//! Once they are none any more, or the admin wants no such roles, nothing is left of the row but its key, and the role
//! goes as that of a connection that ended.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::namesakes::namesake;
use super::opportunities::CONTACT;
use super::prepare;
use super::ties::PAIR;
use crate::connectors::dynamics::DynamicsIdentity;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::tables;
use crate::model::{
    Direction, Entity, EntitySettings, FailureClass, Record, RecordKey, Refusal, Side, Value,
};
use crate::store::{AccountRole, MOST_MEMBERS};

/// The column, worked out, of how many contacts get no role because they are too many.
const EXCESS: &str = "pair:excess";

/// The lane of these roles, as long as they are wanted or some of them are left.
pub(in crate::engine) async fn account_roles(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: &[EntitySettings],
) -> Result<Option<Lane>, EngineError> {
    let mut deals = settings.iter();
    let deals =
        deals.find(|one| one.entity == Entity::OPPORTUNITY && one.direction != Direction::Off);
    let Some(deals) = deals else {
        return Ok(None);
    };
    let wanted = deals.rules.account_roles.as_ref();
    let wanted = wanted.map(|roles| roles.role.clone());
    let left = context.store.read(|reader| reader.has_account_roles());
    if wanted.is_none() && !left.await? {
        return Ok(None);
    }
    let mut own = EntitySettings::initial(Entity::ACCOUNT_ROLE);
    own.rules.leave = deals.rules.leave;
    own.rules.brakes = deals.rules.brakes;
    let Some(mut lane) = prepare::lane(context, identity, own, None).await? else {
        return Ok(None);
    };
    let stamp = identity.schema.as_deref();
    let contacts = tables::table(context, &Entity::CONTACT, CONTACT, stamp).await?;
    if let Some(end) = &mut lane.object {
        end.members = wanted;
        end.tables.insert(CONTACT.to_owned(), contacts);
    }
    Ok(Some(lane))
}

/// Whether a lane only takes back what it made: there is nothing in it to be approved.
pub(in crate::engine) fn is_taken_back(lane: &Lane) -> bool {
    let end = lane.object.as_ref();
    *lane.entity() == Entity::ACCOUNT_ROLE && end.is_none_or(|end| end.members.is_none())
}

/// Reads rows of the lane by the keys they have in it. One that is gone from Dynamics before its feed told so is not
/// there.
pub(super) async fn read(
    context: &Context,
    lane: &Lane,
    columns: &[String],
    ids: &[Uuid],
) -> Result<Vec<Record>, EngineError> {
    let asked = ids.to_vec();
    let (roles, beyond) = context
        .store
        .read(move |reader| {
            let roles = reader.account_roles(&asked)?;
            let mut beyond: Vec<(Uuid, u64)> = Vec::new();
            for id in asked.iter().filter(|id| !roles.contains_key(id)) {
                let deal = namesake(&Entity::ACCOUNT_ROLE, *id);
                beyond.push((*id, reader.members_beyond(deal)?));
            }
            Ok((roles, beyond))
        })
        .await?;
    let standing = roles.values().filter(|role| role.stands);
    let mut deals: Vec<Uuid> = standing.map(|role| role.opportunity).collect();
    deals.sort_unstable();
    deals.dedup();
    let mut rows: HashMap<Uuid, Record> = HashMap::new();
    if !deals.is_empty() {
        let read = context.dynamics.read(&lane.table, columns, &deals).await?;
        rows.extend(
            read.into_iter()
                .filter_map(|row| Some((row.key.dynamics()?, row))),
        );
    }
    let roles = roles.into_iter();
    let mut found: Vec<Record> = roles
        .filter_map(|(key, role)| record(key, role, &rows))
        .collect();
    let beyond = beyond.into_iter().filter(|(_, many)| *many > 0);
    found.extend(beyond.map(|(key, many)| {
        let mut row = bare(key);
        let many = Value::Integer(i64::try_from(many).unwrap_or(i64::MAX));
        row.fields.insert(EXCESS.to_owned(), many);
        row
    }));
    Ok(found)
}

fn record(key: Uuid, role: AccountRole, rows: &HashMap<Uuid, Record>) -> Option<Record> {
    if !role.stands {
        return Some(bare(key));
    }
    let mut row = rows.get(&role.opportunity)?.clone();
    row.key = RecordKey::Dynamics(key);
    let both = [role.opportunity, role.contact].map(Value::Id);
    let names = PAIR.map(str::to_owned).into_iter();
    row.fields.extend(names.zip(both));
    Some(row)
}

/// A row of which there is nothing but its key.
fn bare(key: Uuid) -> Record {
    Record {
        key: RecordKey::Dynamics(key),
        version: None,
        modified: None,
        fields: BTreeMap::new(),
    }
}

/// What is to be told of an opportunity whose account has more contacts than get roles.
pub(super) fn excess(row: &Record) -> Option<(Side, String, Refusal)> {
    let Value::Integer(beyond) = row.get(EXCESS) else {
        return None;
    };
    let refusal = Refusal {
        class: FailureClass::Data,
        code: "too_many_contacts".to_owned(),
        message: format!(
            "{beyond} contacts of its account have no role in it: at most {MOST_MEMBERS} of an account get one"
        ),
        request: None,
    };
    Some((Side::Marketo, "role".to_owned(), refusal))
}
