//! What the instance says about its person fields, and creating the ones we need.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::client::Marketo;
use super::envelope::{Answer, Reason};
use super::error;
use super::fields::{Field2, data_type, info, writable};
use crate::connectors::{ConnectorError, Trouble};
use crate::model::{FieldInfo, FieldKind};

/// Fields of a person that belong to the person's company: written through companies, never on the person
/// (refused with 1021 there once the person hangs on an external company).
pub const COMPANY_FIELDS: [&str; 16] = [
    "company",
    "site",
    "website",
    "mainPhone",
    "industry",
    "sicCode",
    "annualRevenue",
    "numberOfEmployees",
    "billingStreet",
    "billingCity",
    "billingState",
    "billingCountry",
    "billingPostalCode",
    "mktoCompanyNotes",
    "billingAddress",
    "companyNotes",
];

/// A person field to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPersonField {
    /// REST name: a letter, then letters, digits, `_`; for ever.
    pub name: String,
    /// The name marketers see; without special characters, unique.
    pub label: String,
    /// Its type; text areas cannot be created through the API and become 255 characters.
    pub kind: FieldKind,
    /// What it is for.
    pub description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    data_type: String,
    #[serde(default)]
    length: Option<u32>,
    #[serde(default)]
    rest: Option<Rest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    name: String,
    #[serde(default)]
    read_only: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described2 {
    #[serde(default)]
    searchable_fields: Vec<Vec<String>>,
    #[serde(default)]
    fields: Vec<Field2>,
}

fn readable<T>(
    answer: &Answer,
    rows: Result<Vec<T>, serde_json::Error>,
) -> Result<Vec<T>, ConnectorError> {
    rows.map_err(|why| error::protocol(&format!("the description: {why}"), &answer.request_id))
}

#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    status: String,
    #[serde(default)]
    reasons: Vec<Reason>,
}

impl Marketo {
    async fn describe2(&self) -> Result<Vec<Described2>, ConnectorError> {
        let answer = self
            .0
            .call(&Call::get("/v1/leads/describe2.json", &[]))
            .await?;
        readable(&answer, answer.rows())
    }

    /// Every person field the REST API can touch, by name. Fields a native CRM connector owns, computed ones and
    /// system ones are not updatable. One call each to `describe` and `describe2`; fit to be kept for a day.
    pub async fn person_fields(&self) -> Result<Vec<FieldInfo>, ConnectorError> {
        let answer = self
            .0
            .call(&Call::get("/v1/leads/describe.json", &[]))
            .await?;
        let mut fields = BTreeMap::new();
        for row in readable::<Described>(&answer, answer.rows())? {
            let Some(rest) = row.rest else { continue };
            let mut field = info(&rest.name, &row.display_name, &row.data_type, row.length);
            writable(&mut field, !rest.read_only);
            fields.insert(rest.name, field);
        }
        for row in self
            .describe2()
            .await?
            .iter()
            .flat_map(|object| &object.fields)
        {
            let newer = row.info();
            match fields.get_mut(&row.name) {
                Some(field) => {
                    let both = field.updatable && newer.updatable;
                    writable(field, both);
                }
                None => {
                    fields.insert(row.name.clone(), newer);
                }
            }
        }
        Ok(fields.into_values().collect())
    }

    /// The fields people can be looked up by: what `people` and `sync_people` take as their key.
    pub async fn searchable(&self) -> Result<Vec<String>, ConnectorError> {
        let objects = self.describe2().await?;
        let keys = objects
            .into_iter()
            .flat_map(|object| object.searchable_fields);
        // A key of several fields cannot be used for people.
        Ok(keys.filter(|key| key.len() == 1).flatten().collect())
    }

    /// Creates person fields; one that exists already is left alone. At most 100 can ever be made in an instance, and
    /// none can be deleted again. Fails as a whole at the first that is refused.
    pub async fn create_person_fields(
        &self,
        fields: &[NewPersonField],
    ) -> Result<(), ConnectorError> {
        if fields.is_empty() {
            return Ok(());
        }
        let mut input = Vec::with_capacity(fields.len());
        for field in fields {
            let Some(data_type) = data_type(field.kind) else {
                let message = format!(
                    "Marketo has no field type for {} ({:?})",
                    field.name, field.kind
                );
                return Err(error::of(Trouble::Refused, "type", &message));
            };
            input.push(json!({
                "name": field.name,
                "displayName": field.label,
                "dataType": data_type,
                "description": field.description,
                "isHidden": false,
                "isHtmlEncodingInEmail": true,
                "isSensitive": false,
            }));
        }
        let body = json!({ "input": input }).to_string();
        let answer = self
            .0
            .call(&Call::post("/v1/leads/schema/fields.json", body))
            .await?;
        let rows: Vec<Made> = answer
            .rows()
            .map_err(|_| error::unknown("the answer to creating fields", &answer.request_id))?;
        let refused = rows
            .iter()
            .filter(|row| row.status == "skipped")
            .find_map(|row| {
                let reason = row.reasons.first()?;
                (!matches!(reason.code.as_str(), "1005" | "1017")).then_some(reason)
            });
        match refused {
            None => Ok(()),
            Some(reason) => {
                let error = error::of(Trouble::Configuration, &reason.code, &reason.message);
                Err(error::said_by(error, &answer.request_id))
            }
        }
    }
}
