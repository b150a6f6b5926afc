//! Definitions of tables, columns and choices.

use std::collections::BTreeSet;

use serde_json::json;

use super::harness::Org;

#[tokio::test]
async fn definitions_tell_names_types_lengths_and_choices() {
    let org = Org::with(10).await;
    let lead = org.get("EntityDefinitions(LogicalName='lead')?$select=EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled&$expand=Keys($select=KeyAttributes,EntityKeyIndexStatus)").await.json();
    assert_eq!(lead["EntitySetName"], "leads");
    assert_eq!(lead["PrimaryIdAttribute"], "leadid");
    assert_eq!(lead["Keys"][0]["KeyAttributes"], json!(["mkto_leadid"]));
    assert!(lead.get("Attributes").is_none());
    let tracked = org.get("EntityDefinitions?$select=LogicalName&$filter=ChangeTrackingEnabled eq true and CanChangeTrackingBeEnabled/Value eq true").await.json();
    let names: BTreeSet<&str> = tracked["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["LogicalName"].as_str().unwrap())
        .collect();
    assert!(
        names.contains("lead") && !names.contains("organization"),
        "{names:?}"
    );
    let attributes = "EntityDefinitions(LogicalName='lead')/Attributes";
    let text = org.get(&format!("{attributes}/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength")).await.json();
    let subject = text["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["LogicalName"] == "subject")
        .unwrap()
        .clone();
    assert_eq!(subject["MaxLength"], 300);
    let status = org.get(&format!("{attributes}/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$select=LogicalName&$expand=OptionSet,GlobalOptionSet")).await.json();
    let options = status["value"][0]["OptionSet"]["Options"]
        .as_array()
        .unwrap();
    assert_eq!(
        (&options[2]["Value"], &options[2]["State"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(
        options[2]["Label"]["UserLocalizedLabel"]["Label"],
        "Qualified"
    );
    let picked = org.get(&format!("{attributes}?$select=LogicalName&$filter=AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'")).await.json();
    assert!(
        picked["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|a| a["LogicalName"] == "leadsourcecode")
    );
}
