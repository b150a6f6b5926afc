//! `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`: one transaction, the first error names it.

use serde_json::{Map, Value, json};

use super::modify::Modify;
use super::payload::{self, Key};
use super::reply::{Answer, Fault, Reply};
use super::resource::segments;
use super::schema::Table;

/// Carries out a bulk action on a set.
pub fn answer(modify: &mut Modify, table: &Table, action: &str) -> Answer {
    let action = action.trim_start_matches("Microsoft.Dynamics.CRM.");
    if !matches!(
        action,
        "CreateMultiple" | "UpdateMultiple" | "UpsertMultiple"
    ) {
        return Err(Fault::segment(action));
    }
    let mut body = payload::object(&modify.call.body)?;
    let Some(Value::Array(targets)) = body.remove("Targets") else {
        return Err(Fault::argument("Required field 'Targets' is missing."));
    };
    let mut ids = Vec::new();
    for target in &targets {
        let Some(item) = target.as_object() else {
            return Err(Fault::payload(
                &table.name,
                "Each target must be an object.",
            ));
        };
        typed(table, item)?;
        match action {
            "CreateMultiple" => {
                let changes = payload::changes(modify.data, table, item, true, modify.created)?;
                ids.push(modify.writer().create(table.number, changes)?);
            }
            "UpdateMultiple" => update(modify, table, item, false)?,
            _ => update(modify, table, item, true)?,
        }
    }
    if action == "CreateMultiple" {
        let root = modify.call.caller.root();
        return Ok(Reply::value(&json!({
            "@odata.context": format!("{root}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"),
            "Ids": ids,
        })));
    }
    Ok(Reply::empty())
}

fn typed(table: &Table, item: &Map<String, Value>) -> Result<(), Fault> {
    let stated = item
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let wanted = format!("Microsoft.Dynamics.CRM.{}", table.name);
    if stated.trim_start_matches('#') == wanted {
        return Ok(());
    }
    let text = format!(
        "A type named '{stated}' could not be resolved by the model. Each entity in 'Targets' needs '@odata.type': '{wanted}'."
    );
    Err(Fault::payload(&table.name, &text))
}

fn update(
    modify: &mut Modify,
    table: &Table,
    item: &Map<String, Value>,
    upsert: bool,
) -> Result<(), Fault> {
    let key = named(table, item)?;
    match (payload::locate(modify.data, table, &key), key) {
        (Some(slot), key) => {
            let mut changes = payload::changes(modify.data, table, item, false, modify.created)?;
            if let Key::Alternate(values) = &key {
                changes
                    .values
                    .retain(|(at, _)| !values.iter().any(|(column, _)| column == at));
            }
            modify.writer().update(table.number, slot, changes)
        }
        (None, Key::Id(id)) if !upsert => Err(Fault::missing(&table.name, &id)),
        (None, Key::Alternate(_)) if !upsert => Err(payload::no_such_key(table)),
        (None, key) => {
            let mut changes = payload::changes(modify.data, table, item, true, modify.created)?;
            match key {
                Key::Id(id) => changes.id = Some(id),
                Key::Alternate(values) => {
                    for (at, value) in values {
                        if changes.get(Some(at)).is_none() {
                            changes.set(at, value);
                        }
                    }
                }
            }
            modify.writer().create(table.number, changes).map(|_| ())
        }
    }
}

/// Which row an item means: by `@odata.id`, else by its primary key.
fn named(table: &Table, item: &Map<String, Value>) -> Result<Key, Fault> {
    if let Some(reference) = item.get("@odata.id").and_then(Value::as_str) {
        let path = reference.rsplit('/').next().unwrap_or(reference);
        return match segments(path)?.as_slice() {
            [segment] => payload::key(table, segment),
            _ => Err(Fault::odata(format!("Invalid URI: '{reference}'."))),
        };
    }
    let text = item
        .get(&table.column(table.id_column).name)
        .and_then(Value::as_str);
    let id = text.and_then(|text| uuid::Uuid::parse_str(text).ok());
    id.map(Key::Id)
        .ok_or_else(|| Fault::argument("Entity Id must be specified for Update"))
}
