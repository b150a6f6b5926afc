//! Companies, sales persons, opportunities, their roles, custom objects: the nouns, and how they are described.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::envelope::Answer;
use super::error;
use super::fields::Field2;
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::{FieldInfo, Fields};

/// A kind of object beside people. Written in this order (custom objects last), deleted in the reverse one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    /// People who sell; key `externalSalesPersonId`.
    SalesPerson,
    /// Companies; key `externalCompanyId`.
    Company,
    /// Opportunities; key `externalOpportunityId`.
    Opportunity,
    /// Who plays which part in an opportunity; key `externalOpportunityId`, `leadId`, `role`.
    Role,
    /// Accounts of account-based marketing; key `name`. No link to people through the API.
    NamedAccount,
    /// A custom object type, by its API name.
    Custom(String),
}

impl Object {
    pub(super) fn path(&self) -> String {
        match self {
            Self::SalesPerson => "/v1/salespersons".to_owned(),
            Self::Company => "/v1/companies".to_owned(),
            Self::Opportunity => "/v1/opportunities".to_owned(),
            Self::Role => "/v1/opportunities/roles".to_owned(),
            Self::NamedAccount => "/v1/namedaccounts".to_owned(),
            Self::Custom(name) => format!("/v1/customobjects/{name}"),
        }
    }

    /// The field Marketo identifies a record by.
    pub fn id_field(&self) -> &'static str {
        match self {
            Self::SalesPerson | Self::Company => "id",
            Self::Opportunity | Self::Role | Self::NamedAccount | Self::Custom(_) => "marketoGUID",
        }
    }
}

/// What the instance says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// The fields that together are its key.
    pub keys: Vec<String>,
    /// What it can be looked up by; each a field or several together.
    pub searchable: Vec<Vec<String>>,
    /// Which of its fields point to what: field, object, that object's field.
    pub links: Vec<(String, String, String)>,
    /// Its fields; key fields can be set only when a record is created.
    pub fields: Vec<FieldInfo>,
}

/// One record of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Marketo's id of it: a number or a GUID, as text.
    pub id: String,
    /// When it last changed.
    pub modified: Option<DateTime<Utc>>,
    /// What was asked for.
    pub fields: Fields,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectOutcome {
    /// It did not exist and was created, with this id.
    Created(String),
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// It was not written; never `Created`, `Updated` or `Deleted`.
    Skipped(WriteOutcome),
}

impl From<WriteOutcome> for ObjectOutcome {
    fn from(outcome: WriteOutcome) -> Self {
        match outcome {
            WriteOutcome::Created { key, .. } => Self::Created(key.to_string()),
            WriteOutcome::Updated { .. } => Self::Updated,
            WriteOutcome::Deleted => Self::Deleted,
            other => Self::Skipped(other),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    dedupe_fields: Option<Vec<String>>,
    #[serde(default)]
    searchable_fields: Option<Vec<Vec<String>>>,
    #[serde(default)]
    relationships: Option<Vec<Relationship>>,
    #[serde(default)]
    fields: Option<Vec<Field2>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    field: String,
    /// One sample of the documentation writes `object`.
    #[serde(alias = "object")]
    related_to: Option<Related>,
}

#[derive(Deserialize)]
struct Related {
    name: String,
    #[serde(default)]
    field: String,
}

impl Described {
    fn info(self) -> ObjectInfo {
        let keys = self.dedupe_fields.unwrap_or_default();
        let fields = self.fields.iter().flatten().map(|field| {
            let mut info = field.info();
            info.creatable |= keys.contains(&info.name);
            info.required = keys.contains(&info.name);
            info
        });
        let links = self.relationships.into_iter().flatten().filter_map(|link| {
            let to = link.related_to?;
            Some((link.field, to.name, to.field))
        });
        ObjectInfo {
            fields: fields.collect(),
            links: links.collect(),
            name: self.name,
            label: self.display_name,
            searchable: self.searchable_fields.unwrap_or_default(),
            keys,
        }
    }
}

pub(super) fn described(answer: &Answer) -> Result<Vec<ObjectInfo>, ConnectorError> {
    let garbled = |why| error::protocol(&format!("the description: {why}"), &answer.request_id);
    let rows: Vec<Described> = answer.rows().map_err(garbled)?;
    Ok(rows.into_iter().map(Described::info).collect())
}
