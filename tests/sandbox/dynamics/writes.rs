//! Writing rows: preconditions, representations, refusals.

use reqwest::Method;
use serde_json::json;

use super::harness::{Org, assert_code};

/// Header, whether the row is there, status, code: the vendor's table, line by line.
const PRECONDITIONS: [(&str, bool, u16, &str); 10] = [
    ("", true, 204, ""),
    ("", false, 204, ""),
    ("If-Match: *", true, 204, ""),
    ("If-Match: *", false, 404, "0x80040217"),
    ("If-Match: fresh", true, 204, ""),
    ("If-Match: W/\"1\"", true, 412, "0x80060882"),
    ("If-Match: W/\"1\"", false, 404, "0x80040217"),
    ("If-None-Match: *", true, 412, "0x80040237"),
    ("If-None-Match: *", false, 204, ""),
    ("If-None-Match: null", true, 204, ""),
];

#[tokio::test]
async fn preconditions_follow_the_vendors_table() {
    let org = Org::with(10).await;
    for (at, (header, there, status, code)) in PRECONDITIONS.into_iter().enumerate() {
        let id = if there {
            org.lead("Matrix").await
        } else {
            format!("00000000-0000-4000-8000-0000000000{at:02}")
        };
        let here = format!("leads({id})");
        let etag = org.get(&here).await.header("etag").to_owned();
        let header = header.replace("fresh", &etag);
        let headers: Vec<&str> = Some(header.as_str())
            .filter(|h| !h.is_empty())
            .into_iter()
            .collect();
        let got = org
            .patch(&here, &headers, json!({"lastname": "Written"}))
            .await;
        assert_eq!(got.status, status, "{header} {there}: {}", got.text);
        let after = org.get(&here).await;
        if code.is_empty() {
            assert_eq!(after.json()["lastname"], "Written", "{header} {there}");
        } else {
            assert_eq!(got.code(), code, "{header} {there}");
            assert_eq!(
                after.status,
                if there { 200 } else { 404 },
                "{header} {there}"
            );
        }
    }
}

#[tokio::test]
async fn reads_and_deletes_obey_tags_too() {
    let org = Org::with(10).await;
    let id = org.lead("Tagged").await;
    let here = format!("leads({id})");
    let known = format!("If-None-Match: {}", org.get(&here).await.header("etag"));
    let unchanged = org.call(Method::GET, &here, &[&known], None).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    let stale = ["If-Match: W/\"1\""];
    assert_code(
        &org.call(Method::DELETE, &here, &stale, None).await,
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
