//! A table's metadata, put together from the documents the vendor splits it into.

use syncdeck::connectors::dynamics::Table;
use syncdeck::model::{FieldKind, LengthUnit};

use super::script::Script;

const ENTITY: &str = r#"{"@odata.context":"…/$metadata#EntityDefinitions(…)/$entity","MetadataId":"dc65",
  "LogicalName":"lead","EntitySetName":"leads","PrimaryIdAttribute":"leadid","PrimaryNameAttribute":"fullname",
  "ChangeTrackingEnabled":true,"IsOptimisticConcurrencyEnabled":true,
  "DisplayName":{"LocalizedLabels":[{"Label":"Lead","LanguageCode":1033}],"UserLocalizedLabel":{"Label":"Lead","LanguageCode":1033}},
  "Keys":[{"KeyAttributes":["mkto_leadid"],"EntityKeyIndexStatus":"Active","MetadataId":"1dc7"},
          {"KeyAttributes":["emailaddress1"],"EntityKeyIndexStatus":"Pending","MetadataId":"1dc8"}]}"#;

fn attribute(name: &str, kind: &str, rights: (bool, bool, bool), more: &str) -> String {
    let (create, update, read) = rights;
    format!(
        r#"{{"LogicalName":"{name}","AttributeType":"{kind}",
            "AttributeTypeName":{{"Value":"{kind}Type"}},"RequiredLevel":{{"Value":"None","CanBeChanged":true}},
            "IsValidForCreate":{create},"IsValidForUpdate":{update},"IsValidForRead":{read},"AttributeOf":null,
            "DisplayName":{{"LocalizedLabels":[],"UserLocalizedLabel":null}}{more}}}"#
    )
}

fn attributes() -> String {
    const ALL: (bool, bool, bool) = (true, true, true);
    let plain = |name, kind| attribute(name, kind, ALL, "");
    let list = [
        attribute("leadid", "Uniqueidentifier", (true, false, true), ""),
        plain("firstname", "String"),
        plain("emailaddress1", "String"),
        plain("telephone1", "String"),
        plain("websiteurl", "String"),
        plain("description", "Memo"),
        plain("numberofemployees", "Integer"),
        attribute("versionnumber", "BigInt", (false, false, true), ""),
        plain("exchangerate", "Decimal"),
        plain("revenue", "Money"),
        plain("score", "Double"),
        plain("donotemail", "Boolean"),
        attribute("createdon", "DateTime", ALL, ""),
        plain("estimatedclosedate", "DateTime"),
        plain("new_meeting", "DateTime"),
        plain("leadsourcecode", "Picklist"),
        plain("statecode", "State"),
        plain("statuscode", "Status"),
        plain("customerid", "Customer"),
        plain("parentaccountid", "Lookup"),
        plain("new_projectid", "Lookup"),
        plain("ownerid", "Owner"),
        attribute("owneridname", "String", (false, false, true), "")
            .replace(r#""AttributeOf":null"#, r#""AttributeOf":"ownerid""#),
        plain("new_interests", "Virtual").replace("VirtualType", "MultiSelectPicklistType"),
        plain("entityimage", "Virtual"),
        attribute("secret", "String", (true, true, false), ""),
        plain("subject", "String").replace(r#""Value":"None""#, r#""Value":"SystemRequired""#),
    ];
    format!(r#"{{"value":[{}]}}"#, list.join(","))
}

const CASTS: [(&str, &str); 14] = [
    (
        "CRM.StringAttributeMetadata",
        r#"{"value":[
        {"LogicalName":"firstname","MaxLength":450,"FormatName":{"Value":"Text"}},
        {"LogicalName":"subject","MaxLength":300,"FormatName":{"Value":"Text"}},
        {"LogicalName":"telephone1","MaxLength":50,"FormatName":{"Value":"Phone"}},
        {"LogicalName":"websiteurl","MaxLength":200,"FormatName":{"Value":"Url"}},
        {"LogicalName":"emailaddress1","MaxLength":100,"FormatName":{"Value":"Email"}}]}"#,
    ),
    (
        "CRM.MemoAttributeMetadata",
        r#"{"value":[{"LogicalName":"description","MaxLength":4151}]}"#,
    ),
    (
        "CRM.DecimalAttributeMetadata",
        r#"{"value":[{"LogicalName":"exchangerate","Precision":10}]}"#,
    ),
    (
        "CRM.MoneyAttributeMetadata",
        r#"{"value":[{"LogicalName":"revenue","Precision":2}]}"#,
    ),
    (
        "CRM.DoubleAttributeMetadata",
        r#"{"value":[{"LogicalName":"score","Precision":5}]}"#,
    ),
    (
        "CRM.DateTimeAttributeMetadata",
        r#"{"value":[
        {"LogicalName":"createdon","DateTimeBehavior":{"Value":"UserLocal"},"Format":"DateOnly"},
        {"LogicalName":"estimatedclosedate","DateTimeBehavior":{"Value":"DateOnly"}},
        {"LogicalName":"new_meeting","DateTimeBehavior":{"Value":"TimeZoneIndependent"}}]}"#,
    ),
    (
        "CRM.LookupAttributeMetadata",
        r#"{"value":[
        {"LogicalName":"customerid","Targets":["account","contact"]},
        {"LogicalName":"parentaccountid","Targets":["account"]},
        {"LogicalName":"new_projectid","Targets":["new_project"]},
        {"LogicalName":"ownerid","Targets":["systemuser","team"]}]}"#,
    ),
    (
        "CRM.PicklistAttributeMetadata",
        r#"{"value":[{"LogicalName":"leadsourcecode","OptionSet":null,"GlobalOptionSet":{"Options":[
        {"Value":8,"Label":{"LocalizedLabels":[{"Label":"Web","LanguageCode":1033}],"UserLocalizedLabel":null}}]}}]}"#,
    ),
    (
        "CRM.StateAttributeMetadata",
        r#"{"value":[{"LogicalName":"statecode","OptionSet":{"Options":[
        {"Value":0,"DefaultStatus":1,"Label":{"UserLocalizedLabel":{"Label":"Open"}}},
        {"Value":1,"DefaultStatus":3,"Label":{"UserLocalizedLabel":{"Label":"Qualified"}}}]}}]}"#,
    ),
    (
        "CRM.StatusAttributeMetadata",
        r#"{"value":[{"LogicalName":"statuscode","OptionSet":{"Options":[
        {"Value":1,"State":0,"Label":{"UserLocalizedLabel":{"Label":"New"}}},
        {"Value":3,"State":1,"Label":{"UserLocalizedLabel":{"Label":"Qualified"}}}]}}]}"#,
    ),
    (
        "CRM.MultiSelectPicklistAttributeMetadata",
        r#"{"value":[{"LogicalName":"new_interests","OptionSet":{"Options":[
        {"Value":9,"Label":{"UserLocalizedLabel":{"Label":"Golf"}}}]}}]}"#,
    ),
    (
        "CRM.BooleanAttributeMetadata",
        r#"{"value":[{"LogicalName":"donotemail","OptionSet":{
        "TrueOption":{"Value":1,"Label":{"UserLocalizedLabel":{"Label":"Do Not Allow"}}},
        "FalseOption":{"Value":0,"Label":{"UserLocalizedLabel":{"Label":"Allow"}}}}}]}"#,
    ),
    (
        "/ManyToOneRelationships",
        r#"{"value":[
        {"ReferencingAttribute":"customerid","ReferencedEntity":"account","ReferencingEntityNavigationPropertyName":"customerid_account"},
        {"ReferencingAttribute":"customerid","ReferencedEntity":"contact","ReferencingEntityNavigationPropertyName":"customerid_contact"},
        {"ReferencingAttribute":"parentaccountid","ReferencedEntity":"account","ReferencingEntityNavigationPropertyName":"parentaccountid"},
        {"ReferencingAttribute":"new_projectid","ReferencedEntity":"new_project","ReferencingEntityNavigationPropertyName":"new_ProjectId"},
        {"ReferencingAttribute":"ownerid","ReferencedEntity":"owner","ReferencingEntityNavigationPropertyName":"ownerid"}]}"#,
    ),
    (
        "/EntityDefinitions?",
        r#"{"value":[{"LogicalName":"account","EntitySetName":"accounts"},{"LogicalName":"contact","EntitySetName":"contacts"},
        {"LogicalName":"systemuser","EntitySetName":"systemusers"},{"LogicalName":"team","EntitySetName":"teams"},
        {"LogicalName":"new_project","EntitySetName":"new_projects"},{"LogicalName":"odd","EntitySetName":null}]}"#,
    ),
];

fn script() -> Script {
    let attributes = attributes();
    let mut routes = CASTS.to_vec();
    routes.push(("/Attributes?", &attributes));
    routes.push(("(LogicalName='lead')?", ENTITY));
    Script::routes(&routes)
}

async fn lead() -> Table {
    script().dynamics().table("lead").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_type_of_column_is_told_apart() {
    let table = lead().await;
    let kinds: Vec<_> = table
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind))
        .collect();
    let expected = [
        ("createdon", FieldKind::DateTime),
        ("customerid", FieldKind::Lookup),
        ("description", FieldKind::Memo),
        ("donotemail", FieldKind::Boolean),
        ("emailaddress1", FieldKind::Email),
        ("entityimage", FieldKind::Other),
        ("estimatedclosedate", FieldKind::Date),
        ("exchangerate", FieldKind::Decimal),
        ("firstname", FieldKind::Text),
        ("leadid", FieldKind::Id),
        ("leadsourcecode", FieldKind::Option),
        ("new_interests", FieldKind::Options),
        ("new_meeting", FieldKind::WallClock),
        ("new_projectid", FieldKind::Lookup),
        ("numberofemployees", FieldKind::Integer),
        ("ownerid", FieldKind::Lookup),
        ("parentaccountid", FieldKind::Lookup),
        ("revenue", FieldKind::Decimal),
        ("score", FieldKind::Decimal),
        ("statecode", FieldKind::State),
        ("statuscode", FieldKind::Status),
        ("subject", FieldKind::Text),
        ("telephone1", FieldKind::Phone),
        ("versionnumber", FieldKind::Integer),
        ("websiteurl", FieldKind::Url),
    ];
    assert_eq!(
        kinds, expected,
        "shadow and unreadable columns are left out"
    );
}

#[tokio::test(start_paused = true)]
async fn lengths_rights_and_options_are_kept() {
    let table = lead().await;
    let column = |name: &str| table.column(name).unwrap();
    assert_eq!(column("firstname").max_length, Some(450));
    assert_eq!(column("firstname").length_unit, LengthUnit::Utf16);
    assert_eq!(column("description").max_length, Some(4151));
    assert_eq!(column("exchangerate").precision, Some(10));
    assert!(column("subject").required && !column("firstname").required);
    assert!(column("leadid").creatable && !column("leadid").updatable);
    assert!(
        !column("createdon").creatable,
        "flagged writable, yet ignored on write"
    );
    assert!(!column("entityimage").updatable, "not a type we can write");
    assert_eq!(
        column("leadsourcecode").label_of(8),
        Some("Web"),
        "from the shared set"
    );
    assert_eq!(column("donotemail").code_of("do not allow"), Some(1));
    let status = &column("statuscode").options[1];
    assert_eq!((status.code, status.state), (3, Some(1)));
    assert_eq!(column("firstname").label, "firstname", "no label: the name");
}

#[tokio::test(start_paused = true)]
async fn the_table_knows_its_names_keys_and_how_to_bind() {
    let table = lead().await;
    assert_eq!(
        (table.set.as_str(), table.key.as_str()),
        ("leads", "leadid")
    );
    assert_eq!(
        (table.label.as_str(), table.name_column.as_str()),
        ("Lead", "fullname")
    );
    assert!(table.change_tracking && table.optimistic);
    assert_eq!(table.keys[0].columns, ["mkto_leadid"]);
    assert!(table.keys[0].active && !table.keys[1].active);
    let bound = |name: &str| -> Vec<String> {
        let targets = &table.navigation[name];
        targets
            .iter()
            .map(|t| format!("{}={}:{}", t.property, t.table, t.set))
            .collect()
    };
    assert_eq!(
        bound("customerid"),
        [
            "customerid_account=account:accounts",
            "customerid_contact=contact:contacts"
        ]
    );
    assert_eq!(
        bound("ownerid"),
        ["ownerid=systemuser:systemusers", "ownerid=team:teams"]
    );
    assert_eq!(
        bound("new_projectid"),
        ["new_ProjectId=new_project:new_projects"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_fingerprint_changes_with_the_schema_alone() {
    let table = lead().await;
    assert_eq!(table.fingerprint(), lead().await.fingerprint());
    let mut longer = table.clone();
    longer.columns[0].max_length = Some(1);
    assert_ne!(table.fingerprint(), longer.fingerprint());
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_table_is_remembered_for_one_call() {
    let script = script();
    script.route(
        "organizations?",
        r#"{"@Microsoft.Dynamics.CRM.globalmetadataversion":"77","value":[{}]}"#,
    );
    let dynamics = script.dynamics();
    let first = dynamics.table_remembered("lead").await.unwrap();
    let before = dynamics.calls();
    assert_eq!(dynamics.table_remembered("lead").await.unwrap(), first);
    assert_eq!(dynamics.calls() - before, 1);
    script.route(
        "organizations?",
        r#"{"@Microsoft.Dynamics.CRM.globalmetadataversion":"78","value":[{}]}"#,
    );
    dynamics.table_remembered("lead").await.unwrap();
    assert!(dynamics.calls() - before > 10, "the stamp moved: read anew");
}

#[tokio::test(start_paused = true)]
async fn without_a_stamp_a_table_is_remembered_for_a_while() {
    let script = script();
    script.route("organizations?", r#"{"value":[{"name":"Contoso"}]}"#);
    let dynamics = script.dynamics();
    dynamics.table_remembered("lead").await.unwrap();
    let before = dynamics.calls();
    dynamics.table_remembered("lead").await.unwrap();
    assert_eq!(dynamics.calls() - before, 1);
    tokio::time::advance(std::time::Duration::from_secs(901)).await;
    dynamics.table_remembered("lead").await.unwrap();
    assert!(dynamics.calls() - before > 10);
}
