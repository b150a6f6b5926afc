//! New relationships by definition: a lookup column and the collection it makes at the other end.

use serde_json::{Map, Value};

use super::asset::{self, RawColumn};
use super::define::{label, made_definition, text};
use super::describe;
use super::many_to_many;
use super::modify::Modify;
use super::payload;
use super::reply::{Answer, Fault, Reply};
use super::resource::Segment;
use super::schema::{Column, Kind, OnDelete, Schema, Table};

/// Answers a write to `RelationshipDefinitions`.
pub fn answer(modify: &mut Modify, first: &Segment) -> Answer {
    match (modify.call.method.as_str(), first.inside.is_some()) {
        ("POST", false) => create(modify),
        ("DELETE", true) => delete(modify, first),
        _ => Err(Fault::segment(&first.name)),
    }
}

fn create(modify: &mut Modify) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let kind = text(&body, "@odata.type").unwrap_or_default();
    if kind.ends_with("ManyToManyRelationshipMetadata") {
        return many_to_many::create(modify, &body);
    }
    let schema = modify.data.schema.clone();
    let from = end(&schema, &body, "ReferencingEntity")?;
    let to = end(&schema, &body, "ReferencedEntity")?;
    let name = text(&body, "SchemaName").ok_or_else(|| missing("SchemaName"))?;
    if find(&schema, name).is_some() || many_to_many::find(&schema, name).is_some() {
        let text = format!("A relationship with the name '{name}' already exists.");
        return Err(Fault::new(400, "0x80044363", "DuplicateName", text));
    }
    let lookup = body.get("Lookup").and_then(Value::as_object);
    let mut column = lookup_column(lookup.ok_or_else(|| missing("Lookup"))?, to, name)?;
    column.on_delete = on_delete(&body)?;
    if from.find(&column.name).is_some() {
        let text = format!(
            "An attribute with the name '{}' already exists.",
            column.name
        );
        return Err(Fault::new(400, "0x80044363", "DuplicateName", text));
    }
    modify
        .data
        .customise(from.number, |table| table.push(column));
    let at = from.columns.len() as u16;
    modify.data.index(from.number, at);
    let id = describe::metadata_id(name);
    let path = format!("RelationshipDefinitions({id})");
    Ok(made_definition(modify, &path))
}

/// What `CascadeConfiguration` says of deletions; nothing said empties the lookup.
fn on_delete(body: &Map<String, Value>) -> Result<OnDelete, Fault> {
    let Some(wanted) = body
        .get("CascadeConfiguration")
        .and_then(|c| c.get("Delete"))
    else {
        return Ok(OnDelete::default());
    };
    let bad = |_| Fault::argument(format!("CascadeConfiguration.Delete cannot be {wanted}."));
    serde_json::from_value(wanted.clone()).map_err(bad)
}

/// The lookup goes with its relationship.
fn delete(modify: &mut Modify, first: &Segment) -> Answer {
    let schema = modify.data.schema.clone();
    let wanted = first.arguments().into_iter().next().unwrap_or_default().1;
    if let Some(through) = many_to_many::find(&schema, &wanted).filter(|table| table.custom) {
        modify.data.hide_table(through.number);
        return Ok(Reply::empty());
    }
    let found = find(&schema, &wanted).ok_or_else(|| Fault::segment(&first.name))?;
    modify.data.hide_column(found.0, found.1);
    Ok(Reply::empty())
}

/// The custom lookup of the relationship with that name or id.
fn find(schema: &Schema, wanted: &str) -> Option<(u16, u16)> {
    let same = |name: &String| name == wanted || describe::metadata_id(name).to_string() == wanted;
    schema.tables.iter().find_map(|table| {
        let at = table.places().find(|at| {
            let column = table.column(*at);
            column.custom && column.relationships.iter().any(same)
        });
        at.map(|at| (table.number, at))
    })
}

/// 400: the definition lacks a member.
pub fn missing(what: &str) -> Fault {
    Fault::argument(format!("Required field '{what}' is missing."))
}

/// The table an end of a relationship names.
pub fn end<'a>(
    schema: &'a Schema,
    body: &Map<String, Value>,
    name: &str,
) -> Result<&'a Table, Fault> {
    let table = text(body, name).ok_or_else(|| missing(name))?;
    let unknown = || Fault::argument(format!("Could not find an entity with name {table}."));
    schema.by_name(table).ok_or_else(unknown)
}

fn lookup_column(
    lookup: &Map<String, Value>,
    to: &Table,
    relationship: &str,
) -> Result<Column, Fault> {
    let schema_name = text(lookup, "SchemaName").ok_or_else(|| missing("SchemaName"))?;
    let name = schema_name.to_lowercase();
    let label = label(lookup, "DisplayName").unwrap_or_else(|| schema_name.to_owned());
    let raw = RawColumn {
        s: Some(schema_name.to_owned()),
        ..RawColumn::custom(name, label, Kind::Lookup)
    };
    let mut column = asset::custom_column(&raw);
    column.wire = format!("_{}_value", column.name);
    column.fragment = format!("\"{}\":", column.wire);
    column.targets = vec![to.number];
    column.relationships = vec![relationship.to_owned()];
    Ok(column)
}
