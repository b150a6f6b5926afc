//! The life of a custom object type: created as a draft, given fields, approved, changed, deleted.

use serde_json::{Map, Value as Json};

use super::{CustomField, CustomType, plain, publish};
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::value::Kind;

/// Most types, most fields of one, most key fields, most fields added after the approval.
const TYPES_MAX: usize = 10;
const FIELDS_MAX: usize = 50;
const KEYS_MAX: usize = 3;

/// Names that every object has already.
const TAKEN: &[&str] = &["marketoguid", "createdat", "updatedat", "id"];

fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(1003, text)
}

/// The type, or 1013.
pub(crate) fn find<'a>(state: &'a State, name: &str) -> Result<&'a CustomType, Refusal> {
    let unknown = || Refusal::new(1013, format!("Object '{name}' not found"));
    state.custom.get(&plain(name)).ok_or_else(unknown)
}

fn find_mut<'a>(state: &'a mut State, name: &str) -> Result<&'a mut CustomType, Refusal> {
    let unknown = || Refusal::new(1013, format!("Object '{name}' not found"));
    state.custom.get_mut(&plain(name)).ok_or_else(unknown)
}

/// What every write of the schema calls answers.
fn done() -> Answer {
    Answer::result(Vec::new())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// `POST schema.json`: creates a type as a draft, or changes the names of one.
pub(crate) fn create(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let body = call.json()?;
    let text = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    let name = text("apiName").ok_or_else(|| Refusal::missing("apiName"))?;
    if !is_name(&name) {
        return Err(invalid(format!(
            "Invalid value for field 'apiName' and value '{name}'"
        )));
    }
    let action = text("action").unwrap_or_else(|| "createOrUpdate".to_owned());
    let known = state.custom.contains_key(&plain(&name));
    match (action.as_str(), known) {
        ("createOnly", true) => return Err(Refusal::new(1017, "Object already exists")),
        ("updateOnly", false) => {
            return Err(Refusal::new(1013, format!("Object '{name}' not found")));
        }
        ("createOnly" | "updateOnly" | "createOrUpdate", _) => {}
        _ => return Err(invalid(format!("Invalid value '{action}' for 'action'"))),
    }
    if known {
        let custom = find_mut(state, &name)?;
        custom.label = text("displayName").unwrap_or_else(|| custom.label.clone());
        custom.plural = text("pluralName").unwrap_or_else(|| custom.plural.clone());
        custom.description = text("description").or_else(|| custom.description.take());
        custom.updated_ms = call.now_ms;
        return Ok(done());
    }
    if state.custom.len() >= TYPES_MAX {
        return Err(invalid(format!(
            "Max number of custom object types '{TYPES_MAX}' reached"
        )));
    }
    let label = text("displayName").ok_or_else(|| Refusal::missing("displayName"))?;
    let plural = text("pluralName").unwrap_or_else(|| format!("{label}s"));
    let in_lead_detail = body
        .get("showInLeadDetail")
        .and_then(Json::as_bool)
        .unwrap_or(false);
    let custom = CustomType {
        name: name.clone(),
        label,
        plural,
        description: text("description"),
        in_lead_detail,
        created_ms: call.now_ms,
        updated_ms: call.now_ms,
        draft: Some(Vec::new()),
        approved: None,
    };
    state.custom.insert(plain(&name), custom);
    Ok(done())
}

/// The draft of a type; made from the approved version when there is none.
fn draft(custom: &mut CustomType) -> &mut Vec<CustomField> {
    let approved = custom.approved.clone().unwrap_or_default();
    custom.draft.get_or_insert(approved)
}

/// `addField.json`: all fields of the call, or none.
pub(crate) fn add_fields(state: &mut State, call: &Call, name: &str) -> Result<Answer, Refusal> {
    find(state, name)?;
    let records = call.input(state.options.open.too_many_records)?;
    let fields: Vec<CustomField> = records
        .iter()
        .map(|record| new_field(state, record))
        .collect::<Result<_, _>>()?;
    let custom = find_mut(state, name)?;
    let is_approved = custom.approved.is_some();
    let mut next = draft(custom).clone();
    for field in fields {
        let lower = field.name.to_lowercase();
        let known = |other: &CustomField| other.name.to_lowercase() == lower;
        if TAKEN.contains(&lower.as_str()) || next.iter().any(known) {
            return Err(Refusal::new(
                1005,
                format!("Field '{}' already exists", field.name),
            ));
        }
        if is_approved && (field.is_key || field.link.is_some()) {
            let text = "Link and dedupe fields cannot be added to an approved object";
            return Err(invalid(text));
        }
        next.push(field);
    }
    if next.len() > FIELDS_MAX {
        return Err(invalid(format!(
            "Max number of fields '{FIELDS_MAX}' reached"
        )));
    }
    if next.iter().filter(|field| field.is_key).count() > KEYS_MAX {
        return Err(invalid(format!(
            "Max number of dedupe fields '{KEYS_MAX}' reached"
        )));
    }
    *draft(custom) = next;
    custom.updated_ms = call.now_ms;
    Ok(done())
}

fn new_field(state: &State, record: &Json) -> Result<CustomField, Refusal> {
    let empty = Map::new();
    let record = record.as_object().unwrap_or(&empty);
    let text = |name: &str| record.get(name).and_then(Json::as_str).map(str::to_owned);
    let name = text("name").ok_or_else(|| Refusal::missing("name"))?;
    if !is_name(&name) {
        return Err(invalid(format!(
            "Invalid value for field 'name' and value '{name}'"
        )));
    }
    let label = text("displayName").ok_or_else(|| Refusal::missing("displayName"))?;
    let word = text("dataType").ok_or_else(|| Refusal::missing("dataType"))?;
    let (kind, link) = match word.as_str() {
        "link" => link_target(state, record)?,
        "string" | "boolean" | "integer" | "float" | "email" | "currency" | "date" | "datetime"
        | "phone" | "text" => (Kind::parse(&word).unwrap_or(Kind::String), None),
        _ => {
            return Err(invalid(format!(
                "Invalid value for field 'dataType' and value '{word}'"
            )));
        }
    };
    let is_key = record
        .get("isDedupeField")
        .and_then(Json::as_bool)
        .unwrap_or(false);
    Ok(CustomField {
        name,
        label,
        description: text("description"),
        kind,
        is_key,
        link,
    })
}

/// The type of a link is that of its target; its description names target and field.
fn link_target(
    state: &State,
    record: &Map<String, Json>,
) -> Result<(Kind, Option<(String, String)>), Refusal> {
    let related = record
        .get("relatedTo")
        .ok_or_else(|| Refusal::missing("relatedTo"))?;
    let text = |name: &str| related.get(name).and_then(Json::as_str).unwrap_or_default();
    let (to, at) = (text("name"), text("field"));
    let refuse = || invalid(format!("Invalid link target '{to}.{at}'"));
    let fields = match to.to_lowercase().as_str() {
        "lead" => &state.people.schema,
        "company" => {
            &state
                .objects
                .get("companies")
                .ok_or_else(refuse)?
                .table
                .schema
        }
        _ => {
            let object = state.objects.get(&super::path(to)).ok_or_else(refuse)?;
            // A type cannot point to one that itself points somewhere.
            if !object.links.is_empty() {
                return Err(refuse());
            }
            &object.table.schema
        }
    };
    let mut all = fields.iter().map(|(_, field)| field);
    let found = all
        .find(|field| field.name.eq_ignore_ascii_case(at))
        .ok_or_else(refuse)?;
    let to = match to.to_lowercase().as_str() {
        "lead" => "Lead".to_owned(),
        "company" => "Company".to_owned(),
        _ => plain(to),
    };
    Ok((found.kind, Some((to, found.name.clone()))))
}

/// `{field}/updateField.json`.
pub(crate) fn update_field(
    state: &mut State,
    call: &Call,
    (name, at): (&str, &str),
) -> Result<Answer, Refusal> {
    let body = call.json()?.clone();
    let custom = find_mut(state, name)?;
    let is_approved = custom.approved.is_some();
    let fields = draft(custom);
    let unknown = || Refusal::new(1006, format!("Field '{at}' not found"));
    let field = fields
        .iter_mut()
        .find(|field| field.name == at)
        .ok_or_else(unknown)?;
    let text = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    if is_approved && (body.contains_key("dataType") || body.contains_key("isDedupeField")) {
        return Err(invalid(format!(
            "Field '{at}' of an approved object cannot be changed so"
        )));
    }
    field.label = text("displayName").unwrap_or_else(|| field.label.clone());
    field.description = text("description").or_else(|| field.description.take());
    if let Some(kind) = text("dataType").and_then(|word| Kind::parse(&word)) {
        field.kind = kind;
    }
    field.is_key = body
        .get("isDedupeField")
        .and_then(Json::as_bool)
        .unwrap_or(field.is_key);
    custom.updated_ms = call.now_ms;
    Ok(done())
}

/// `deleteField.json`.
pub(crate) fn delete_fields(state: &mut State, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let records = call.input(state.options.open.too_many_records)?.clone();
    let custom = find_mut(state, name)?;
    let is_approved = custom.approved.is_some();
    let mut next = draft(custom).clone();
    for record in &records {
        let at = record
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let unknown = || Refusal::new(1006, format!("Field '{at}' not found"));
        let place = next
            .iter()
            .position(|field| field.name == at)
            .ok_or_else(unknown)?;
        if is_approved && (next[place].is_key || next[place].link.is_some()) {
            return Err(invalid(format!("Field '{at}' cannot be deleted")));
        }
        next.remove(place);
    }
    *draft(custom) = next;
    custom.updated_ms = call.now_ms;
    Ok(done())
}

/// `approve.json`.
pub(crate) fn approve(state: &mut State, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let custom = find_mut(state, name)?;
    let Some(draft) = &custom.draft else {
        return Err(invalid(format!("Object '{name}' has no draft to approve")));
    };
    if !draft.iter().any(|field| field.is_key) {
        return Err(invalid("At least one dedupe field is required"));
    }
    custom.approved = custom.draft.take();
    custom.updated_ms = call.now_ms;
    publish(state, name);
    Ok(done())
}

/// `discardDraft.json`; a type that was never approved goes with its draft.
pub(crate) fn discard(state: &mut State, name: &str) -> Result<Answer, Refusal> {
    let custom = find_mut(state, name)?;
    if custom.draft.take().is_none() {
        return Err(Refusal::new(1048, "Discard draft failed"));
    }
    if custom.approved.is_none() {
        state.custom.remove(&plain(name));
    }
    Ok(done())
}

/// `delete.json`: the type and its records.
pub(crate) fn delete(state: &mut State, name: &str) -> Result<Answer, Refusal> {
    find(state, name)?;
    let plain = plain(name);
    let used = |object: &super::Object| object.links.iter().any(|link| plain == link.to);
    if state.objects.values().any(used) {
        return Err(Refusal::new(1022, "Object in use"));
    }
    state.custom.remove(&plain);
    state.objects.remove(&super::path(name));
    Ok(done())
}
