//! Writing rows: preconditions, representations, refusals.

use reqwest::Method;
use serde_json::json;

use super::harness::{Org, assert_code};

#[tokio::test]
async fn preconditions_follow_the_vendors_table() {
    let org = Org::with(10).await;
    let id = org.lead("Matrix").await;
    let here = format!("leads({id})");
    let etag = org.get(&here).await.header("etag").to_owned();
    let stale = "If-Match: W/\"1\"".to_owned();
    let fresh = format!("If-Match: {etag}");
    let missing = |n: u8| format!("leads(00000000-0000-4000-8000-0000000000{n:02})");
    let body = || json!({"jobtitle": "CTO", "lastname": "Matrix"});
    assert_code(
        &org.patch(&here, &[&stale], body()).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.patch(&here, &[&fresh], body()).await.status, 204);
    assert_code(
        &org.patch(&here, &[&fresh], body()).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.patch(&here, &["If-Match: *"], body()).await.status, 204);
    assert_code(
        &org.patch(&here, &["If-None-Match: *"], body()).await,
        412,
        "0x80040237",
    );
    assert_eq!(
        org.patch(&here, &["If-None-Match: null"], body())
            .await
            .status,
        204
    );
    assert_code(
        &org.patch(&missing(1), &["If-Match: *"], body()).await,
        404,
        "0x80040217",
    );
    assert_code(
        &org.patch(&missing(1), &[&fresh], body()).await,
        404,
        "0x80040217",
    );
    assert_eq!(org.patch(&missing(1), &[], body()).await.status, 204);
    assert_eq!(org.get(&missing(1)).await.status, 200);
    assert_eq!(
        org.patch(&missing(2), &["If-None-Match: *"], body())
            .await
            .status,
        204
    );
    let etag = org.get(&here).await.header("etag").to_owned();
    let known = format!("If-None-Match: {etag}");
    assert_eq!(
        org.call(Method::GET, &here, &[&known], None).await.status,
        304
    );
    assert_code(
        &org.call(Method::DELETE, &here, &[&stale], None).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.delete(&here).await.status, 204);
    assert_code(&org.delete(&here).await, 404, "0x80040217");
}

#[tokio::test]
async fn representation_returns_the_version_just_produced() {
    let org = Org::with(10).await;
    let prefer = ["Prefer: return=representation"];
    let body = json!({"lastname": "Orton", "subject": "x", "revenue": 1234.5});
    let got = org
        .call(
            Method::POST,
            "leads?$select=lastname,revenue",
            &prefer,
            Some(body.to_string()),
        )
        .await;
    assert_eq!(got.status, 201);
    assert_eq!(got.header("preference-applied"), "return=representation");
    assert!(got.text.contains("\"revenue\":1234.5000"), "{}", got.text);
    assert_eq!(got.json()["@odata.etag"], got.header("etag"));
    let id = got.json()["leadid"].as_str().unwrap().to_owned();
    let path = format!("leads({id})?$select=versionnumber,modifiedon");
    let changed = org.patch(&path, &prefer, json!({"jobtitle": "CEO"})).await;
    assert_eq!(changed.status, 200);
    let version = changed.json()["versionnumber"].as_i64().unwrap();
    assert_eq!(changed.json()["@odata.etag"], format!("W/\"{version}\""));
}

#[tokio::test]
async fn refusals_carry_the_vendors_codes() {
    let org = Org::with(10).await;
    let long = "x".repeat(301);
    let cases = [
        (json!({"lastname": "x", "subject": long}), "0x80044331"),
        (json!({"lastname": "bell\u{7}"}), "0x80040278"),
        (json!({"leadsourcecode": 99}), "0x8004431a"),
        (json!({"leadsourcecode": "Web"}), "0x80048d19"),
        (json!({"numberofemployees": -1}), "0x8004432f"),
        (json!({"nosuchcolumn": 1}), "0x80048d19"),
        (json!({"statecode": 0, "statuscode": 4}), "0x80048408"),
        (
            json!({"nosuch@odata.bind": "/accounts(00000000-0000-0000-0000-000000000000)"}),
            "0x80048d19",
        ),
        (json!({"lastname": 5}), "0x80048d19"),
    ];
    for (body, code) in cases {
        let got = org.post("leads", body.clone()).await;
        assert_eq!(got.code(), code, "{body}: {}", got.text);
        assert_eq!(got.status, 400, "{body}");
    }
    let nobody =
        json!({"parentaccountid@odata.bind": "/accounts(00000000-0000-0000-0000-000000000009)"});
    assert_code(&org.post("leads", nobody).await, 404, "0x80040217");
    assert_code(&org.get("nosuchset").await, 404, "0x80060888");
    let detailed = org
        .get_with(
            "leads(00000000-0000-0000-0000-000000000009)",
            "odata.include-annotations=\"*\"",
        )
        .await;
    let error = &detailed.json()["error"];
    assert_eq!(
        error["@Microsoft.PowerApps.CDS.ErrorDetails.ApiExceptionMessageName"],
        "ObjectDoesNotExist"
    );
}
