//! One record on both sides, read now, with everything the engine knows of it, and why it is or is not in step.

use std::collections::BTreeSet;

use serde::Serialize;
use uuid::Uuid;

use super::context::{Context, Parts};
use super::error::EngineError;
use super::lane::Lane;
use super::prepare::{lane, settings};
use super::remembered::remembered;
use super::{filtering, objects, related, stamp, why};
use crate::model::{Conflict, Entity, Failure, MarketoId, Record, RecordKey, Side, Value};
use crate::reconcile::held_as;
use crate::store::{Base, Conversion, Dirty, JournalRow, Link, LinkState, Op};

/// Records one e-mail address is answered with at most.
const ALIKE: u32 = 20;

/// One field on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The logical field.
    pub field: String,
    /// The Dynamics column.
    pub dynamics_name: String,
    /// The Marketo field.
    pub marketo_name: String,
    /// What Dynamics holds now.
    #[serde(serialize_with = "plain")]
    pub dynamics: Value,
    /// What Marketo holds now.
    #[serde(serialize_with = "plain")]
    pub marketo: Value,
    /// What was agreed last, where that is known.
    #[serde(serialize_with = "plain_option")]
    pub base: Option<Value>,
    /// Which way it may travel.
    pub direction: &'static str,
    /// Whether both mean the same now.
    pub equal: bool,
    /// Whether a value that a rollback put back is held, although the other side has another one.
    pub held: bool,
}

/// Everything about one record.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Its entity; none for a person that is not linked and carries no stamp.
    pub entity: Option<Entity>,
    /// The Dynamics row.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person.
    pub marketo_id: Option<MarketoId>,
    /// Its link.
    pub link: Option<Link>,
    /// Whether the row is there.
    pub dynamics: bool,
    /// Whether the person, or the object's record, is there.
    pub marketo: bool,
    /// The mapped fields, as far as a side is there.
    pub fields: Vec<Compared>,
    /// Conflicts that wait, and decisions that are not written yet.
    pub conflicts: Vec<Conflict>,
    /// Failures that have not healed.
    pub failures: Vec<Failure>,
    /// What waits to be looked at.
    pub pending: Vec<Dirty>,
    /// Writes whose outcome is not known yet.
    pub outbox: Vec<Op>,
    /// The last writes, newest first.
    pub journal: Vec<JournalRow>,
    /// The leads it came of, or the contact it became.
    pub conversions: Vec<Conversion>,
    /// Whether both sides agree on every field that is kept in step.
    pub in_sync: bool,
    /// Why it is, or is not.
    pub why: Vec<String>,
}

fn plain<S: serde::Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_json().serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn plain_option<S: serde::Serializer>(
    value: &Option<Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Value::to_json).serialize(serializer)
}

/// Looks a record up by e-mail, GUID (an object's key) or Marketo id, on both sides as they are now. Nothing is written to either of them.
pub async fn inspect(parts: Parts, key: &str) -> Result<Vec<Inspection>, EngineError> {
    let context = Context::new(parts);
    let identity = context.dynamics.identity().await?;
    let person = context.marketo.person_fields().await?;
    let mut lanes = Vec::new();
    for settings in settings(&context).await? {
        if settings.entity.is_person() {
            lanes.push(lane(&context, &identity, settings, person.clone()).await?);
        } else {
            lanes.extend(objects::lane(&context, &identity, settings).await?);
        }
    }
    let mut obeyed = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let mut lane = filtering::obeyed(&context, lane).await?;
        // Before the first copy our own fields may not be there yet.
        objects::keep_described(&mut lane);
        obeyed.push(lane);
    }
    let lanes = obeyed;
    let mut found = Vec::new();
    for pair in pairs(&context, &lanes, key.trim()).await? {
        found.push(one(&context, &lanes, pair).await?);
    }
    Ok(found)
}

/// A row and a person that belong together, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    row: Option<Uuid>,
    person: Option<MarketoId>,
}

async fn pairs(
    context: &Context,
    lanes: &[Lane],
    key: &str,
) -> Result<BTreeSet<Pair>, EngineError> {
    let mut keys: Vec<RecordKey> = Vec::new();
    if let Some(key) = RecordKey::typed(key) {
        keys.push(key);
    } else if key.contains('@') {
        let wanted = [key.to_owned()];
        if let Some(lane) = of_people(lanes).filter(|_| key.is_ascii() && !key.contains(',')) {
            let people = context
                .marketo
                .people("email", &wanted, &lane.fields, &lane.person)
                .await?;
            keys.extend(people.iter().take(ALIKE as usize).map(|person| person.key));
        }
        for lane in lanes {
            let mut fields = lane.map.fields.iter();
            let Some(email) = fields.find(|field| field.map.marketo == "email") else {
                continue;
            };
            let column = email.map.dynamics.as_str();
            let rows = context
                .dynamics
                .find(&lane.table, &lane.columns, (column, key), ALIKE)
                .await?;
            let same = |row: &&Record| {
                let text = row.get(column).as_text().unwrap_or_default();
                text.trim().eq_ignore_ascii_case(key)
            };
            keys.extend(rows.iter().filter(same).map(|row| row.key));
        }
    }
    let asked = keys.clone();
    let links = context
        .store
        .read(move |reader| reader.links_by_key(&asked))
        .await?;
    let live = |key: &RecordKey| {
        links
            .get(key)
            .filter(|link| link.state != LinkState::Tombstone)
    };
    Ok(keys
        .iter()
        .map(|key| Pair {
            row: key.dynamics().or(live(key).and_then(|link| link.dynamics)),
            person: key.marketo().or(live(key).and_then(|link| link.marketo)),
        })
        .collect())
}

/// A lane of people.
fn of_people(lanes: &[Lane]) -> Option<&Lane> {
    lanes.iter().find(|lane| lane.object.is_none())
}

async fn one(context: &Context, lanes: &[Lane], mut pair: Pair) -> Result<Inspection, EngineError> {
    let known = remembered(context, pair.row, pair.person).await?;
    let mut person = person(context, of_people(lanes), pair.person).await?;
    // A person of a lost state still carries our stamp.
    pair.row = pair.row.or(person.as_ref().and_then(stamp::row_of));
    let entity = known.link.as_ref().map(|link| &link.entity);
    let row = row(context, lanes, pair.row, entity).await?;
    let of_link = |lane: &&Lane| entity == Some(lane.entity());
    let lane = row
        .as_ref()
        .map(|(lane, _)| *lane)
        .or_else(|| lanes.iter().find(of_link));
    let mut row = row.map(|(_, row)| row);
    if let Some(lane) = lane.filter(|lane| lane.object.is_some()) {
        let known = (known.link.clone(), known.base.clone());
        (row, person) = objects::look(context, lane, row.as_ref(), known).await?;
    } else if lane.is_some() {
        // Until now only the first lane's fields were read.
        person = self::person(context, lane, pair.person).await?;
    }
    let outside = lane
        .zip(row.as_ref())
        .is_some_and(|(lane, row)| !lane.scope.holds(row));
    let mut found = Inspection {
        entity: lane.map(|lane| lane.entity().clone()),
        dynamics_id: pair.row,
        marketo_id: pair.person,
        dynamics: row.is_some(),
        marketo: person.is_some(),
        fields: lane.map_or_else(Vec::new, |lane| {
            compared(lane, row.as_ref(), person.as_ref(), &known.base)
        }),
        link: known.link,
        conflicts: known.conflicts,
        failures: known.failures,
        pending: known.pending,
        outbox: known.outbox,
        journal: known.journal,
        conversions: known.conversions,
        in_sync: false,
        why: Vec::new(),
    };
    let paused = context.store.read(|reader| reader.paused()).await?;
    why::tell(&mut found, lane, (paused, outside));
    Ok(found)
}

async fn person(
    context: &Context,
    lane: Option<&Lane>,
    id: Option<MarketoId>,
) -> Result<Option<Record>, EngineError> {
    let (Some(lane), Some(id)) = (lane, id) else {
        return Ok(None);
    };
    let people = context
        .marketo
        .people("id", &[id.to_string()], &lane.fields, &lane.person)
        .await?;
    Ok(people.into_iter().next())
}

/// The row of this id and what it is; `entity` where that is known.
async fn row<'a>(
    context: &Context,
    lanes: &'a [Lane],
    id: Option<Uuid>,
    entity: Option<&Entity>,
) -> Result<Option<(&'a Lane, Record)>, EngineError> {
    let Some(id) = id else { return Ok(None) };
    let possible = |lane: &&Lane| entity.is_none_or(|entity| entity == lane.entity());
    for lane in lanes.iter().filter(possible) {
        let rows = objects::read(context, lane, &lane.columns, &[id]).await?;
        if let Some(mut found) = rows.into_iter().next() {
            let relations = lane.scope.relations();
            related::dress(&context.dynamics, relations, vec![&mut found]).await?;
            return Ok(Some((lane, found)));
        }
    }
    Ok(None)
}

fn compared(
    lane: &Lane,
    row: Option<&Record>,
    person: Option<&Record>,
    base: &Base,
) -> Vec<Compared> {
    let held = |record: Option<&Record>, name: &str| {
        record.map_or(Value::Null, |record| record.get(name).clone())
    };
    lane.map
        .fields
        .iter()
        .map(|field| {
            let dynamics = held(row, &field.dynamics.name);
            let marketo = held(person, &field.marketo.name);
            Compared {
                field: field.map.name.clone(),
                dynamics_name: field.dynamics.name.clone(),
                marketo_name: field.marketo.name.clone(),
                equal: field.canonical(Side::Dynamics, &dynamics)
                    == field.canonical(Side::Marketo, &marketo),
                dynamics,
                marketo,
                base: base.get(&field.map.name).cloned(),
                held: is_held(base.get(&held_as(&field.map.name))),
                direction: lane.direction().and(field.direction).word(),
            }
        })
        .collect()
}

fn is_held(mark: Option<&Value>) -> bool {
    mark.is_some_and(|mark| !mark.is_null())
}
