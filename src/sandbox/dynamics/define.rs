//! Customising: new tables, columns and alternate keys by definition, and taking them away.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::alter;
use super::asset::{self, RawColumn};
use super::describe;
use super::modify::Modify;
use super::payload;
use super::reply::{Answer, Fault, Reply};
use super::resource::Segment;
use super::schema::{Choice, Column, Key, Kind, Table};

/// The first object type code of a table made here.
pub const FIRST_CODE: u32 = 10_200;

/// Most columns of a table, as the vendor's storage has it.
const COLUMNS_MAX: usize = 1024;

/// Most columns of a key, and keys of a table.
const KEY_COLUMNS_MAX: usize = 16;
const KEYS_MAX: usize = 10;

/// Answers a write below `EntityDefinitions`.
pub fn answer(modify: &mut Modify, first: &Segment, rest: &[Segment]) -> Answer {
    let method = modify.call.method.clone();
    if first.inside.is_none() && method == http::Method::POST {
        let body = payload::object(&modify.call.body)?;
        return table(modify, &body);
    }
    let schema = modify.data.schema.clone();
    let table = super::metadata::named(&schema, first)?;
    match (method.as_str(), rest) {
        ("POST", [part]) if part.name == "Attributes" => add_column(modify, table),
        ("POST", [part]) if part.name == "Keys" => add_key(modify, table),
        ("DELETE", [part]) if part.name == "Attributes" => {
            let at = column_named(table, part)?;
            if !table.column(at).custom {
                return Err(system(&table.column(at).name));
            }
            modify.data.hide_column(table.number, at);
            Ok(Reply::empty())
        }
        ("DELETE", [part]) if part.name == "Keys" => {
            let wanted = argument(part);
            let kept = |key: &Key| {
                key.name != wanted && describe::key(table, key)["MetadataId"] != wanted.as_str()
            };
            modify
                .data
                .customise(table.number, |table| table.keys.retain(kept));
            Ok(Reply::empty())
        }
        ("DELETE", []) if table.custom => {
            modify.data.hide_table(table.number);
            Ok(Reply::empty())
        }
        ("DELETE", []) => Err(system(&table.name)),
        ("PUT", []) => alter::table(modify, table),
        ("PUT", [part, ..]) if part.name == "Attributes" => alter::column(modify, table, part),
        _ => Err(Fault::segment(&first.name)),
    }
}

/// `CreateEntities`: several tables in one call.
pub fn create_entities(modify: &mut Modify) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let entities = body
        .get("Entities")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for entity in entities.iter().filter_map(Value::as_object) {
        table(modify, entity)?;
    }
    Ok(Reply::empty())
}

fn system(name: &str) -> Fault {
    let text = format!("The component '{name}' is a system component and cannot be deleted.");
    Fault::new(400, "0x8004f03b", "CannotDeleteSystemComponent", text)
}

/// A member that is text.
pub fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

/// The first localized label of a member.
pub fn label(body: &Map<String, Value>, name: &str) -> Option<String> {
    let label = body.get(name)?.pointer("/LocalizedLabels/0/Label")?;
    label.as_str().map(str::to_owned)
}

fn argument(segment: &Segment) -> String {
    segment
        .arguments()
        .first()
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// The column a segment names, by logical name or metadata id.
pub fn column_named(table: &Table, segment: &Segment) -> Result<u16, Fault> {
    let wanted = argument(segment);
    let by_id = (0..table.columns.len() as u16)
        .find(|at| describe::column_id(table, *at).to_string() == wanted.to_lowercase());
    table.find(&wanted).or(by_id).ok_or_else(|| {
        Fault::new(
            404,
            "0x80060888",
            "",
            format!("Could not find an attribute '{wanted}'."),
        )
    })
}

fn table(modify: &mut Modify, body: &Map<String, Value>) -> Answer {
    let bad = |what: &str| Fault::argument(format!("Required field '{what}' is missing."));
    let schema_name = text(body, "SchemaName").ok_or_else(|| bad("SchemaName"))?;
    let name = schema_name.to_lowercase();
    if !name.contains('_') {
        return Err(Fault::argument(format!(
            "'{schema_name}' needs a customization prefix."
        )));
    }
    if modify.data.schema.by_name(&name).is_some() {
        let text = format!("An entity with the name '{name}' already exists.");
        return Err(Fault::new(400, "0x80044363", "DuplicateName", text));
    }
    let code = FIRST_CODE + modify.data.schema.tables.len() as u32;
    let label = label(body, "DisplayName").unwrap_or_else(|| schema_name.to_owned());
    let plural = self::label(body, "DisplayCollectionName").unwrap_or_else(|| format!("{label}s"));
    let groups = match text(body, "OwnershipType") {
        Some("OrganizationOwned") => asset::UNOWNED,
        _ => asset::OWNED,
    };
    let set = text(body, "EntitySetName").map_or_else(|| format!("{name}s"), str::to_owned);
    let tracked = body
        .get("ChangeTrackingEnabled")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let made = asset::custom_table(
        &modify.data.schema,
        (&name, schema_name, &set),
        (&label, &plural),
        (code, groups, tracked),
    )
    .map_err(|error| Fault::argument(error.to_string()))?;
    let attributes = body
        .get("Attributes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let columns = attributes
        .filter_map(Value::as_object)
        .map(|attribute| {
            Ok((
                column(attribute)?,
                attribute.get("IsPrimaryName") == Some(&true.into()),
            ))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let number = modify.data.add_table(made);
    modify.data.customise(number, |table| {
        for (column, primary) in columns {
            table.push(column);
            if primary {
                table.name_column = Some(table.columns.len() as u16 - 1);
            }
        }
    });
    let id = describe::metadata_id(&name);
    Ok(made_definition(modify, &format!("EntityDefinitions({id})")))
}

/// 204 with the address of what was defined.
pub fn made_definition(modify: &Modify, path: &str) -> Reply {
    let address = format!("{}{path}", modify.call.caller.root());
    Reply::empty().with("OData-EntityId", address)
}

fn add_column(modify: &mut Modify, table: &Table) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let column = column(&body)?;
    if table.find(&column.name).is_some() {
        let text = format!(
            "An attribute with the name '{}' already exists.",
            column.name
        );
        return Err(Fault::new(400, "0x80044363", "DuplicateName", text));
    }
    if table.columns.len() >= COLUMNS_MAX {
        return Err(Fault::argument("The table has too many columns."));
    }
    modify
        .data
        .customise(table.number, |table| table.push(column));
    let schema = modify.data.schema.clone();
    let table = schema.table(table.number);
    let id = describe::column_id(table, table.columns.len() as u16 - 1);
    let owner: Uuid = describe::table_id(table);
    Ok(made_definition(
        modify,
        &format!("EntityDefinitions({owner})/Attributes({id})"),
    ))
}

fn add_key(modify: &mut Modify, table: &Table) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let name = text(&body, "SchemaName").unwrap_or_default().to_lowercase();
    let names = body
        .get("KeyAttributes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let columns: Option<Vec<u16>> = names
        .iter()
        .map(|name| table.find(name.as_str().unwrap_or_default()))
        .collect();
    let Some(columns) = columns.filter(|c| !c.is_empty() && c.len() <= KEY_COLUMNS_MAX) else {
        return Err(Fault::argument(
            "Required field 'KeyAttributes' is missing or not valid.",
        ));
    };
    if table.keys.len() >= KEYS_MAX {
        return Err(Fault::argument("The table has too many keys."));
    }
    for at in columns.iter().filter(|at| !table.column(**at).indexed) {
        modify.data.index(table.number, *at);
    }
    let label = label(&body, "DisplayName").unwrap_or_else(|| name.clone());
    let key = Key {
        name,
        label,
        columns,
    };
    let id = describe::key(table, &key)["MetadataId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    modify
        .data
        .customise(table.number, |table| table.keys.push(key));
    let owner = describe::table_id(table);
    Ok(made_definition(
        modify,
        &format!("EntityDefinitions({owner})/Keys({id})"),
    ))
}

/// The column a definition describes.
fn column(body: &Map<String, Value>) -> Result<Column, Fault> {
    let kind = text(body, "@odata.type").unwrap_or_default();
    let kind = kind
        .rsplit('.')
        .next()
        .unwrap_or(kind)
        .trim_end_matches("AttributeMetadata");
    let kind = kind.strip_prefix("Complex").unwrap_or(kind);
    let schema_name = text(body, "SchemaName")
        .ok_or_else(|| Fault::argument("Required field 'SchemaName' is missing."))?;
    let behaviour = body
        .get("DateTimeBehavior")
        .and_then(|b| b.get("Value"))
        .and_then(Value::as_str);
    let kind = match (kind, behaviour) {
        ("DateTime", Some("DateOnly")) => Kind::DateOnly,
        ("DateTime", Some("TimeZoneIndependent")) => Kind::TimeZoneIndependent,
        ("UniqueIdentifier", _) => Kind::Uniqueidentifier,
        ("Lookup" | "Customer" | "Owner" | "State" | "Status", _) => {
            return Err(Fault::argument(format!(
                "A column of type '{kind}' is not made this way."
            )));
        }
        (name, _) => serde_json::from_value(Value::from(name))
            .map_err(|_| Fault::argument(format!("The type '{name}' is not known.")))?,
    };
    let number = |name: &str| body.get(name).and_then(Value::as_f64);
    let text_kind = matches!(kind, Kind::String | Kind::Memo);
    let raw = RawColumn {
        s: Some(schema_name.to_owned()),
        max: number(if text_kind { "MaxLength" } else { "MaxValue" }),
        min: number("MinValue"),
        precision: number("Precision").map(|n| n as u32),
        source: number("PrecisionSource").map(|n| n as u8),
        ..RawColumn::custom(
            schema_name.to_lowercase(),
            label(body, "DisplayName").unwrap_or_else(|| schema_name.to_owned()),
            kind,
        )
    };
    let mut column = asset::custom_column(&raw);
    if let Some(options) = body.get("OptionSet").and_then(|set| set.get("Options")) {
        column.choices = options
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(choice)
            .collect();
    }
    Ok(column)
}

fn choice(option: &Value) -> Option<Choice> {
    let value = option.get("Value")?.as_i64()? as i32;
    let label = option
        .pointer("/Label/LocalizedLabels/0/Label")
        .and_then(Value::as_str);
    Some(Choice {
        value,
        label: label.unwrap_or_default().to_owned(),
        state: None,
    })
}
