//! One row for each promise of the sandbox: what is asked, and what must be in the answer.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Got, Org};

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
        assert!(!found.is_null(), "{promise}: {}", got.text);
        assert!(
            expected == "*" || found.to_string() == expected,
            "{promise}: {found}"
        );
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

fn created(got: &Got) -> String {
    assert!(matches!(got.status, 200 | 201), "{}", got.text);
    got.json()["contactid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn alternate_key_finds_makes_and_refuses_a_second_holder() {
    let org = Org::with(10).await;
    let prefer = ["Prefer: return=representation"];
    let path = "contacts(mkto_leadid=4711)?$select=contactid,mkto_leadid";
    let first = org.patch(path, &prefer, json!({"lastname": "Keyed"})).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.json()["mkto_leadid"], 4711);
    let again = org
        .patch(
            path,
            &prefer,
            json!({"lastname": "Keyed", "mkto_leadid": 9}),
        )
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(
        again.json()["mkto_leadid"],
        4711,
        "key columns in the body are dropped"
    );
    assert_eq!(created(&first), created(&again));
    let bare = org
        .patch("contacts(mkto_leadid=4711)", &[], json!({"nickname": "K"}))
        .await;
    assert!(
        bare.header("odata-entityid")
            .ends_with("contacts(mkto_leadid=4711)")
    );
    let clash = org
        .post("contacts", json!({"lastname": "Twin", "mkto_leadid": 4711}))
        .await;
    assert_eq!((clash.status, clash.code().as_str()), (412, "0x80060892"));
    let undeclared = org.get("contacts(lastname='Keyed')").await;
    assert_eq!(undeclared.status, 400);
    assert!(
        undeclared
            .text
            .contains("The key in the request URI is not valid")
    );
    let nobody = org.get("contacts(mkto_leadid=1)").await;
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "0x80060891"));
}

#[tokio::test]
async fn bulk_actions_are_one_transaction_and_need_the_type() {
    let org = Org::with(10).await;
    let item =
        |name: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.contact", "lastname": name});
    let path = |action: &str| format!("contacts/Microsoft.Dynamics.CRM.{action}");
    let made = org
        .post(
            &path("CreateMultiple"),
            json!({"Targets": [item("A"), item("B")]}),
        )
        .await;
    let ids = made.json()["Ids"].clone();
    assert_eq!(ids.as_array().unwrap().len(), 2, "{}", made.text);
    let mut change = item("A2");
    change["contactid"] = ids[0].clone();
    let updated = org
        .post(&path("UpdateMultiple"), json!({"Targets": [change]}))
        .await;
    assert_eq!(updated.status, 204);
    let mut upsert = item("C");
    upsert["@odata.id"] = json!("contacts(externaluseridentifier='A-1')");
    let upserted = org
        .post(
            &path("UpsertMultiple"),
            json!({"Targets": [upsert.clone(), upsert]}),
        )
        .await;
    assert_eq!(upserted.status, 204, "{}", upserted.text);
    assert_eq!(
        org.get("contacts/$count?$filter=externaluseridentifier eq 'A-1'")
            .await
            .text,
        "1"
    );
    let before = org.get("contacts/$count").await.text;
    let bad = json!({"@odata.type": "Microsoft.Dynamics.CRM.contact", "gendercode": 99});
    let refused = org
        .post(
            &path("CreateMultiple"),
            json!({"Targets": [item("D"), bad]}),
        )
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "0x8004431a")
    );
    assert_eq!(org.get("contacts/$count").await.text, before);
    let untyped = org
        .post(
            &path("CreateMultiple"),
            json!({"Targets": [{"lastname": "E"}]}),
        )
        .await;
    assert_eq!(untyped.code(), "0x80048d19");
}

#[tokio::test]
async fn qualified_lead_becomes_account_contact_and_opportunity() {
    let org = Org::with(10).await;
    let body = json!({"lastname": "Buyer", "firstname": "Ida", "companyname": "Nod Ltd",
        "subject": "Pumps", "emailaddress1": "ida@nod.example"});
    let lead = org.make("leads", body).await;
    let action = format!("leads({lead})/Microsoft.Dynamics.CRM.QualifyLead");
    let all = json!({"CreateAccount": true, "CreateContact": true, "CreateOpportunity": true, "Status": 3});
    let got = org.post(&action, all.clone()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let made = got.json()["value"].clone();
    assert_eq!(made[1]["@odata.type"], "#Microsoft.Dynamics.CRM.contact");
    let contact = org.get(&format!("contacts({})?$select=_originatingleadid_value,emailaddress1&$expand=parentcustomerid_account($select=name,_primarycontactid_value)", made[1]["contactid"].as_str().unwrap())).await.json();
    assert_eq!(contact["_originatingleadid_value"], lead);
    assert_eq!(contact["emailaddress1"], "ida@nod.example");
    assert_eq!(contact["parentcustomerid_account"]["name"], "Nod Ltd");
    assert_eq!(
        contact["parentcustomerid_account"]["_primarycontactid_value"],
        made[1]["contactid"]
    );
    let after = org.get(&format!("leads({lead})?$select=statecode,statuscode,_parentcontactid_value,_qualifyingopportunityid_value")).await.json();
    assert_eq!(
        (&after["statecode"], &after["statuscode"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(after["_parentcontactid_value"], made[1]["contactid"]);
    assert_eq!(
        after["_qualifyingopportunityid_value"],
        made[2]["opportunityid"]
    );
    assert_eq!(org.post(&action, all).await.code(), "0x80040519");
    let missing = org.post(&action, json!({"CreateAccount": true})).await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (400, "0x80040203")
    );
}

#[tokio::test]
async fn merged_row_is_deactivated_marked_and_kept() {
    let org = Org::with(10).await;
    let keep = org.make("contacts", json!({"lastname": "Keep"})).await;
    let lose = org
        .make(
            "contacts",
            json!({"lastname": "Lose", "jobtitle": "CFO", "mkto_leadid": 5}),
        )
        .await;
    let row = |id: &str| json!({"contactid": id, "@odata.type": "Microsoft.Dynamics.CRM.contact"});
    let body = json!({"Target": row(&keep), "Subordinate": row(&lose), "PerformParentingChecks": false,
        "UpdateContent": {"nickname": "K", "@odata.type": "Microsoft.Dynamics.CRM.contact"}});
    assert_eq!(org.post("Merge", body.clone()).await.status, 204);
    let select = "$select=lastname,jobtitle,nickname,mkto_leadid,statecode,merged,_masterid_value";
    let kept = org.get(&format!("contacts({keep})?{select}")).await.json();
    assert_eq!(
        (&kept["lastname"], &kept["jobtitle"], &kept["nickname"]),
        (&json!("Keep"), &json!("CFO"), &json!("K"))
    );
    assert_eq!(kept["mkto_leadid"], 5);
    let lost = org.get(&format!("contacts({lose})?{select}")).await.json();
    assert_eq!(
        (
            &lost["statecode"],
            &lost["merged"],
            &lost["_masterid_value"]
        ),
        (&json!(1), &json!(true), &json!(keep))
    );
    assert_eq!(org.post("Merge", body).await.code(), "0x80045304");
    let same =
        json!({"Target": row(&keep), "Subordinate": row(&keep), "PerformParentingChecks": false});
    assert_eq!(org.post("Merge", same).await.code(), "0x80045305");
}

#[tokio::test]
async fn duplicates_are_looked_for_only_when_a_call_says_so() {
    let org = Org::with(10).await;
    let body = || json!({"lastname": "Twin", "emailaddress1": "twin@x.example"});
    org.make("leads", body()).await;
    org.make("leads", body()).await;
    let detect = ["MSCRM.SuppressDuplicateDetection: false"];
    let got = org
        .call(Method::POST, "leads", &detect, Some(body().to_string()))
        .await;
    assert_eq!((got.status, got.code().as_str()), (412, "0x80040333"));
}

#[tokio::test]
async fn references_and_single_values_are_set_and_cleared() {
    let org = Org::with(10).await;
    let account = org.make("accounts", json!({"name": "Ref"})).await;
    let contact = org
        .make("contacts", json!({"lastname": "Ref", "jobtitle": "A"}))
        .await;
    let at = format!("{}/api/data/v9.2/", org.origin);
    let link = format!("accounts({account})/contact_customer_accounts/$ref");
    assert_eq!(
        org.post(
            &link,
            json!({"@odata.id": format!("{at}contacts({contact})")})
        )
        .await
        .status,
        204
    );
    let here = format!("contacts({contact})");
    assert_eq!(
        org.get(&format!("{here}/parentcustomerid_account?$select=name"))
            .await
            .json()["name"],
        "Ref"
    );
    assert_eq!(
        org.get(&format!(
            "accounts({account})/contact_customer_accounts/$count"
        ))
        .await
        .text,
        "1"
    );
    assert_eq!(
        org.delete(&format!("{here}/parentcustomerid_account/$ref"))
            .await
            .status,
        204
    );
    assert_eq!(
        org.get(&format!("{here}/parentcustomerid_account"))
            .await
            .status,
        204
    );
    let put = org
        .call(
            Method::PUT,
            &format!("{here}/jobtitle"),
            &[],
            Some(r#"{"value":"B"}"#.into()),
        )
        .await;
    assert_eq!(put.status, 204);
    assert_eq!(
        org.get(&format!("{here}/jobtitle")).await.json()["value"],
        "B"
    );
    assert_eq!(org.delete(&format!("{here}/jobtitle")).await.status, 204);
    assert_eq!(org.get(&format!("{here}/jobtitle")).await.status, 204);
    let team = org.get("teams?$select=teamid&$top=1").await.json()["value"][0]["teamid"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = org.get("WhoAmI").await.json()["UserId"]
        .as_str()
        .unwrap()
        .to_owned();
    let members = format!("teams({team})/teammembership_association");
    assert_eq!(
        org.post(
            &format!("{members}/$ref"),
            json!({"@odata.id": format!("{at}systemusers({user})")})
        )
        .await
        .status,
        204
    );
    assert_eq!(org.get(&format!("{members}/$count")).await.text, "5");
    assert_eq!(
        org.delete(&format!("{members}({user})/$ref")).await.status,
        204
    );
    assert_eq!(org.get(&format!("{members}/$count")).await.text, "4");
}

#[tokio::test]
async fn impersonated_user_signs_and_the_application_stands_behind() {
    let org = Org::with(10).await;
    let human = org.get("systemusers?$select=systemuserid,azureactivedirectoryobjectid&$filter=lastname eq 'Quek'").await.json()["value"][0].clone();
    let me = org.get("WhoAmI").await.json()["UserId"].clone();
    let id = org.lead("Proxy").await;
    let header = format!(
        "CallerObjectId: {}",
        human["azureactivedirectoryobjectid"].as_str().unwrap()
    );
    org.patch(
        &format!("leads({id})"),
        &[&header],
        json!({"jobtitle": "x"}),
    )
    .await;
    let row = org
        .get(&format!(
            "leads({id})?$select=_modifiedby_value,_modifiedonbehalfby_value,_createdby_value"
        ))
        .await
        .json();
    assert_eq!(row["_modifiedby_value"], human["systemuserid"]);
    assert_eq!(
        (&row["_modifiedonbehalfby_value"], &row["_createdby_value"]),
        (&me, &me)
    );
}
