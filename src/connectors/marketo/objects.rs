//! Companies, sales persons, opportunities, their roles, custom objects: one pattern for all.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::batch::{PEOPLE_A_CALL, Rows};
use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::envelope::Answer;
use super::error;
use super::fields::Field2;
use super::outcomes;
use super::people::PeopleAction;
use super::rows::{Plan, Row};
use super::values;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FieldInfo, Fields, Value};

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
    /// A custom object type, by its API name.
    Custom(String),
}

impl Object {
    fn path(&self) -> String {
        match self {
            Self::SalesPerson => "/v1/salespersons".to_owned(),
            Self::Company => "/v1/companies".to_owned(),
            Self::Opportunity => "/v1/opportunities".to_owned(),
            Self::Role => "/v1/opportunities/roles".to_owned(),
            Self::Custom(name) => format!("/v1/customobjects/{name}"),
        }
    }

    /// The field Marketo identifies a record by.
    pub fn id_field(&self) -> &'static str {
        match self {
            Self::SalesPerson | Self::Company => "id",
            Self::Opportunity | Self::Role | Self::Custom(_) => "marketoGUID",
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

fn record(row: Row) -> ObjectRecord {
    ObjectRecord {
        id: row.id,
        modified: row.modified,
        fields: row.fields,
    }
}

impl Marketo {
    /// What the instance says about an object. Fit to be kept for a day.
    pub async fn describe_object(&self, object: &Object) -> Result<ObjectInfo, ConnectorError> {
        let path = format!("{}/describe.json", object.path());
        let answer = self.0.call(&Call::get(&path, &[])).await?;
        let first = described(&answer)?.into_iter().next();
        let nothing = || {
            error::of(
                Trouble::Configuration,
                "610",
                &format!("no object {object:?}"),
            )
        };
        first.ok_or_else(nothing)
    }

    /// The records whose field `filter` (searchable, or `idField`) has one of `values`. There is no "all" and no "changed
    /// since" for these objects: the keys have to be known.
    pub async fn objects(
        &self,
        object: &Object,
        filter: &str,
        values: &[String],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<ObjectRecord>, ConnectorError> {
        let plan = Plan::new(object.id_field(), fields, kinds);
        let path = format!("{}.json", object.path());
        let names = plan.names().join(",");
        let usable: Vec<&str> = values
            .iter()
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty() && !value.contains(','))
            .collect();
        let mut found = Vec::new();
        for part in usable.chunks(PEOPLE_A_CALL) {
            let part = part.join(",");
            let ask = |token: Option<&str>| {
                let mut params = vec![
                    ("filterType", filter),
                    ("filterValues", part.as_str()),
                    ("fields", names.as_str()),
                    ("batchSize", "300"),
                ];
                params.extend(token.map(|token| ("nextPageToken", token)));
                Call::form(&path, &params)
            };
            found.extend(self.all_pages(&plan, ask).await?.into_iter().map(record));
        }
        Ok(found)
    }

    /// The records with these whole keys, for objects whose key is several fields.
    pub async fn objects_by_key(
        &self,
        object: &Object,
        keys: &[Vec<(String, Value)>],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<ObjectRecord>, ConnectorError> {
        let plan = Plan::new(object.id_field(), fields, kinds);
        let path = format!("{}.json?_method=GET", object.path());
        let mut found = Vec::new();
        for part in keys.chunks(PEOPLE_A_CALL) {
            let mut input = Vec::new();
            values::array(&mut input, part);
            let input = String::from_utf8_lossy(&input);
            let ask = |token: Option<&str>| {
                let rest =
                    json!({"filterType": "dedupeFields", "fields": plan.names(), "batchSize": 300});
                let token = token.map(|token| format!(r#","nextPageToken":{}"#, json!(token)));
                let rest = rest.to_string();
                let rest = rest.trim_end_matches('}');
                let body = format!(r#"{rest},"input":{input}{}}}"#, token.unwrap_or_default());
                Call::post(&path, body).repeatable()
            };
            found.extend(self.all_pages(&plan, ask).await?.into_iter().map(record));
        }
        Ok(found)
    }

    /// Writes records by their key (`keys`: its fields, as described). One outcome each, in order.
    pub async fn sync_objects(
        &self,
        object: &Object,
        action: PeopleAction,
        keys: &[String],
        records: &[Vec<(String, Value)>],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let head = format!(
            r#"{{"action":"{}","dedupeBy":"dedupeFields","input":["#,
            action.word()
        );
        let operation = match action {
            PeopleAction::UpdateOnly => Operation::UpdateObject,
            PeopleAction::CreateOnly | PeopleAction::CreateOrUpdate => Operation::Upsert,
        };
        let path = format!("{}.json", object.path());
        self.write_objects(&path, head, keys, records, operation)
            .await
    }

    /// Deletes records by their key. One outcome each, in order.
    pub async fn delete_objects(
        &self,
        object: &Object,
        keys: &[String],
        records: &[Vec<(String, Value)>],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let path = format!("{}/delete.json", object.path());
        let head = r#"{"deleteBy":"dedupeFields","input":["#.to_owned();
        self.write_objects(&path, head, keys, records, Operation::Delete)
            .await
    }

    async fn write_objects(
        &self,
        path: &str,
        head: String,
        keys: &[String],
        records: &[Vec<(String, Value)>],
        operation: Operation,
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let rows = Rows {
            path,
            head: head.into_bytes(),
            keys,
            rows: records,
        };
        let read = |answer: &Answer, count| outcomes::by_seq(answer, count, operation);
        self.write_rows(&rows, read).await
    }
}
