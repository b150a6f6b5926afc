//! Queries of an object by a searchable field, by its id, or by all parts of its key.

use serde_json::{Map, Value as Json};

use super::{Object, What};
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::{Body, Call};
use crate::sandbox::marketo::schema::{Field, Origin};
use crate::sandbox::marketo::value::{Kind, Value, stamp};
use crate::sandbox::marketo::{PAGE, token};

/// One field of a record as a caller sees it.
pub(crate) fn value(object: &Object, id: i64, slot: u16, field: &Field) -> Json {
    let Some(row) = object.table.row(id) else {
        return Json::Null;
    };
    match field.origin {
        Origin::Id => id.into(),
        Origin::Created => stamp(row.created_ms.div_euclid(1000)).into(),
        Origin::Updated => stamp(row.touched_ms.div_euclid(1000)).into(),
        _ => match row
            .cell(slot)
            .map(|cell| Value::from_bytes(field.kind, cell))
        {
            Some(Value::Float(amount))
                if object.what == What::Opportunity && field.kind == Kind::Currency =>
            {
                format!("{amount:.2}").into()
            }
            Some(value) => value.json(),
            None => Json::Null,
        },
    }
}

/// The slots to show: the asked ones, or id, key and times; sales persons show all that is filled.
fn shown(object: &Object, call: &Call) -> Result<Vec<u16>, Refusal> {
    let schema = &object.table.schema;
    let asked = call.names("fields");
    let mut slots: Vec<u16> = schema.slot(object.id_field).into_iter().collect();
    if asked.is_empty() {
        if object.what == What::SalesPerson {
            return Ok(schema.iter().map(|(slot, _)| slot).collect());
        }
        slots.extend(&object.key);
        slots.extend(
            ["createdAt", "updatedAt"]
                .iter()
                .filter_map(|name| schema.slot(name)),
        );
    }
    for name in &asked {
        let name = if name == "marketoGuid" {
            "marketoGUID"
        } else {
            name.as_str()
        };
        let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
        let slot = schema.slot(name).ok_or_else(unknown)?;
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    }
    Ok(slots)
}

fn show(object: &Object, seq: usize, id: i64, slots: &[u16]) -> Vec<u8> {
    let mut members = Map::new();
    members.insert("seq".to_owned(), seq.into());
    for slot in slots {
        if let Some(field) = object.table.schema.field(*slot) {
            members.insert(field.name.clone(), value(object, id, *slot, field));
        }
    }
    Json::Object(members).to_string().into_bytes()
}

/// The fields of a filter: an alias, one searchable field, or several joined by commas.
fn filter_fields(object: &Object, name: &str) -> Result<Vec<u16>, Refusal> {
    let names: Vec<String> = match name {
        "idField" => vec![object.id_field.to_owned()],
        "dedupeFields" => object
            .key_names()
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        "marketoGuid" => vec!["marketoGUID".to_owned()],
        other => vec![other.to_owned()],
    };
    let schema = &object.table.schema;
    let slot = |name: &String| {
        let unknown = || Refusal::new(1006, format!("Lookup field '{name}' not found"));
        schema.slot(name).ok_or_else(unknown)
    };
    let slots: Vec<u16> = names.iter().map(slot).collect::<Result<_, _>>()?;
    let known = |slot: &u16| {
        let field = schema.field(*slot);
        field.is_some_and(|field| {
            let whole = matches!(field.kind, Kind::String | Kind::Email | Kind::Integer);
            (field.custom && whole && object.what != What::Custom)
                || object
                    .searchable
                    .iter()
                    .any(|fields| fields.contains(&field.name))
        })
    };
    let key = slots == object.key;
    if key || slots.iter().all(known) {
        return Ok(slots);
    }
    Err(Refusal::new(
        1011,
        format!("Lookup field '{name}' not supported"),
    ))
}

/// The key parts of one element of `input`.
pub(crate) fn parts(
    object: &Object,
    slots: &[u16],
    record: &Json,
) -> Result<Vec<(u16, String)>, Refusal> {
    let part = |slot: &u16| {
        let name = object
            .table
            .schema
            .field(*slot)
            .map_or("", |field| field.name.as_str());
        let text = match record.get(name).or_else(|| alias(record, name)) {
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(Json::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        if text.is_empty() {
            Err(Refusal::missing(name))
        } else {
            Ok((*slot, text))
        }
    };
    slots.iter().map(part).collect()
}

/// Both spellings of the GUID are in use.
fn alias<'a>(record: &'a Json, name: &str) -> Option<&'a Json> {
    (name == "marketoGUID").then(|| record.get("marketoGuid"))?
}

/// `GET {object}.json`, or its POST form with the keys in a JSON body.
pub(crate) fn query(object: &mut Object, call: &Call) -> Result<Answer, Refusal> {
    let name = call
        .text("filterType")
        .ok_or_else(|| Refusal::missing("filterType"))?;
    let fields = filter_fields(object, name)?;
    let slots = shown(object, call)?;
    let too_many = |given: usize| {
        let text = format!("filterValues: at most {PAGE} values are allowed");
        if given > PAGE {
            Err(Refusal::new(1003, text))
        } else {
            Ok(())
        }
    };
    let mut found: Vec<i64> = Vec::new();
    let values = call.names("filterValues");
    let input = match &call.body {
        Body::Json(body) => body.get("input").and_then(Json::as_array),
        _ => None,
    };
    if let Some(input) = input {
        too_many(input.len())?;
        for record in input {
            let parts = parts(object, &fields, record)?;
            found.extend(object.find_all(&parts));
        }
    } else if values.is_empty() {
        return Err(Refusal::missing("filterValues"));
    } else if let [field] = fields.as_slice() {
        too_many(values.len())?;
        found.extend(
            values
                .iter()
                .flat_map(|value| object.table.find(*field, value)),
        );
    } else {
        return Err(Refusal::new(1003, "Compound keys must be given as input"));
    }
    found.sort_unstable();
    found.dedup();
    page(object, call, &found, &slots)
}

fn page(object: &Object, call: &Call, found: &[i64], slots: &[u16]) -> Result<Answer, Refusal> {
    let start = match call.text("nextPageToken") {
        Some(given) => token::open("P", given)
            .and_then(|position| usize::try_from(position).ok())
            .ok_or_else(|| Refusal::new(1003, "Invalid paging token"))?,
        None => 0,
    };
    let end = (start + call.batch_size()?).min(found.len());
    let rows = found.get(start..end).unwrap_or_default().iter().enumerate();
    let elements: Vec<Vec<u8>> = rows
        .map(|(seq, id)| show(object, seq, *id, slots))
        .collect();
    let next = (end < found.len()).then(|| token::wrap("P", end as i64));
    Ok(Answer::page(&elements, next.as_deref()))
}
