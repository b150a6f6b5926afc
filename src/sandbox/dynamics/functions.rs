//! Functions: `WhoAmI`, `RetrieveVersion`, the organisation's identity and record counts.

use serde_json::json;
use uuid::Uuid;

use super::data::Data;
use super::derive::BUSINESS_UNIT;
use super::describe::ENGLISH;
use super::reply::{Answer, Fault, Reply};
use super::request::Call;
use super::resource::Segment;

/// The organisation's id.
pub const ORGANISATION: Uuid = Uuid::from_u128(0x5d1b_2c40_11aa_4d0e_8f5e_6a1c_3b2d_0001);

/// The environment's id.
pub const ENVIRONMENT: Uuid = Uuid::from_u128(0x8e0f_64d1_7b3c_4f7a_a2c9_55d0_9e11_0002);

/// The Entra tenant the organisation belongs to.
pub const TENANT: Uuid = Uuid::from_u128(0x7f2c_1111_9a5b_4b6e_b3d2_0c44_7e5f_0003);

/// The version the organisation says it has.
const VERSION: &str = "9.2.26013.00170";

/// Answers a function call, or nothing when the name is no function.
pub fn read(data: &Data, call: &Call, segment: &Segment) -> Option<Answer> {
    let context = |name: &str| {
        format!(
            "{}$metadata#Microsoft.Dynamics.CRM.{name}",
            call.caller.root()
        )
    };
    Some(match segment.name.as_str() {
        "WhoAmI" => Ok(Reply::value(&json!({
            "@odata.context": context("WhoAmIResponse"),
            "BusinessUnitId": BUSINESS_UNIT,
            "UserId": call.caller.user,
            "OrganizationId": ORGANISATION,
        }))),
        "RetrieveVersion" => Ok(Reply::value(&json!({
            "@odata.context": context("RetrieveVersionResponse"),
            "Version": VERSION,
        }))),
        "RetrieveCurrentOrganization" => Ok(Reply::value(&organisation(call, &context))),
        name @ ("RetrieveAvailableLanguages" | "RetrieveProvisionedLanguages") => {
            let member = if name == "RetrieveAvailableLanguages" {
                "LocaleIds"
            } else {
                "RetrieveProvisionedLanguages"
            };
            Ok(Reply::value(&json!({
                "@odata.context": context(&format!("{name}Response")), member: [ENGLISH],
            })))
        }
        "RetrieveTotalRecordCount" => counts(data, call, segment, &context),
        _ => return None,
    })
}

fn organisation(call: &Call, context: &impl Fn(&str) -> String) -> serde_json::Value {
    let origin = &call.caller.origin;
    json!({
        "@odata.context": context("RetrieveCurrentOrganizationResponse"),
        "Detail": {
            "OrganizationId": ORGANISATION,
            "FriendlyName": "Contoso",
            "OrganizationVersion": VERSION,
            "EnvironmentId": ENVIRONMENT.to_string(),
            "DatacenterId": "9f7b61f6-4a2d-4c8e-8a11-0d6c1c3a0004",
            "Geo": "EMEA",
            "TenantId": TENANT.to_string(),
            "UrlName": "contoso",
            "UniqueName": "orgcontoso",
            "State": "Enabled",
            "SchemaType": "Full",
            "OrganizationType": "Customer",
            "Endpoints": {
                "Count": 3,
                "IsReadOnly": false,
                "Keys": ["WebApplication", "OrganizationService", "OrganizationDataService"],
                "Values": [
                    format!("{origin}/"),
                    format!("{origin}/XRMServices/2011/Organization.svc"),
                    format!("{origin}/XRMServices/2011/OrganizationData.svc"),
                ],
            },
        },
    })
}

/// `RetrieveTotalRecordCount(EntityNames=['lead','contact'])`, with or without an alias.
fn counts(
    data: &Data,
    call: &Call,
    segment: &Segment,
    context: &impl Fn(&str) -> String,
) -> Answer {
    let inside = call.resolve(segment.inside.as_deref().unwrap_or_default());
    let list = inside
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next());
    let bad = || Fault::argument("The parameter 'EntityNames' is missing.");
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for name in list.ok_or_else(bad)?.split(',') {
        let name = name.trim().trim_matches(['"', '\'']);
        let table = data.schema.by_name(name).ok_or_else(|| {
            Fault::argument(format!("The entity with a name = '{name}' was not found."))
        })?;
        names.push(name.to_owned());
        values.push(data.rows(table.number).len());
    }
    Ok(Reply::value(&json!({
        "@odata.context": context("RetrieveTotalRecordCountResponse"),
        "EntityRecordCountCollection": {
            "Count": names.len(), "IsReadOnly": false, "Keys": names, "Values": values,
        },
    })))
}
