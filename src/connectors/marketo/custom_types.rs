//! Custom object types: listed, and on request made, extended and approved.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::call::Call;
use super::client::Marketo;
use super::error;
use super::object::{ObjectInfo, described};
use crate::connectors::{ConnectorError, Trouble};
use crate::model::FieldKind;

/// A custom object type to be made. For ever: its API name, and once approved its links and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomType {
    /// API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// The same, for many.
    pub plural: String,
    /// What it is for.
    pub description: String,
}

/// A field of a custom object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomField {
    /// API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// Its type; ignored for a link, which takes the type of its target.
    pub kind: FieldKind,
    /// Whether it is part of the key (one to three are).
    pub key: bool,
    /// The object and its field this one points to (`Lead`, `Id`).
    pub link: Option<(String, String)>,
}

/// How far a custom object type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomTypeState {
    /// Not usable yet.
    Draft,
    /// Usable.
    Approved,
    /// Usable as it was; changes wait for approval.
    ApprovedWithDraft,
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    state: String,
}

fn data_type(kind: FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Memo => Some("text"),
        // Custom objects have no type for addresses of pages.
        FieldKind::Url => Some("string"),
        other => super::fields::data_type(other),
    }
}

fn field(field: &NewCustomField) -> Result<Json, ConnectorError> {
    let mut wire = json!({"name": field.name, "displayName": field.label});
    if let Some((object, target)) = &field.link {
        wire["dataType"] = json!("link");
        wire["relatedTo"] = json!({"name": object, "field": target});
        return Ok(wire);
    }
    let Some(data_type) = data_type(field.kind) else {
        let message = format!("Marketo has no field type for {}", field.name);
        return Err(error::of(Trouble::Refused, "type", &message));
    };
    wire["dataType"] = json!(data_type);
    if field.key {
        wire["isDedupeField"] = json!(true);
    }
    Ok(wire)
}

impl Marketo {
    /// The approved custom object types.
    pub async fn custom_types(&self) -> Result<Vec<ObjectInfo>, ConnectorError> {
        described(
            &self
                .0
                .call(&Call::get("/v1/customobjects.json", &[]))
                .await?,
        )
    }

    /// How far a type is; none when there is no such type. Needs the entitlement to the schema calls (else 616, 1026).
    pub async fn custom_type_state(
        &self,
        name: &str,
    ) -> Result<Option<CustomTypeState>, ConnectorError> {
        let path = format!("/v1/customobjects/schema/{name}/describe.json");
        let answer = match self.0.call(&Call::get(&path, &[])).await {
            Ok(answer) => answer,
            Err(error) if matches!(error.code.as_str(), "610" | "1013" | "702") => return Ok(None),
            Err(error) => return Err(error),
        };
        let rows: Vec<Described> = answer
            .rows()
            .map_err(|why| error::protocol(&format!("a custom type: {why}"), &answer.request_id))?;
        Ok(rows.first().map(|row| match row.state.as_str() {
            "draft" => CustomTypeState::Draft,
            "approvedWithDraft" => CustomTypeState::ApprovedWithDraft,
            _ => CustomTypeState::Approved,
        }))
    }

    /// Makes a type, as a draft.
    pub async fn create_custom_type(&self, new: &NewCustomType) -> Result<(), ConnectorError> {
        let body = json!({
            "action": "createOnly",
            "apiName": new.name,
            "displayName": new.label,
            "pluralName": new.plural,
            "description": new.description,
            "showInLeadDetail": true,
        });
        self.change_schema("/v1/customobjects/schema.json", body.to_string())
            .await
    }

    /// Adds fields to a type's draft.
    pub async fn add_custom_fields(
        &self,
        name: &str,
        fields: &[NewCustomField],
    ) -> Result<(), ConnectorError> {
        let input: Result<Vec<Json>, ConnectorError> = fields.iter().map(field).collect();
        let path = format!("/v1/customobjects/schema/{name}/addField.json");
        self.change_schema(&path, json!({"input": input?}).to_string())
            .await
    }

    /// Makes a type's draft usable; its keys and links can then never be changed.
    pub async fn approve_custom_type(&self, name: &str) -> Result<(), ConnectorError> {
        let path = format!("/v1/customobjects/schema/{name}/approve.json");
        self.change_schema(&path, String::new()).await
    }

    async fn change_schema(&self, path: &str, body: String) -> Result<(), ConnectorError> {
        self.0.call(&Call::post(path, body)).await.map(|_answer| ())
    }
}
