//! Answers compared with documents written from the reference: same members, same shapes.

use serde_json::{Value, json};

use super::harness::{Org, walk};

/// Whether `got` has everything `wanted` has: `"*"` stands for any text, `"#"` for any number.
fn fits(got: &Value, wanted: &Value, path: &str) {
    match wanted {
        Value::String(any) if any == "*" => assert!(got.is_string(), "{path}: {got}"),
        Value::String(any) if any == "#" => assert!(got.is_number(), "{path}: {got}"),
        Value::Object(members) => {
            for (name, value) in members {
                let member = got
                    .get(name)
                    .unwrap_or_else(|| panic!("{path}/{name} is missing: {got}"));
                fits(member, value, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                fits(&got[at], item, &format!("{path}/{at}"));
            }
        }
        other => assert_eq!(got, other, "{path}"),
    }
}

#[tokio::test]
async fn answers_have_the_members_of_the_documents() {
    let org = Org::with(50).await;
    let root = format!("{}/api/data/v9.2/", org.origin);
    let cases = [
        (
            "WhoAmI",
            json!({"@odata.context": format!("{root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"), "BusinessUnitId": "*", "UserId": "*", "OrganizationId": "*"}),
        ),
        (
            "RetrieveVersion()",
            json!({"@odata.context": format!("{root}$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse"), "Version": "*"}),
        ),
        (
            "RetrieveCurrentOrganization(AccessType=@p1)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
            json!({"Detail": {"OrganizationId": "*", "FriendlyName": "*", "OrganizationVersion": "*", "EnvironmentId": "*", "DatacenterId": "*", "Geo": "*", "TenantId": "*", "UrlName": "*", "UniqueName": "*", "State": "*", "Endpoints": {"Count": "#", "IsReadOnly": false, "Keys": ["*"], "Values": ["*"]}}}),
        ),
        (
            "leads?$select=lastname&$top=1",
            json!({"@odata.context": format!("{root}$metadata#leads(lastname)"), "value": [{"@odata.etag": "*", "lastname": "*", "leadid": "*"}]}),
        ),
        (
            "EntityDefinitions(LogicalName='lead')?$select=EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled&$expand=Keys($select=KeyAttributes,EntityKeyIndexStatus)",
            json!({"@odata.context": "*", "EntitySetName": "leads", "PrimaryIdAttribute": "leadid", "ChangeTrackingEnabled": true, "MetadataId": "*", "Keys": [{"KeyAttributes": ["*"], "EntityKeyIndexStatus": "Active", "MetadataId": "*"}]}),
        ),
        (
            "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='createdon')",
            json!({"@odata.type": "#Microsoft.Dynamics.CRM.DateTimeAttributeMetadata", "Format": "DateOnly", "DateTimeBehavior": {"Value": "UserLocal"}, "IsValidForCreate": false}),
        ),
        (
            "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='revenue')",
            json!({"AttributeType": "Money", "Precision": 2, "PrecisionSource": 2, "MinValue": "#", "MaxValue": "#"}),
        ),
        (
            "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='customerid')",
            json!({"AttributeType": "Customer", "Targets": ["account", "contact"]}),
        ),
    ];
    for (path, wanted) in cases {
        let got = org.get(path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        fits(&got.json(), &wanted, path);
    }
}

#[tokio::test]
async fn refusals_and_tombstones_have_the_members_of_the_documents() {
    let org = Org::with(50).await;
    let root = format!("{}/api/data/v9.2/", org.origin);
    let id = org.lead("Document").await;
    let missing = org
        .get("contacts(0b1c0000-0000-4000-8000-000000000000)")
        .await;
    fits(
        &missing.json(),
        &json!({"error": {"code": "0x80040217", "message": "contact With Id = 0b1c0000-0000-4000-8000-000000000000 Does Not Exist"}}),
        "missing",
    );
    assert!(!missing.header("req_id").is_empty());
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    org.delete(&format!("leads({id})")).await;
    let delta = org.get(&link.unwrap()).await.json();
    fits(
        &delta,
        &json!({"@odata.context": format!("{root}$metadata#leads(lastname)/$delta"), "@odata.deltaLink": "*"}),
        "delta",
    );
    assert_eq!(
        delta["value"],
        json!([{"@odata.context": format!("{root}$metadata#leads/$deletedEntity"), "id": id, "reason": "deleted"}])
    );
}

#[tokio::test]
async fn every_kind_of_value_has_its_own_wire_form() {
    let org = Org::with(10).await;
    let body = json!({
        "lastname": "Types", "birthdate": "1980-02-29", "creditlimit": 20000, "new_interests": "9, 1",
        "numberofchildren": 2, "address1_latitude": 48.137, "donotemail": true, "gendercode": 2,
        "mkt_lastinterestingmomentdate": "2031-02-03T05:05:06.789+01:00", "description": "two\nlines",
    });
    let id = org.make("contacts", body).await;
    let got = org.get(&format!("contacts({id})")).await;
    for part in [
        "\"birthdate\":\"1980-02-29\"",
        "\"creditlimit\":20000.0000",
        "\"creditlimit_base\":20000.0000",
        "\"new_interests\":\"1,9\"",
        "\"numberofchildren\":2",
        "\"address1_latitude\":48.137",
        "\"donotemail\":true",
        "\"gendercode\":2",
        "\"mkt_lastinterestingmomentdate\":\"2031-02-03T04:05:06Z\"",
        "\"description\":\"two\\nlines\"",
        "\"fullname\":\"Types\"",
        "\"statecode\":0",
        "\"jobtitle\":null",
    ] {
        assert!(got.text.contains(part), "{part} in {}", got.text);
    }
    assert!(got.json()["_transactioncurrencyid_value"].is_string());
    let ticket = json!({"new_name": "E", "new_price": 12.345, "new_startsat": "2026-07-01T09:00:00Z", "new_score": 1.5});
    let id = org.make("new_registrations", ticket).await;
    let row = org
        .get(&format!(
            "new_registrations({id})?$select=new_price,new_startsat,new_score"
        ))
        .await;
    assert!(row.text.contains("\"new_price\":12.35"), "{}", row.text);
    assert!(
        row.text
            .contains("\"new_startsat\":\"2026-07-01T09:00:00Z\""),
        "{}",
        row.text
    );
    let cleared = org
        .patch(
            &format!("new_registrations({id})"),
            &[],
            json!({"new_name": ""}),
        )
        .await;
    assert_eq!(cleared.status, 204);
    let empty = org
        .get(&format!("new_registrations({id})?$select=new_name"))
        .await
        .json();
    assert!(
        empty["new_name"].is_null(),
        "an empty text is stored as no value"
    );
}
