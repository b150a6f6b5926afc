//! New many-to-many relationships by definition: a table of links between two others.

use serde_json::{Map, Value};

use super::asset::{self, RawColumn};
use super::define::{FIRST_CODE, made_definition, text};
use super::describe::metadata_id;
use super::modify::Modify;
use super::relate::{end, missing};
use super::reply::{Answer, Fault};
use super::schema::{Column, Intersect, Kind, Schema, Table};

/// Makes the table of links that `body` defines.
pub fn create(modify: &mut Modify, body: &Map<String, Value>) -> Answer {
    let schema = modify.data.schema.clone();
    let relationship = text(body, "SchemaName").ok_or_else(|| missing("SchemaName"))?;
    let first = end(&schema, body, "Entity1LogicalName")?;
    let second = end(&schema, body, "Entity2LogicalName")?;
    let shown = text(body, "IntersectEntityName").unwrap_or(relationship);
    let name = shown.to_lowercase();
    if schema.by_name(&name).is_some() || find(&schema, relationship).is_some() {
        let text = format!("A relationship with the name '{relationship}' already exists.");
        return Err(Fault::new(400, "0x80044363", "DuplicateName", text));
    }
    let code = FIRST_CODE + schema.tables.len() as u32;
    let mut made = asset::custom_table(
        &schema,
        (&name, shown, &format!("{name}set")),
        (shown, shown),
        (code, asset::LINKING, false),
    )
    .map_err(|error| Fault::argument(error.to_string()))?;
    // A table linked to itself tells its ends apart by a suffix.
    let suffixes = if first.number == second.number {
        ["one", "two"]
    } else {
        ["", ""]
    };
    let mut places = Vec::new();
    for (end, suffix) in [first, second].iter().zip(suffixes) {
        places.push(made.columns.len() as u16);
        made.push(id_column(end, suffix));
    }
    made.intersect = Some(Intersect {
        relationship: relationship.to_owned(),
        first: first.number,
        first_column: places[0],
        second: second.number,
        second_column: places[1],
    });
    let number = modify.data.add_table(made);
    for place in places {
        modify.data.index(number, place);
    }
    let path = format!("RelationshipDefinitions({})", metadata_id(relationship));
    Ok(made_definition(modify, &path))
}

fn id_column(end: &Table, suffix: &str) -> Column {
    let name = format!("{}{suffix}", end.column(end.id_column).name);
    let raw = RawColumn {
        v: Some("r".into()),
        ..RawColumn::custom(name, end.label.clone(), Kind::Uniqueidentifier)
    };
    asset::custom_column(&raw)
}

/// The table of links of the relationship with that name or id.
pub fn find<'a>(schema: &'a Schema, wanted: &str) -> Option<&'a Table> {
    schema.tables.iter().find(|table| {
        table.intersect.as_ref().is_some_and(|link| {
            link.relationship == wanted || metadata_id(&link.relationship).to_string() == wanted
        })
    })
}
