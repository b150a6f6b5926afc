//! Merging two rows into one.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::cell::Cell;
use super::modify::Modify;
use super::payload::{self, Changes};
use super::reply::{Answer, Fault, Reply};
use super::schema::Table;

/// The subordinate is deactivated, marked and kept; the target takes what it lacks.
pub fn merge(modify: &mut Modify) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let (number, target, _) = entity(modify, &body, "Target")?;
    let (other, loser, _) = entity(modify, &body, "Subordinate")?;
    let schema = modify.data.schema.clone();
    let table = schema.table(number);
    if !matches!(table.name.as_str(), "lead" | "contact" | "account") || other != number {
        return Err(Fault::argument("The entity cannot be merged."));
    }
    let (into, from) = pair(modify, table, (target, loser))?;
    let rows = modify.data.rows(number);
    let (Some(kept), Some(gone)) = (rows.get(into), rows.get(from)) else {
        return Err(Fault::missing(&table.name, &loser));
    };
    let mut changes = match body.get("UpdateContent").and_then(Value::as_object) {
        Some(content) => payload::changes(modify.data, table, content, false, modify.created)?,
        None => Changes::default(),
    };
    for (at, value) in gone.cells.iter() {
        let column = table.column(at);
        let empty = kept.cells.get(at).is_null() && changes.get(Some(at)).is_none();
        if empty && column.update && column.derived.is_none() {
            changes.set(at, value.into_owned());
        }
    }
    // A key belongs to one row: the subordinate gives its own away.
    let mut lost = Changes::default();
    for at in table.keys.iter().flat_map(|key| &key.columns) {
        if changes.get(Some(*at)).is_some() {
            lost.set(*at, Cell::Null);
        }
    }
    let state = table.find("statecode").unwrap_or_default();
    lost.set(state, Cell::Int(if table.name == "lead" { 2 } else { 1 }));
    for (name, value) in [
        ("merged", Cell::Bool(true)),
        ("masterid", Cell::Link(number, target)),
    ] {
        if let Some(at) = table.find(name) {
            lost.set(at, value);
        }
    }
    modify.writer().update(number, from, lost)?;
    modify.writer().update(number, into, changes)?;
    Ok(Reply::empty())
}

/// The slots of both rows, which must be there, apart and active.
fn pair(modify: &Modify, table: &Table, (kept, gone): (Uuid, Uuid)) -> Result<(u32, u32), Fault> {
    if kept == gone {
        let text = "The merge couldn't be performed because the records are identical.";
        return Err(Fault::new(
            400,
            "0x80045305",
            "MergeIdenticalRecords",
            text.into(),
        ));
    }
    let rows = modify.data.rows(table.number);
    let state = table.find("statecode").unwrap_or_default();
    let active = |id: Uuid| {
        let slot = rows
            .slot(&id)
            .ok_or_else(|| Fault::missing(&table.name, &id))?;
        let open = rows
            .get(slot)
            .is_some_and(|row| row.cells.get(state) == Cell::Int(0));
        if open {
            return Ok(slot);
        }
        let text = "The merge couldn't be performed because one of the records is inactive.";
        Err(Fault::new(
            400,
            "0x80045304",
            "MergeInactiveRecord",
            text.into(),
        ))
    };
    Ok((active(kept)?, active(gone)?))
}

fn entity<'a>(
    modify: &Modify,
    body: &'a Map<String, Value>,
    name: &str,
) -> Result<(u16, Uuid, &'a Map<String, Value>), Fault> {
    let bad = || {
        Fault::argument(format!(
            "Required field '{name}' is missing or not an entity."
        ))
    };
    let item = body.get(name).and_then(Value::as_object).ok_or_else(bad)?;
    let logical = item
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let logical = logical
        .trim_start_matches('#')
        .trim_start_matches("Microsoft.Dynamics.CRM.");
    let table = modify.data.schema.by_name(logical).ok_or_else(bad)?;
    let id = item
        .get(&table.column(table.id_column).name)
        .and_then(Value::as_str);
    let id = id
        .and_then(|text| Uuid::parse_str(text).ok())
        .ok_or_else(bad)?;
    Ok((table.number, id, item))
}
