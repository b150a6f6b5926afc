//! Which organisation this is, who we are in it, and what its settings mean for a sync.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::call::{Ask, Caller, Malformed};
use super::query::Origin;
use crate::connectors::{ConnectorError, Trouble};

/// Changes with any change of any table's definition.
const SCHEMA_STAMP: &str = "Microsoft.Dynamics.CRM.globalmetadataversion";

/// One environment, and our user in it. Stored at set-up and compared at each start: a copied or
/// restored environment keeps every row's id, and nothing but this tells it from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicsIdentity {
    /// The organisation's id.
    pub organization: Uuid,
    /// The environment's id, where it is told.
    pub environment: Option<String>,
    /// The tenant's id, where it is told.
    pub tenant: Option<String>,
    /// The name people gave the environment, where it is told.
    pub name: Option<String>,
    /// Our application user (`systemuserid`).
    pub user: Uuid,
    /// The server's version.
    pub version: String,
    /// The origin it was reached at.
    pub url: String,
    /// Days a delta link lives (7 by default), where it is told.
    pub tracking_days: Option<u32>,
    /// A stamp that changes with any table's definition, where it is told.
    pub schema: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WhoAmI {
    user_id: Uuid,
    organization_id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Current {
    detail: Detail,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Detail {
    environment_id: Option<String>,
    tenant_id: Option<String>,
    friendly_name: Option<String>,
}

#[derive(Deserialize)]
struct Organizations {
    #[serde(rename = "@Microsoft.Dynamics.CRM.globalmetadataversion")]
    schema: Option<serde_json::Value>,
    value: Vec<OrganizationRow>,
}

#[derive(Deserialize, Default)]
struct OrganizationRow {
    name: Option<String>,
    expirechangetrackingindays: Option<u32>,
}

/// Asks who and where we are.
pub(super) async fn identity(
    caller: &Caller,
    origin: &Origin,
) -> Result<DynamicsIdentity, ConnectorError> {
    let who: WhoAmI = get(caller, &Ask::get(origin.api("WhoAmI"))).await?;
    let version: Version = get(caller, &Ask::get(origin.api("RetrieveVersion()"))).await?;
    let current = origin.api(
        "RetrieveCurrentOrganization(AccessType=@p1)\
         ?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
    );
    let detail = optional(get::<Current>(caller, &Ask::get(current)).await)?;
    let detail = detail.map(|current| current.detail).unwrap_or_default();
    let organizations = optional(get::<Organizations>(caller, &organizations(origin)).await)?;
    let (row, schema) = match organizations {
        Some(mut answer) => (answer.value.pop().unwrap_or_default(), answer.schema),
        None => (OrganizationRow::default(), None),
    };
    Ok(DynamicsIdentity {
        organization: who.organization_id,
        environment: detail.environment_id,
        tenant: detail.tenant_id,
        name: detail.friendly_name.or(row.name),
        user: who.user_id,
        version: version.version,
        url: origin.text(),
        tracking_days: row.expirechangetrackingindays,
        schema: schema.map(stamp),
    })
}

/// The stamp that changes with any table's definition; none where the server does not tell.
pub(super) async fn schema(
    caller: &Caller,
    origin: &Origin,
) -> Result<Option<String>, ConnectorError> {
    let answer = optional(get::<Organizations>(caller, &organizations(origin)).await)?;
    Ok(answer.and_then(|answer| answer.schema).map(stamp))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Counts {
    entity_record_count_collection: Collection,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Collection {
    keys: Vec<String>,
    values: Vec<u64>,
}

/// About how many rows tables hold; the server counts once a day.
pub(super) async fn counts(
    caller: &Caller,
    origin: &Origin,
    tables: &[&str],
) -> Result<BTreeMap<String, u64>, ConnectorError> {
    let names: Vec<_> = tables.iter().map(|name| format!("%22{name}%22")).collect();
    let url = origin.api(&format!(
        "RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[{}]",
        names.join(",")
    ));
    let answer = optional(get::<Counts>(caller, &Ask::get(url)).await)?;
    let counts = answer.map(|answer| answer.entity_record_count_collection);
    Ok(counts.map_or_else(BTreeMap::new, |counts| {
        counts.keys.into_iter().zip(counts.values).collect()
    }))
}

fn organizations(origin: &Origin) -> Ask {
    Ask::get(origin.api("organizations?$select=name,expirechangetrackingindays"))
        .prefer(format!("odata.include-annotations=\"{SCHEMA_STAMP}\""))
}

fn stamp(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What an older server does not know, or our role may not see, is left out.
fn optional<T>(answer: Result<T, ConnectorError>) -> Result<Option<T>, ConnectorError> {
    match answer {
        Ok(known) => Ok(Some(known)),
        Err(error) => match error.trouble {
            Trouble::Refused | Trouble::Configuration | Trouble::Protocol => Ok(None),
            _ => Err(error),
        },
    }
}

async fn get<T: DeserializeOwned>(caller: &Caller, ask: &Ask) -> Result<T, ConnectorError> {
    let understand = |body: &[u8]| {
        let read = serde_json::from_slice(body);
        read.map_err(|error| Malformed(format!("the answer cannot be read: {error}")))
    };
    caller.read(ask, understand).await
}
