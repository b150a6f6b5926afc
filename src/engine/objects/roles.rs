//! Who plays which part in an opportunity: its customer, where that is a contact, and its stakeholders.
//!
//! The key of a role is worked out: the opportunity, the person, the name of the part.

use std::collections::HashMap;

use uuid::Uuid;

use super::end::ObjectEnd;
use super::gather::under;
use super::gone::without_the_gone;
use super::outside;
use super::references::{Missing, is_there};
use super::ties::{Part, Tie, name_column, tie};
use crate::connectors::marketo::ObjectRecord;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen};
use crate::model::{LinkId, Record, RecordKey, Side, Value};
use crate::store::{Base, Link};

/// The table of what a connected row can be to the other.
pub(super) const TABLE: &str = "connectionrole";
/// The category of connection roles that stakeholders have.
const STAKEHOLDER: i64 = 1000;
/// The part of a contact that is the customer, as Dynamics labels that column.
const CUSTOMER: &str = "Potential Customer";

/// Adds the parts of its key to each row that is a role, and notes those that are missing.
pub(super) async fn parts(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let entity = lane.entity();
    let ties: Vec<Tie> = items
        .iter()
        .filter_map(|item| tie(entity, item.row.record()?))
        .collect();
    if ties.is_empty() {
        return Ok(());
    }
    let names = names(context, end, &ties).await?;
    let mut ends: Vec<RecordKey> = ties
        .iter()
        .flat_map(|tie| [tie.opportunity, tie.contact])
        .map(RecordKey::Dynamics)
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let (links, bases) = context
        .store
        .read(move |reader| {
            let mut links = reader.links_by_key(&ends)?;
            without_the_gone(reader, &mut links)?;
            let ids: Vec<LinkId> = links.values().map(|link| link.id).collect();
            let mut bases = reader.bases(&ids)?;
            let base = |(key, link): (&RecordKey, &Link)| Some((*key, bases.remove(&link.id)?));
            let bases: HashMap<RecordKey, Base> = links.iter().filter_map(base).collect();
            Ok((links, bases))
        })
        .await?;
    let taken = outside::taken(context, end, &ties, (&links, &bases)).await?;
    for item in items {
        let Seen::Here(row) = &mut item.row else {
            continue;
        };
        let Some(tie) = tie(entity, row) else {
            continue;
        };
        let ends = [tie.opportunity, tie.contact];
        item.taken_along = ends.iter().filter_map(|id| taken.get(id)).max().copied();
        if item.taken_along.is_some() {
            continue;
        }
        let name = match tie.part {
            Part::Customer => Some(Value::text(CUSTOMER)),
            Part::Member => end.members.as_deref().map(Value::text),
            Part::Connection(role) => names.get(&role).cloned(),
        };
        let Some(name) = name else { continue };
        row.fields
            .insert(name_column(entity).to_owned(), name.clone());
        let fits = match &end.name {
            Some(field) => field.convert(Side::Dynamics, &name).ok(),
            None => Some(name),
        };
        row.fields
            .extend(fits.map(|name| ("role".to_owned(), name)));
        item.missing.extend(attach(row, &tie, &links));
    }
    Ok(())
}

/// The names of the roles that are stakeholders'.
async fn names(
    context: &Context,
    end: &ObjectEnd,
    ties: &[Tie],
) -> Result<HashMap<Uuid, Value>, EngineError> {
    let Some(table) = end.tables.get(TABLE) else {
        return Ok(HashMap::new());
    };
    let role = |tie: &Tie| match tie.part {
        Part::Connection(role) => Some(role),
        Part::Customer | Part::Member => None,
    };
    let mut roles: Vec<Uuid> = ties.iter().filter_map(role).collect();
    roles.sort_unstable();
    roles.dedup();
    let columns = ["name", "category"].map(str::to_owned);
    let read = context.dynamics.read(table, &columns, &roles).await?;
    let stakeholders = read
        .into_iter()
        .filter(|row| *row.get("category") == Value::Integer(STAKEHOLDER));
    Ok(stakeholders
        .filter_map(|row| Some((row.key.dynamics()?, row.get("name").clone())))
        .collect())
}

/// Adds both ends as Marketo knows them; returns those it does not have.
fn attach(row: &mut Record, tie: &Tie, links: &HashMap<RecordKey, Link>) -> Vec<Missing> {
    let there = |id: Uuid| {
        let link = links.get(&RecordKey::Dynamics(id));
        link.filter(|link| is_there(link))
    };
    let missing = |field: &str, id: Uuid, table: &str| Missing {
        field: field.to_owned(),
        parent: Some((id, table.to_owned())),
        fallback: false,
        required: true,
    };
    let mut absent = Vec::new();
    if there(tie.opportunity).is_some() {
        let id = Value::Text(tie.opportunity.to_string());
        row.fields.insert("externalOpportunityId".to_owned(), id);
    } else {
        let one = missing("externalOpportunityId", tie.opportunity, "opportunity");
        absent.push(one);
    }
    match there(tie.contact).and_then(|link| link.marketo) {
        Some(person) => {
            let id = Value::Integer(person);
            row.fields.insert("leadId".to_owned(), id);
        }
        None => absent.push(missing("leadId", tie.contact, "contact")),
    }
    absent
}

/// Marketo's records of a slice's rows, by their worked out keys: of rows that have none any more, by the last one.
pub(super) async fn records(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let key = |item: &Item| {
        let row = item.row.record();
        let now = row.and_then(|row| end.key_of(row));
        now.or_else(|| end.key_in_base(&item.base))
    };
    let keys: Vec<Vec<(String, Value)>> = items.iter().filter_map(key).collect();
    let found = context
        .marketo
        .objects_by_key(&end.object, &keys, &lane.fields, &lane.person)
        .await?;
    let found: HashMap<String, ObjectRecord> = found
        .into_iter()
        .map(|record| {
            let parts = end.keys.iter().map(|name| record.fields.get(name));
            (spelled(parts), record)
        })
        .collect();
    for item in items {
        let parts = key(item);
        let known =
            parts.and_then(|parts| found.get(&spelled(parts.iter().map(|(_, value)| Some(value)))));
        let row = item.row_key().and_then(RecordKey::dynamics);
        item.person = match (row, known) {
            (Some(row), Some(record)) => Seen::Here(under(row, record.clone())),
            _ => Seen::Absent,
        };
    }
    Ok(())
}

/// A key as one text; Marketo compares without regard to case.
pub(super) fn spelled<'a>(parts: impl Iterator<Item = Option<&'a Value>>) -> String {
    let texts = parts.map(|value| value.map(ToString::to_string).unwrap_or_default());
    texts.collect::<Vec<_>>().join("\n").to_lowercase()
}
