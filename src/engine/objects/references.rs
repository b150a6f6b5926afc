//! What a row points to: its company and its owner. A link is only written once Marketo has what it leads to; until
//! then the record waits for it, and nothing that is there is blanked.

use std::collections::HashMap;

use uuid::Uuid;

use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen};
use crate::model::{FailureClass, Record, RecordKey, Refusal, Value};
use crate::store::{Link, LinkState};

/// What a field of Marketo's points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    Company,
    SalesPerson,
}

/// What the field of that name points to; the same names on people, companies and opportunities.
pub(super) fn points(marketo: &str) -> Option<Points> {
    match marketo {
        "externalCompanyId" => Some(Points::Company),
        "externalSalesPersonId" => Some(Points::SalesPerson),
        _ => None,
    }
}

/// Whether the field of that name points to another record.
pub(in crate::engine) fn is_reference(marketo: &str) -> bool {
    points(marketo).is_some()
}

/// What a row points to and Marketo does not have, or cannot follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Missing {
    /// The field that would say so.
    pub(in crate::engine) field: String,
    /// The row that is waited for, and its table; none where the link was taken away, which Marketo cannot follow.
    pub(in crate::engine) parent: Option<(Uuid, String)>,
    /// Whether nothing at all can be written without it.
    pub(in crate::engine) required: bool,
    /// Whether another stands in for it.
    pub(in crate::engine) fallback: bool,
}

impl Missing {
    /// The same in words for the admin.
    pub(in crate::engine) fn refusal(&self) -> Refusal {
        let (class, code, message) = match &self.parent {
            Some((id, table)) => (
                FailureClass::MissingParent,
                "missing_parent",
                format!(
                    "{} waits for the {table} {id}, which is not in Marketo yet; {}",
                    self.field,
                    if self.fallback {
                        "the fallback owner stands in"
                    } else {
                        "what was there is kept"
                    }
                ),
            ),
            None => (
                FailureClass::Data,
                "kept",
                format!(
                    "{} was emptied in Dynamics, but Marketo lets a person only move to another: it is kept",
                    self.field
                ),
            ),
        };
        Refusal {
            class,
            code: code.to_owned(),
            message,
            request: None,
        }
    }
}

/// Whether a record is in Marketo, as far as we know.
pub(in crate::engine) fn is_there(link: &Link) -> bool {
    link.state == LinkState::Live && (link.marketo.is_some() || !link.entity.is_person())
}

/// Takes out of each row what points to a parent that is not in Marketo, and notes it as missing.
pub(in crate::engine) async fn resolve(
    context: &Context,
    lane: &Lane,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let fields: Vec<(&str, &str)> = lane
        .map
        .fields
        .iter()
        .filter(|field| points(&field.map.marketo).is_some())
        .map(|field| (field.map.dynamics.as_str(), field.map.marketo.as_str()))
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    let mut parents = named(items, &fields);
    let fallback = lane.settings.rules.owner_fallback;
    parents.extend(fallback.map(RecordKey::Dynamics));
    let links = context
        .store
        .read(move |reader| reader.links_by_key(&parents))
        .await?;
    for item in items.iter_mut() {
        for (column, field) in &fields {
            look(lane, item, column, field, &links);
        }
    }
    Ok(())
}

fn named(items: &[Item], fields: &[(&str, &str)]) -> Vec<RecordKey> {
    let mut parents: Vec<RecordKey> = items
        .iter()
        .filter_map(|item| item.row.record())
        .flat_map(|row| fields.iter().map(|(column, _)| row.get(column)))
        .filter_map(parent)
        .map(RecordKey::Dynamics)
        .collect();
    parents.sort_unstable();
    parents.dedup();
    parents
}

fn parent(value: &Value) -> Option<Uuid> {
    match value {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}

fn look(lane: &Lane, item: &mut Item, column: &str, field: &str, links: &HashMap<RecordKey, Link>) {
    let (held, agreed) = (held(item, field), item.base.get(field).cloned());
    let linked = item.is_linked();
    let Seen::Here(row) = &mut item.row else {
        return;
    };
    let missing = |parent| Missing {
        field: field.to_owned(),
        parent,
        required: false,
        fallback: false,
    };
    match parent(row.get(column)) {
        Some(id) => {
            let link = links.get(&RecordKey::Dynamics(id));
            if !link.is_some_and(is_there) {
                let table = table_of(lane, row, column);
                row.fields.remove(column);
                let fallback = fallback(lane, field, links);
                if let Some(other) = fallback {
                    row.fields.insert(column.to_owned(), Value::Id(other));
                }
                item.missing.push(Missing {
                    fallback: fallback.is_some(),
                    ..missing(Some((id, table)))
                });
            }
        }
        // A person can be moved to another company or owner, never taken out of one.
        None if lane.object.is_none() && (held || !linked) => {
            row.fields.remove(column);
            if agreed.is_some_and(|value| !value.is_null()) {
                item.missing.push(missing(None));
            }
        }
        None => {}
    }
}

/// Who owns a record whose owner Marketo does not have: the one the admin named, once that one is there.
fn fallback(lane: &Lane, field: &str, links: &HashMap<RecordKey, Link>) -> Option<Uuid> {
    let other = lane.settings.rules.owner_fallback?;
    let link = links.get(&RecordKey::Dynamics(other));
    let owner = points(field) == Some(Points::SalesPerson);
    (owner && link.is_some_and(is_there)).then_some(other)
}

/// Whether the Marketo side has a value in `field`.
fn held(item: &Item, field: &str) -> bool {
    let record = item.person.record();
    record.is_some_and(|record| !record.get(field).is_null())
}

/// The table a row's lookup points to.
fn table_of(lane: &Lane, row: &Record, column: &str) -> String {
    let (name, told) = column.split_once(':').unwrap_or((column, ""));
    let targets = lane.table.navigation.get(name);
    let targets = targets.map_or(&[][..], Vec::as_slice);
    let named = |table: &str| !row.get(&format!("{name}:{table}")).is_null();
    let found = targets.iter().find(|to| to.table == told);
    let found = found.or_else(|| targets.iter().find(|to| named(&to.table)));
    found
        .or(targets.first())
        .map_or_else(|| name.to_owned(), |to| to.table.clone())
}
