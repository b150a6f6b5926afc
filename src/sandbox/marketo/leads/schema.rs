//! The person schema fields API: browse, create and change custom fields.

use serde_json::{Map, Value as Json, json};

use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::schema::{Field, Schema};
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::token;
use crate::sandbox::marketo::value::Kind;

/// Most fields that the API may create.
const API_FIELDS_MAX: usize = 100;

/// A field as the schema API shows it.
fn element(field: &Field) -> Json {
    let mut element = json!({
        "displayName": field.label, "name": field.name, "description": field.description,
        "dataType": field.kind.word(), "isHidden": field.hidden,
        "isHtmlEncodingInEmail": field.html_encoded, "isSensitive": field.sensitive,
        "isCustom": field.custom, "isApiCreated": field.api_created,
    });
    if let (Some(length), Some(members)) = (field.length, element.as_object_mut()) {
        members.insert("length".to_owned(), length.into());
    }
    element
}

/// `schema/fields.json`, in pages.
pub(crate) fn browse(schema: &Schema, call: &Call) -> Result<Answer, Refusal> {
    let start = match call.param("nextPageToken") {
        Some(given) => token::open("F", given)
            .and_then(|position| usize::try_from(position).ok())
            .ok_or_else(|| Refusal::new(1003, "Invalid paging token"))?,
        None => 0,
    };
    let size = call.batch_size()?;
    let all: Vec<Json> = schema.iter().map(|(_, field)| element(field)).collect();
    let end = (start + size).min(all.len());
    let mut members = json!({
        "result": all.get(start..end).unwrap_or_default(), "moreResult": end < all.len(),
    });
    if let (true, Some(members)) = (end < all.len(), members.as_object_mut()) {
        members.insert(
            "nextPageToken".to_owned(),
            token::wrap("F", end as i64).into(),
        );
    }
    Ok(Answer::members(&members))
}

/// `schema/fields/{name}.json`.
pub(crate) fn one(schema: &Schema, name: &str) -> Result<Answer, Refusal> {
    let field = schema.named(name).ok_or_else(|| unknown(name))?;
    Ok(Answer::result(vec![element(field)]))
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(1006, format!("Field '{name}' not found"))
}

fn row(name: &str, outcome: Result<&str, Refusal>) -> Json {
    match outcome {
        Ok(status) => json!({"name": name, "status": status}),
        Err(refusal) => json!({"name": name, "status": "skipped", "reasons": [refusal.json()]}),
    }
}

/// `POST schema/fields.json`: creates custom fields, each with its own outcome.
pub(crate) fn create(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let records = call.input(state.options.open.too_many_records)?;
    let rows = records.iter().map(|record| {
        let empty = Map::new();
        let record = record.as_object().unwrap_or(&empty);
        let name = record
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default();
        row(name, create_one(state, record).map(|()| "created"))
    });
    Ok(Answer::result(rows.collect()))
}

fn create_one(state: &mut State, record: &Map<String, Json>) -> Result<(), Refusal> {
    let text = |name: &str| {
        record
            .get(name)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let name = text("name").ok_or_else(|| Refusal::missing("name"))?;
    let label = text("displayName").ok_or_else(|| Refusal::missing("displayName"))?;
    let word = text("dataType").ok_or_else(|| Refusal::missing("dataType"))?;
    let invalid = |what: &str, given: &str| {
        Err(Refusal::new(
            1003,
            format!("Invalid value for field '{what}' and value '{given}'"),
        ))
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) || !name.chars().all(plain) {
        return invalid("name", name);
    }
    if !label
        .chars()
        .all(|letter| letter.is_alphanumeric() || " _-".contains(letter))
    {
        return invalid("displayName", label);
    }
    let kind = match Kind::parse(word) {
        Some(kind) if !matches!(kind, Kind::Text | Kind::Reference) => kind,
        _ => return invalid("dataType", word),
    };
    let fields = || state.people.schema.iter().map(|(_, field)| field);
    if fields().any(|known| known.name.eq_ignore_ascii_case(name) || known.label == label) {
        return Err(Refusal::new(1005, format!("Field '{name}' already exists")));
    }
    if fields().filter(|field| field.api_created).count() >= API_FIELDS_MAX {
        let text = format!("Max number of custom fields '{API_FIELDS_MAX}' reached");
        return Err(Refusal::new(1003, text));
    }
    let mut field = Field::standard(state.people.schema.next_id(), name, label, kind);
    field.custom = true;
    field.api_created = true;
    set_flags(&mut field, record);
    let slot = state.people.schema.add(field);
    // No record has the field yet: the index costs nothing now and a walk over everybody later.
    if matches!(kind, Kind::String | Kind::Email | Kind::Integer) {
        state.people.build_index(slot);
    }
    Ok(())
}

fn set_flags(field: &mut Field, record: &Map<String, Json>) {
    let flag = |name: &str| record.get(name).and_then(Json::as_bool);
    field.hidden = flag("isHidden").unwrap_or(field.hidden);
    field.html_encoded = flag("isHtmlEncodingInEmail").unwrap_or(field.html_encoded);
    field.sensitive = flag("isSensitive").unwrap_or(field.sensitive);
    if let Some(text) = record.get("description") {
        field.description = text.as_str().map(str::to_owned);
    }
}

/// `POST schema/fields/{name}.json`: changes what may change of one field.
pub(crate) fn update(state: &mut State, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let records = call.input(state.options.open.too_many_records)?;
    let [Json::Object(record)] = records.as_slice() else {
        return Err(Refusal::new(
            1003,
            "Invalid data: exactly one field is expected",
        ));
    };
    let slot = state
        .people
        .schema
        .slot(name)
        .ok_or_else(|| unknown(name))?;
    let field = state
        .people
        .schema
        .field_mut(slot)
        .ok_or_else(|| unknown(name))?;
    for member in record.keys() {
        let may = match member.as_str() {
            "description" | "isHtmlEncodingInEmail" | "isSensitive" => true,
            "displayName" => field.custom,
            "isHidden" => field.custom && field.api_created,
            _ => false,
        };
        if !may {
            let refusal = Refusal::new(1003, format!("Attribute '{member}' is not updateable"));
            return Ok(Answer::result(vec![row(name, Err(refusal))]));
        }
    }
    if let Some(label) = record.get("displayName").and_then(Json::as_str) {
        label.clone_into(&mut field.label);
    }
    set_flags(field, record);
    Ok(Answer::result(vec![row(name, Ok("updated"))]))
}
