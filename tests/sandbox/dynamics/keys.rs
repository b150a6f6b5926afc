//! Alternate keys, bulk actions and duplicate rules.

use reqwest::Method;
use serde_json::json;

use super::harness::{Got, Org};

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
