//! A row's values as they are sent: plain members, and lookups bound by their navigation property.

use super::table::Table;
use super::value;
use crate::model::{FailureClass, FieldKind, Refusal, Value};

/// The JSON of a row's values.
pub(super) fn row(table: &Table, fields: &[(String, Value)]) -> Result<String, Refusal> {
    let mut members = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let column_name = name.split(':').next().unwrap_or(name);
        let column = table
            .column(column_name)
            .ok_or_else(|| unmappable(name, "is not a column of the table"))?;
        if column.kind == FieldKind::Lookup {
            bind(table, name, value, &mut members)?;
            continue;
        }
        let json = value::to_json(column.kind, value)
            .ok_or_else(|| unmappable(name, "cannot hold this type of value"))?;
        members.push(format!("\"{column_name}\":{json}"));
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// A lookup is written by binding its navigation property, and cleared by binding it to null.
fn bind(
    table: &Table,
    name: &str,
    value: &Value,
    members: &mut Vec<String>,
) -> Result<(), Refusal> {
    let (column, wanted) = match name.split_once(':') {
        Some((column, target)) => (column, Some(target)),
        None => (name, None),
    };
    let targets = table.navigation.get(column).map_or(&[][..], Vec::as_slice);
    let id = match value {
        Value::Null => {
            let mut properties: Vec<_> = targets.iter().map(|target| &target.property).collect();
            properties.dedup();
            if properties.is_empty() {
                return Err(unmappable(name, "points to no known table"));
            }
            let cleared = properties
                .iter()
                .map(|property| format!("\"{property}@odata.bind\":null"));
            members.extend(cleared);
            return Ok(());
        }
        Value::Id(id) => id,
        _ => return Err(unmappable(name, "takes a row's id")),
    };
    let mut fitting = targets
        .iter()
        .filter(|target| wanted.is_none_or(|wanted| target.table == wanted));
    match (fitting.next(), fitting.next()) {
        (Some(target), None) => {
            let (property, set) = (&target.property, &target.set);
            members.push(format!("\"{property}@odata.bind\":\"/{set}({id})\""));
            Ok(())
        }
        (None, _) => Err(unmappable(name, "does not point to that table")),
        (Some(_), Some(_)) => Err(unmappable(
            name,
            "may point to several tables: name one as column:table",
        )),
    }
}

fn unmappable(name: &str, why: &str) -> Refusal {
    Refusal {
        class: FailureClass::Mapping,
        code: "mapping".to_owned(),
        message: format!("{name} {why}"),
        request: None,
    }
}
