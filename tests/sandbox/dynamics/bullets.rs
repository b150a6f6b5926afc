//! One row for each promise of the sandbox: what is asked, and what must be in the answer.

use serde_json::Value;

use super::harness::Org;

/// A promise, a GET that shows it, and a pointer into the answer with the value expected there.
const READS: [(&str, &str, &str, &str); 24] = [
    ("service document", "", "/value/0/kind", "\"EntitySet\""),
    ("table lead", "leads/$count", "", "30"),
    ("table contact", "contacts/$count", "", "20"),
    ("table account", "accounts/$count", "", "8"),
    (
        "table systemuser",
        "systemusers?$select=fullname&$filter=isdisabled eq false&$orderby=fullname desc&$top=1",
        "/value/0/fullname",
        "\"Veronica Quek\"",
    ),
    (
        "table team",
        "teams?$select=name&$orderby=name&$top=1",
        "/value/0/name",
        "\"Enterprise Sales\"",
    ),
    (
        "team membership",
        "teams?$select=name&$orderby=name&$top=1&$expand=teammembership_association($select=fullname;$filter=lastname eq 'Quek')",
        "/value/0/teammembership_association/0/fullname",
        "\"Veronica Quek\"",
    ),
    ("team membership rows", "teammemberships/$count", "", "12"),
    (
        "table opportunity",
        "opportunities?$select=name,estimatedvalue&$top=1&$filter=_customerid_value ne null",
        "/value/0/@odata.etag",
        "*",
    ),
    (
        "stakeholder connections",
        "connections?$select=_record2id_value&$top=1&$expand=record2roleid($select=name,category),record1id_opportunity($select=name)",
        "/value/0/record2roleid/category",
        "1000",
    ),
    (
        "custom table of contacts",
        "new_registrations?$select=new_name&$expand=new_Contact($select=fullname)&$top=1",
        "/value/0/new_Contact/contactid",
        "*",
    ),
    (
        "custom table two levels below account",
        "new_assets?$select=new_serial&$top=1&$expand=new_Site($select=new_name;$expand=new_Account($select=name))",
        "/value/0/new_Site/new_Account/name",
        "*",
    ),
    (
        "filter over two levels",
        "new_assets/$count?$filter=new_Site/new_Account/name ne null",
        "",
        "2",
    ),
    (
        "collections in filters",
        "accounts/$count?$filter=new_account_new_site_Account/any(s:s/new_name eq 'Site 0')",
        "",
        "1",
    ),
    (
        "count is capped but exact below",
        "leads?$select=leadid&$count=true&$top=1",
        "/@odata.count",
        "30",
    ),
    (
        "keys of a table",
        "EntityDefinitions(LogicalName='contact')/Keys?$select=KeyAttributes&$filter=SchemaName eq 'externaluseridentifier_key'",
        "/value/0/KeyAttributes/0",
        "\"externaluseridentifier\"",
    ),
    (
        "relationships with right-cased names",
        "EntityDefinitions(LogicalName='new_registration')/ManyToOneRelationships?$select=ReferencingEntityNavigationPropertyName&$filter=ReferencingAttribute eq 'new_contact'",
        "/value/0/ReferencingEntityNavigationPropertyName",
        "\"new_Contact\"",
    ),
    (
        "global option sets",
        "GlobalOptionSetDefinitions(Name='new_leadsource')",
        "/Options/7/Label/UserLocalizedLabel/Label",
        "\"Web\"",
    ),
    (
        "state options",
        "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='statecode')/Microsoft.Dynamics.CRM.StateAttributeMetadata?$expand=OptionSet",
        "/OptionSet/Options/1/Label/UserLocalizedLabel/Label",
        "\"Qualified\"",
    ),
    (
        "record counts",
        "RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[%22lead%22,%22contact%22]",
        "/EntityRecordCountCollection/Values/0",
        "30",
    ),
    (
        "single value",
        "organizations(5d1b2c40-11aa-4d0e-8f5e-6a1c3b2d0001)/name",
        "/value",
        "\"Contoso\"",
    ),
    (
        "raw value",
        "organizations(5d1b2c40-11aa-4d0e-8f5e-6a1c3b2d0001)/name/$value",
        "",
        "Contoso",
    ),
    (
        "upper-case ids and braces",
        "organizations({5D1B2C40-11AA-4D0E-8F5E-6A1C3B2D0001})?$select=name",
        "/name",
        "\"Contoso\"",
    ),
    (
        "paging cookie of FetchXML",
        "leads?fetchXml=<fetch count=\"10\"><entity name=\"lead\"><attribute name=\"fullname\"/></entity></fetch>",
        "/@Microsoft.Dynamics.CRM.fetchxmlpagingcookie",
        "*",
    ),
];

#[tokio::test]
async fn every_promised_read_is_kept() {
    let org = Org::with(50).await;
    for (promise, path, pointer, expected) in READS {
        let got = org.get(path).await;
        assert_eq!(got.status, 200, "{promise}: {}", got.text);
        if pointer.is_empty() {
            assert_eq!(got.text, expected, "{promise}");
            continue;
        }
        let body = got.json();
        let found = body.pointer(pointer).unwrap_or(&Value::Null);
        let text = found.to_string();
        assert!(!found.is_null(), "{promise}: {}", got.text);
        assert!(expected == "*" || text == expected, "{promise}: {found}");
    }
}

#[tokio::test]
async fn metadata_document_names_tables_keys_and_navigation() {
    let org = Org::with(10).await;
    let got = org.get("$metadata").await;
    assert!(got.header("content-type").starts_with("application/xml"));
    for part in [
        "<EntityType Name=\"lead\"",
        "<PropertyRef Name=\"leadid\" />",
        "<Property Name=\"_parentcustomerid_value\" Type=\"Edm.Guid\" />",
        "<NavigationProperty Name=\"parentcustomerid_account\" Type=\"mscrm.account\"",
        "<EntitySet Name=\"leads\" EntityType=\"Microsoft.Dynamics.CRM.lead\">",
    ] {
        assert!(got.text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn annotations_come_only_when_asked_for_and_never_for_nothing() {
    let org = Org::with(20).await;
    let path = "contacts?$select=statecode,_parentcustomerid_value,birthdate,fax&$top=1";
    let plain = org.get(path).await;
    assert!(!plain.text.contains("FormattedValue"));
    let row = org
        .get_with(path, "odata.include-annotations=\"*\"")
        .await
        .json()["value"][0]
        .clone();
    assert_eq!(
        row["statecode@OData.Community.Display.V1.FormattedValue"],
        "Active"
    );
    assert_eq!(
        row["_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"],
        "account"
    );
    assert_eq!(
        row["_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"],
        "parentcustomerid_account"
    );
    assert!(row["_parentcustomerid_value@OData.Community.Display.V1.FormattedValue"].is_string());
    assert!(
        row.get("fax@OData.Community.Display.V1.FormattedValue")
            .is_none()
    );
    assert!(row["fax"].is_null());
}
