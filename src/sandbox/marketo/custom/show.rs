//! Listing and describing custom object types, in the data calls and in the schema calls.

use serde_json::{Value as Json, json};

use super::lifecycle::find;
use super::{CustomField, CustomType, path};
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::objects::describe;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::value::{Kind, stamp};

/// `customobjects.json`: the approved types.
pub(crate) fn list(state: &State, call: &Call) -> Answer {
    let names: Vec<String> = call
        .list("names")
        .iter()
        .map(|name| super::plain(name))
        .collect();
    let asked = state.custom.iter().filter(|(name, custom)| {
        custom.approved.is_some() && (names.is_empty() || names.contains(name))
    });
    let elements = asked.filter_map(|(_, custom)| {
        let mut element = data_element(state, custom)?;
        element.as_object_mut()?.remove("fields");
        Some(element)
    });
    Answer::result(elements.collect())
}

fn data_element(state: &State, custom: &CustomType) -> Option<Json> {
    let mut element = describe::element(state.objects.get(&path(&custom.name))?);
    let members = element.as_object_mut()?;
    members.insert("description".to_owned(), custom.description.clone().into());
    members.insert(
        "createdAt".to_owned(),
        stamp(custom.created_ms / 1000).into(),
    );
    members.insert(
        "updatedAt".to_owned(),
        stamp(custom.updated_ms / 1000).into(),
    );
    Some(element)
}

/// `customobjects/{name}/describe.json`.
pub(crate) fn data_describe(state: &State, name: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::new(1013, format!("Object '{name}' not found"));
    let custom = find(state, name)?;
    Ok(Answer::result(vec![
        data_element(state, custom).ok_or_else(unknown)?,
    ]))
}

/// `customobjects/schema.json`.
pub(crate) fn schema_list(state: &State, call: &Call) -> Answer {
    let names: Vec<String> = call
        .list("names")
        .iter()
        .map(|name| super::plain(name))
        .collect();
    let asked = state
        .custom
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(name));
    Answer::result(
        asked
            .map(|(_, custom)| schema_element(custom, None))
            .collect(),
    )
}

/// `customobjects/schema/{name}/describe.json`.
pub(crate) fn schema_describe(state: &State, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let custom = find(state, name)?;
    let wanted = call.param("state");
    let there = match wanted {
        None | Some("approvedWithDraft") => true,
        Some("draft") => custom.draft.is_some(),
        Some("approved") => custom.approved.is_some(),
        Some(other) => {
            return Err(Refusal::new(
                1003,
                format!("Invalid value '{other}' for 'state'"),
            ));
        }
    };
    if !there {
        return Err(Refusal::new(
            1013,
            format!("Object '{name}' not found in that state"),
        ));
    }
    Ok(Answer::result(vec![schema_element(custom, wanted)]))
}

/// A type in the version asked for; the approved one unless there is only a draft.
fn schema_element(custom: &CustomType, wanted: Option<&str>) -> Json {
    let is_draft = custom.approved.is_none() || (wanted == Some("draft") && custom.draft.is_some());
    let version = if is_draft {
        &custom.draft
    } else {
        &custom.approved
    };
    let fields: &[CustomField] = version.as_deref().unwrap_or_default();
    let keys: Vec<&str> = fields
        .iter()
        .filter(|field| field.is_key)
        .map(|field| field.name.as_str())
        .collect();
    let links = fields
        .iter()
        .filter_map(|field| Some((field, field.link.as_ref()?)));
    let relationships: Vec<Json> = links
        .clone()
        .map(|(field, (to, at))| {
            json!({"field": field.name, "type": "child", "relatedTo": {"name": to, "field": at}})
        })
        .collect();
    let searchable = if is_draft {
        json!([[]])
    } else {
        let mut all = vec![json!(keys), json!(["marketoGUID"])];
        all.extend(links.map(|(field, _)| json!([field.name])));
        Json::from(all)
    };
    let standard = [
        ("marketoGUID", "Marketo GUID", Kind::String),
        ("createdAt", "Created At", Kind::DateTime),
        ("updatedAt", "Updated At", Kind::DateTime),
    ];
    let mut shown: Vec<Json> = standard
        .iter()
        .map(|(name, label, kind)| field(name, label, *kind, false))
        .collect();
    shown.extend(
        fields
            .iter()
            .map(|one| field(&one.name, &one.label, one.kind, !one.is_key)),
    );
    let moment = |at_ms: i64| {
        if is_draft {
            Json::Null
        } else {
            stamp(at_ms / 1000).into()
        }
    };
    json!({
        "apiName": custom.name, "displayName": custom.label, "pluralName": custom.plural,
        "description": custom.description, "showInLeadDetail": custom.in_lead_detail,
        "state": custom.state(), "version": if is_draft { "draft" } else { "approved" },
        "idField": if is_draft { Json::Null } else { "marketoGUID".into() },
        "createdAt": moment(custom.created_ms), "updatedAt": moment(custom.updated_ms),
        "dedupeFields": keys, "searchableFields": searchable, "relationships": relationships,
        "fields": shown,
    })
}

fn field(name: &str, label: &str, kind: Kind, updateable: bool) -> Json {
    let is_custom = !matches!(name, "marketoGUID" | "createdAt" | "updatedAt");
    let mut element = json!({
        "name": name, "displayName": label, "dataType": kind.word(),
        "updateable": updateable && is_custom, "crmManaged": false,
    });
    if let (Some(length), Some(members)) = (kind.usual_length(), element.as_object_mut()) {
        members.insert("length".to_owned(), length.into());
    }
    element
}

/// `schema/fieldDataTypes.json`.
pub(crate) fn data_types() -> Answer {
    let words = [
        "string", "boolean", "integer", "float", "link", "email", "currency", "date", "datetime",
        "phone", "text",
    ];
    Answer::result(words.iter().map(|word| json!(word)).collect())
}

/// `schema/linkableObjects.json`: people, companies, and types that do not link anywhere themselves.
pub(crate) fn linkable(state: &State) -> Answer {
    let mut elements = vec![
        json!({"name": "Lead", "fields": [{"name": "Id", "displayName": "Id", "dataType": "integer"},
            {"name": "Email", "displayName": "Email Address", "dataType": "email"}]}),
        json!({"name": "Company", "fields": [
            {"name": "Id", "displayName": "Id", "dataType": "integer"}]}),
    ];
    for custom in state.custom.values() {
        let Some(object) = state.objects.get(&path(&custom.name)) else {
            continue;
        };
        if object.links.is_empty() {
            let fields: Vec<Json> = object
                .table
                .schema
                .iter()
                .map(|(_, field)| {
                    json!({"name": field.name, "displayName": field.label,
                           "dataType": field.kind.word()})
                })
                .collect();
            elements.push(json!({"name": custom.name, "fields": fields}));
        }
    }
    Answer::result(elements)
}
