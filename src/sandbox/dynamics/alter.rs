//! Definitions put back changed: a table's tracking and labels, a column's limits and labels.

use serde_json::{Map, Value};

use super::define::{column_named, label, text};
use super::modify::Modify;
use super::payload;
use super::reply::{Answer, Reply};
use super::resource::Segment;
use super::schema::{Column, Kind, Table};

/// `PUT EntityDefinitions(…)`. Tracking can be switched on; once on, it stays.
pub fn table(modify: &mut Modify, table: &Table) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let tracked = body.get("ChangeTrackingEnabled") == Some(&Value::Bool(true));
    modify.data.customise(table.number, |table| {
        table.tracked |= tracked;
        if let Some(label) = label(&body, "DisplayName") {
            table.label = label;
        }
        if let Some(label) = label(&body, "DisplayCollectionName") {
            table.plural = label;
        }
    });
    Ok(Reply::empty())
}

/// `PUT EntityDefinitions(…)/Attributes(…)`. The type stays what it is.
pub fn column(modify: &mut Modify, table: &Table, part: &Segment) -> Answer {
    let at = column_named(table, part)?;
    let body = payload::object(&modify.call.body)?;
    modify.data.customise(table.number, |table| {
        if let Some(column) = table.columns.get_mut(usize::from(at)) {
            put(column, &body);
        }
    });
    Ok(Reply::empty())
}

fn put(column: &mut Column, body: &Map<String, Value>) {
    let number = |name: &str| body.get(name).and_then(Value::as_f64);
    if matches!(column.kind, Kind::String | Kind::Memo)
        && let Some(length) = number("MaxLength")
    {
        column.max_length = length as usize;
    }
    column.min = number("MinValue").unwrap_or(column.min);
    column.max = number("MaxValue").unwrap_or(column.max);
    column.precision = number("Precision").map_or(column.precision, |digits| digits as u32);
    if let Some(label) = label(body, "DisplayName") {
        column.label = label;
    }
    let required = body.get("RequiredLevel").and_then(Value::as_object);
    if let Some(level) = required.and_then(|level| text(level, "Value")) {
        level.clone_into(&mut column.required);
    }
}
