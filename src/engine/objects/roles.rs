//! Who plays which part in an opportunity: its stakeholders, as the connections of Dynamics tell.
//!
//! As Marketo's own connector does: each connection from an opportunity to a contact, in a role of the stakeholders'
//! category, is one role of the contact's person. Its key is worked out: the opportunity, the person, the role's name.

use std::collections::HashMap;

use uuid::Uuid;

use super::end::ObjectEnd;
use super::gather::under;
use super::references::{Missing, is_there};
use crate::connectors::marketo::ObjectRecord;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen};
use crate::model::{Record, RecordKey, Value};
use crate::store::Link;

/// The table of what a connected row can be to the other.
pub(super) const TABLE: &str = "connectionrole";
/// What is read of a connection. Dynamics keeps each one twice, once from either end: the one from the opportunity counts.
pub(super) const COLUMNS: [&str; 4] = ["record1id", "record2id", "record2roleid", "statecode"];

const OPPORTUNITY: &str = "record1id:opportunity";
const CONTACT: &str = "record2id:contact";
const ROLE: &str = "record2roleid";

/// The category of connection roles that stakeholders have.
const STAKEHOLDER: i64 = 1000;
/// The state of a connection that holds.
const ACTIVE: i64 = 0;

/// What a connection ties together.
struct Tie {
    opportunity: Uuid,
    contact: Uuid,
    role: Uuid,
}

fn tie(row: &Record) -> Option<Tie> {
    let id = |column: &str| match row.get(column) {
        Value::Id(id) => Some(*id),
        _ => None,
    };
    if *row.get("statecode") != Value::Integer(ACTIVE) {
        return None;
    }
    Some(Tie {
        opportunity: id(OPPORTUNITY)?,
        contact: id(CONTACT)?,
        role: id(ROLE)?,
    })
}

/// The row whose person has the role.
pub(super) fn contact_of(row: &Record) -> Option<Uuid> {
    tie(row).map(|tie| tie.contact)
}

/// Adds the parts of its key to each connection that is a stakeholder's, and notes those that are missing.
pub(super) async fn parts(
    context: &Context,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let ties: Vec<Tie> = items
        .iter()
        .filter_map(|item| tie(item.row.record()?))
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
    let links = context
        .store
        .read(move |reader| reader.links_by_key(&ends))
        .await?;
    for item in items {
        let Seen::Here(row) = &mut item.row else {
            continue;
        };
        let known = tie(row).and_then(|tie| Some((names.get(&tie.role)?, tie)));
        if let Some((name, tie)) = known {
            row.fields.insert("role".to_owned(), name.clone());
            item.missing.extend(attach(row, &tie, &links));
        }
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
    let mut roles: Vec<Uuid> = ties.iter().map(|tie| tie.role).collect();
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
fn spelled<'a>(parts: impl Iterator<Item = Option<&'a Value>>) -> String {
    let texts = parts.map(|value| value.map(ToString::to_string).unwrap_or_default());
    texts.collect::<Vec<_>>().join("\n").to_lowercase()
}
