//! What the schema calls say about custom object types, drafts included.

use serde::Deserialize;

use super::call::Call;
use super::client::Marketo;
use super::custom_types::CustomTypeState;
use super::error;
use super::object::{ObjectInfo, described};
use crate::connectors::ConnectorError;

/// A custom object type with what is approved of it and what is not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomType {
    /// How far it is.
    pub state: CustomTypeState,
    /// The approved version.
    pub approved: Option<ObjectInfo>,
    /// The draft.
    pub draft: Option<ObjectInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    api_name: String,
}

impl Marketo {
    /// The API names of all custom object types, drafts too. Needs the entitlement to the schema calls (else 616, 1026).
    pub async fn custom_type_names(&self) -> Result<Vec<String>, ConnectorError> {
        let call = Call::get("/v1/customobjects/schema.json", &[]);
        let answer = self.0.call(&call).await?;
        let rows: Vec<Named> = answer.rows().map_err(|why| {
            error::protocol(&format!("the custom types: {why}"), &answer.request_id)
        })?;
        Ok(rows.into_iter().map(|row| row.api_name).collect())
    }

    /// A type with both its versions; none when there is no such type.
    pub async fn custom_type(&self, name: &str) -> Result<Option<CustomType>, ConnectorError> {
        let Some(state) = self.custom_type_state(name).await? else {
            return Ok(None);
        };
        let (approved, draft) = match state {
            CustomTypeState::Draft => (None, self.version(name, "draft").await?),
            CustomTypeState::Approved => (self.version(name, "approved").await?, None),
            CustomTypeState::ApprovedWithDraft => (
                self.version(name, "approved").await?,
                self.version(name, "draft").await?,
            ),
        };
        Ok(Some(CustomType {
            state,
            approved,
            draft,
        }))
    }

    async fn version(&self, name: &str, state: &str) -> Result<Option<ObjectInfo>, ConnectorError> {
        let path = format!("/v1/customobjects/schema/{name}/describe.json");
        let call = Call::get(&path, &[("state", state)]);
        let answer = self.0.call(&call).await?;
        Ok(described(&answer)?.into_iter().next())
    }
}
