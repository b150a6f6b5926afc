//! `leads/describe.json` and `leads/describe2.json`.

use serde_json::{Value as Json, json};

use super::read::is_searchable;
use crate::sandbox::marketo::answer::Answer;
use crate::sandbox::marketo::schema::{Field, Origin};
use crate::sandbox::marketo::state::State;

/// The old form: one element a field, with its REST and SOAP names.
pub(crate) fn describe(state: &State) -> Answer {
    let visible = state
        .people
        .schema
        .iter()
        .filter(|(_, field)| !field.hidden && !field.gone);
    Answer::result(visible.map(|(_, field)| element(field)).collect())
}

fn element(field: &Field) -> Json {
    let names = json!({"name": field.name, "readOnly": field.read_only});
    let mut element = json!({
        "id": field.id, "displayName": field.label, "dataType": field.kind.word(),
        "rest": names, "soap": names,
    });
    if let (Some(length), Some(members)) = (field.length, element.as_object_mut()) {
        members.insert("length".to_owned(), length.into());
    }
    element
}

/// Whether the API may write a field.
fn is_updateable(field: &Field) -> bool {
    !field.read_only && matches!(field.origin, Origin::Stored | Origin::Company)
}

/// The new form: one element with the searchable fields and all fields.
pub(crate) fn describe2(state: &State) -> Answer {
    let visible = || {
        state
            .people
            .schema
            .iter()
            .filter(|(_, field)| !field.hidden && !field.gone)
    };
    let searchable: Vec<Json> = visible()
        .filter(|(_, field)| is_searchable(field))
        .map(|(_, field)| json!([field.name]))
        .collect();
    let fields: Vec<Json> = visible()
        .map(|(_, field)| {
            let kind = if field.name == "leadScore" {
                "score"
            } else {
                field.kind.word()
            };
            let mut element = json!({
                "name": field.name, "displayName": field.label, "dataType": kind,
                "updateable": is_updateable(field), "crmManaged": false,
            });
            if let (Some(length), Some(members)) = (field.length, element.as_object_mut()) {
                members.insert("length".to_owned(), length.into());
            }
            element
        })
        .collect();
    Answer::result(vec![
        json!({"name": "API Lead", "searchableFields": searchable, "fields": fields}),
    ])
}
