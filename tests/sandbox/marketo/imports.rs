//! Import jobs: their states, the rows they write, the failures they keep.

use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code};

async fn direct() -> Server {
    let options = InstanceOptions {
        bulk_time: Duration::from_secs(60),
        ..Default::default()
    };
    Server::direct(options).await
}

async fn import(server: &Server, path: &str, file: &str) -> Value {
    let bearer = format!("Bearer {}", server.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=XyZ"),
    ];
    let body = format!(
        "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n--XyZ--\r\n"
    );
    server.send("POST", path, &headers, body).await.json()
}

#[tokio::test(start_paused = true)]
async fn an_import_writes_its_rows_and_keeps_the_failed_ones() {
    let server = direct().await;
    let known = server
        .instance
        .seed_person(&[("email", json!("k@x.example")), ("city", json!("Old"))]);
    let file = "email,firstName,city,numberOfEmployees\r\nk@x.example,\"Kim, K\",,12\r\n\
                n@x.example,Nell,Oslo,\r\nb@x.example,Bob,Rome,many\r\n";
    let made = import(&server, "/bulk/v1/leads.json?format=csv", file).await;
    let batch = made["result"][0]["batchId"].as_i64().unwrap();
    assert_eq!(
        made["result"],
        json!([{"batchId": batch, "importId": batch.to_string(), "status": "Queued"}])
    );
    let path = format!("/bulk/v1/leads/batch/{batch}");
    tokio::time::advance(Duration::from_secs(60)).await;
    let during = server.get(&format!("{path}.json")).await;
    assert_eq!(during["result"][0]["status"], "Importing");
    assert_eq!(
        server
            .raw_get(&format!("{path}/failures.json"))
            .await
            .status,
        404
    );
    tokio::time::advance(Duration::from_secs(60)).await;
    let done = server.get(&format!("{path}.json")).await["result"][0].clone();
    assert_eq!(done["status"], "Complete");
    assert_eq!(
        (&done["numOfLeadsProcessed"], &done["numOfRowsFailed"]),
        (&json!(2), &json!(1))
    );
    assert!(done["message"].as_str().unwrap().contains("1 failed"));
    assert_eq!(server.field(known, "firstName").await, "Kim, K");
    assert_eq!(
        server.field(known, "city").await,
        Value::Null,
        "an empty cell clears"
    );
    let failures = server
        .raw_get(&format!("{path}/failures.json"))
        .await
        .text();
    assert!(failures.starts_with("email,firstName,city,numberOfEmployees,Import Failure Reason\n"));
    assert!(
        failures.contains("b@x.example,Bob,Rome,many,"),
        "{failures}"
    );
    assert_eq!(server.instance.people_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn ten_imports_wait_and_bad_files_are_refused() {
    let server = direct().await;
    assert_eq!(
        code(&server.form("/bulk/v1/leads.json?format=csv", "x=1").await),
        "612"
    );
    let bad = import(&server, "/bulk/v1/leads.json?format=xml", "email\n").await;
    assert_eq!(code(&bad), "1003");
    let bad = import(
        &server,
        "/bulk/v1/leads.json?format=csv&lookupField=zzz",
        "email\n",
    )
    .await;
    assert_eq!(code(&bad), "1006");
    for _ in 0..10 {
        let ok = import(
            &server,
            "/bulk/v1/leads.json?format=csv",
            "email\na@x.example\n",
        )
        .await;
        assert_eq!(ok["success"], true);
    }
    let eleventh = import(&server, "/bulk/v1/leads.json?format=csv", "email\n").await;
    assert_eq!(code(&eleventh), "1016");
}

#[tokio::test(start_paused = true)]
async fn custom_objects_are_imported_and_extracted() {
    let options = InstanceOptions {
        bulk_time: Duration::ZERO,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let schema = "/rest/v1/customobjects/schema";
    let body = json!({"action": "createOnly", "apiName": "asset", "displayName": "Asset"});
    server.post(&format!("{schema}.json"), body).await;
    let field =
        json!({"name": "no", "displayName": "No", "dataType": "string", "isDedupeField": true});
    server
        .post(
            &format!("{schema}/asset/addField.json"),
            json!({"input": [field]}),
        )
        .await;
    server
        .post(&format!("{schema}/asset/approve.json"), json!({}))
        .await;
    let made = import(
        &server,
        "/bulk/v1/customobjects/asset_c/import.json?format=csv",
        "no\nA1\nA2\n",
    )
    .await;
    let batch = made["result"][0]["batchId"].clone();
    let path = format!("/bulk/v1/customobjects/asset_c/import/{batch}");
    let done = server.get(&format!("{path}/status.json")).await["result"][0].clone();
    assert_eq!(
        (
            &done["operation"],
            &done["objectApiName"],
            &done["numOfObjectsProcessed"]
        ),
        (&json!("import"), &json!("asset_c"), &json!(2))
    );
    assert_eq!(
        server
            .raw_get(&format!("{path}/failures.json"))
            .await
            .status,
        404
    );
    let body = json!({"fields": ["no"], "filter": {"updatedAt":
        {"startAt": "2026-08-17T00:00:00Z", "endAt": "2026-08-18T00:00:00Z"}}});
    let base = "/bulk/v1/customobjects/asset_c/export";
    let made = server.post(&format!("{base}/create.json"), body).await;
    let id = made["result"][0]["exportId"].as_str().unwrap();
    server.form(&format!("{base}/{id}/enqueue.json"), "").await;
    let raw = server.raw_get(&format!("{base}/{id}/file.json")).await;
    assert_eq!(raw.text(), "no\nA1\nA2\n");
}
