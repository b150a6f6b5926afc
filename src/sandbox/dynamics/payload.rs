//! A request's JSON body as changes to a row: values checked, references resolved.

use std::collections::HashMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::bind;
use super::cell::{Cell, Owned};
use super::data::Data;
use super::filter::Literal;
use super::json;
use super::reply::Fault;
use super::resource::{Segment, segments};
use super::schema::{Kind, Table};

/// Rows created earlier in the same change set, by content id.
pub type Created = HashMap<String, (u16, Uuid)>;

/// What a body asks for.
#[derive(Debug, Default)]
pub struct Changes {
    /// Columns and their new values, in no order, each once.
    pub values: Vec<(u16, Owned)>,
    /// The primary key, when the body has one.
    pub id: Option<Uuid>,
    /// Rows to be created with it and pointed at: lookup column, table, body.
    pub parents: Vec<(u16, u16, Map<String, Value>)>,
    /// Rows to be created with it that point here: table, their column, body.
    pub children: Vec<(u16, u16, Map<String, Value>)>,
    /// Existing rows to be linked: collection name and whom.
    pub links: Vec<(String, u16, Uuid)>,
}

/// How a row is named in a URL.
#[derive(Debug, Clone)]
pub enum Key {
    /// By its id.
    Id(Uuid),
    /// By the columns of an alternate key.
    Alternate(Vec<(u16, Owned)>),
}

/// The JSON object of a body.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    let wrong = |text: String| Fault::new(400, "0x80048d19", "InvalidPayload", text);
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(wrong(
            "An error occurred while validating input parameters: the body must be an object."
                .into(),
        )),
        Err(error) => Err(wrong(format!(
            "An error occurred while validating input parameters: Microsoft.OData.ODataException: Invalid JSON. {error}"
        ))),
    }
}

/// Reads a body for a row of `table`; `create` allows columns that are set only once.
pub fn changes(
    data: &Data,
    table: &Table,
    body: &Map<String, Value>,
    create: bool,
    created: &Created,
) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for (name, value) in body {
        if let Some(property) = name.strip_suffix("@odata.bind") {
            changes.bind(data, table, property, value, created)?;
        } else if !name.contains('@') {
            changes.member(data, table, name, value, create)?;
        }
    }
    Ok(changes)
}

impl Changes {
    /// The new value of a column, when it is set.
    pub fn get(&self, column: Option<u16>) -> Option<&Owned> {
        let column = column?;
        self.values
            .iter()
            .find(|(at, _)| *at == column)
            .map(|(_, value)| value)
    }

    /// Sets a column, in the place of an earlier value.
    pub fn set(&mut self, column: u16, value: Owned) {
        self.values.retain(|(at, _)| *at != column);
        self.values.push((column, value));
    }

    fn member(
        &mut self,
        data: &Data,
        table: &Table,
        name: &str,
        value: &Value,
        create: bool,
    ) -> Result<(), Fault> {
        if let Some((column, target)) = table.navigation(name) {
            match value {
                Value::Null => self.set(column, Cell::Null),
                Value::Object(body) => self.parents.push((column, target, body.clone())),
                _ => return Err(invalid(table, name)),
            }
            return Ok(());
        }
        if let Some(incoming) = data.schema.collection(table.number, name) {
            for body in value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
            {
                self.children
                    .push((incoming.table, incoming.column, body.clone()));
            }
            return Ok(());
        }
        let at = table.find(name).ok_or_else(|| invalid(table, name))?;
        let column = table.column(at);
        if column.is_lookup() {
            let text = "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.";
            return Err(Fault::payload(&table.name, text));
        }
        if at == table.id_column {
            self.id = json::read(table, column, value)?.id();
            return Ok(());
        }
        let allowed = if create { column.create } else { column.update };
        if allowed {
            self.set(at, json::read(table, column, value)?);
        }
        Ok(())
    }

    fn bind(
        &mut self,
        data: &Data,
        table: &Table,
        property: &str,
        value: &Value,
        created: &Created,
    ) -> Result<(), Fault> {
        if let Some(list) = value.as_array() {
            for reference in list.iter().filter_map(Value::as_str) {
                let (target, id) = refer(data, reference, created)?;
                self.links.push((property.to_owned(), target, id));
            }
            return Ok(());
        }
        let Some((column, target)) = table.navigation(property) else {
            let text = format!(
                "An undeclared property '{property}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values."
            );
            return Err(Fault::payload(&table.name, &text));
        };
        let Some(reference) = value.as_str().filter(|text| !text.is_empty()) else {
            self.set(column, Cell::Null);
            return Ok(());
        };
        let (found, id) = refer(data, reference, created)?;
        let definition = table.column(column);
        let single = definition.navigations.len() == 1;
        let fits = if single {
            definition.targets.contains(&found)
        } else {
            found == target
        };
        if !fits {
            let text = format!(
                "A navigation link of type 'Microsoft.Dynamics.CRM.{}' does not fit the property '{property}'.",
                data.schema.table(found).name
            );
            return Err(Fault::payload(&table.name, &text));
        }
        if definition.update || definition.create {
            self.set(column, Cell::Link(found, id));
        }
        Ok(())
    }
}

fn invalid(table: &Table, name: &str) -> Fault {
    Fault::payload(
        &table.name,
        &format!(
            "Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{}'.",
            table.name
        ),
    )
}

/// The row a reference means: `/accounts(id)`, with or without the slash or the whole origin, by
/// alternate key, or `$1` for a row created earlier in the change set.
pub fn refer(data: &Data, reference: &str, created: &Created) -> Result<(u16, Uuid), Fault> {
    if let Some(name) = reference.trim_start_matches('/').strip_prefix('$') {
        return created.get(name).copied().ok_or_else(|| {
            Fault::odata(format!(
                "Content-ID Reference: '${name}' does not exist in the batch context."
            ))
        });
    }
    let path = match reference.split_once("/api/data/v") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => reference.trim_start_matches('/'),
    };
    let found = segments(&super::reply::decode(path, false))?;
    let [segment] = found.as_slice() else {
        return Err(Fault::odata(format!("Invalid URI: '{reference}'.")));
    };
    let table = data
        .schema
        .by_set(&segment.name)
        .ok_or_else(|| Fault::segment(&segment.name))?;
    let key = key(table, segment)?;
    let slot = locate(data, table, &key);
    let row = slot.and_then(|slot| data.rows(table.number).get(slot));
    match (row, &key) {
        (Some(row), _) => Ok((table.number, row.id)),
        (None, Key::Id(id)) => Err(Fault::missing(&table.name, id)),
        (None, Key::Alternate(_)) => Err(no_such_key(table)),
    }
}

/// 404: no row has these key values.
pub fn no_such_key(table: &Table) -> Fault {
    Fault::new(
        404,
        "0x80060891",
        "RecordNotFoundByEntityKey",
        format!(
            "A record with the specified key values does not exist in {} entity",
            table.name
        ),
    )
}

/// The key in a segment's parentheses.
pub fn key(table: &Table, segment: &Segment) -> Result<Key, Fault> {
    let arguments = segment.arguments();
    let bad = || {
        Fault::odata(format!(
            "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{}'. Ensure that the names and number of key properties match the key properties for the resource.",
            table.name
        ))
    };
    if let [(name, value)] = arguments.as_slice() {
        let own = table.column(table.id_column).name == *name;
        let inherited = matches!(table.name.as_str(), "systemuser" | "team");
        if name.is_empty() || (own && !inherited) || (inherited && name == "ownerid") {
            let id = Uuid::parse_str(value.trim_matches(['{', '}'])).map_err(|_| bad())?;
            return Ok(Key::Id(id));
        }
    }
    let mut values = Vec::new();
    for (name, value) in &arguments {
        let at = table.find(name).ok_or_else(bad)?;
        let column = table.column(at);
        let text = matches!(column.kind, Kind::String | Kind::Memo);
        let literal = if text {
            Literal::Text(value.clone())
        } else {
            Literal::Bare(value.clone())
        };
        let mut cell = bind::constant(column, &literal).map_err(|_| bad())?;
        if let (true, Cell::Guid(id), [target]) =
            (column.is_lookup(), &cell, column.targets.as_slice())
        {
            cell = Cell::Link(*target, *id);
        }
        values.push((at, cell));
    }
    let mut named: Vec<u16> = values.iter().map(|(at, _)| *at).collect();
    named.sort_unstable();
    let declared = table.keys.iter().any(|key| {
        let mut columns = key.columns.clone();
        columns.sort_unstable();
        columns == named
    });
    if declared {
        Ok(Key::Alternate(values))
    } else {
        Err(bad())
    }
}

/// The slot of the row a key names.
pub fn locate(data: &Data, table: &Table, key: &Key) -> Option<u32> {
    let rows = data.rows(table.number);
    match key {
        Key::Id(id) => rows.slot(id),
        Key::Alternate(values) => holder(data, table, values),
    }
}

/// The row that has all these values.
pub fn holder(data: &Data, table: &Table, values: &[(u16, Owned)]) -> Option<u32> {
    let rows = data.rows(table.number);
    let same = |slot: &u32| {
        rows.get(*slot).is_some_and(|row| {
            values
                .iter()
                .all(|(at, value)| super::condition::order(&row.cells.get(*at), value).is_eq())
        })
    };
    let picked = values
        .iter()
        .find_map(|(at, value)| rows.candidates(*at, value));
    match picked {
        Some(slots) => slots.into_iter().find(same),
        None => rows.from(0).map(|(slot, _)| slot).find(same),
    }
}
