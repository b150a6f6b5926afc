//! Rough callers: whatever is sent, an answer comes back in one of the vendor's forms.

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::Server;

const PATHS: &[&str] = &[
    "/rest/v1/leads.json",
    "/rest/v1/lead/1000001.json",
    "/rest/v1/leads/delete.json",
    "/rest/v1/leads/1000001/merge.json",
    "/rest/v1/leads/schema/fields.json",
    "/rest/v1/leads/schema/fields/email.json",
    "/rest/v1/leads/partitions.json",
    "/rest/v1/leads/push.json",
    "/rest/v1/leads/submitForm.json",
    "/rest/v1/activities.json",
    "/rest/v1/activities/leadchanges.json",
    "/rest/v1/activities/deletedleads.json",
    "/rest/v1/activities/pagingtoken.json",
    "/rest/v1/activities/external.json",
    "/rest/v1/activities/external/type.json",
    "/rest/v1/companies.json",
    "/rest/v1/companies/delete.json",
    "/rest/v1/opportunities/roles.json",
    "/rest/v1/customobjects/schema.json",
    "/rest/v1/customobjects/schema/x/addField.json",
    "/rest/v1/customobjects/x.json",
    "/rest/v1/lists.json",
    "/rest/v1/lists/1/leads.json",
    "/rest/asset/v1/staticLists.json",
    "/bulk/v1/leads.json",
    "/bulk/v1/leads/export/create.json",
    "/bulk/v1/leads/export/x/enqueue.json",
    "/bulk/v1/leads/batch/1.json",
    "/rest/../bulk//./v1",
    "/",
    "/rest/v1/stats/usage.json",
    "/rest/v1/leads/%2e%2e/%ff.json",
    "/identity/oauth/token",
];

const WORDS: &[&str] = &[
    "",
    "id",
    "email",
    "createdAt",
    "1",
    "-1",
    "99999999999999999999",
    "null",
    "a,b,,c",
    "%",
    "==",
    "IE5DA===",
    "2026-08-17T09:00:00Z",
    "9999-99-99",
    "+262143-01-01T00:00:00Z",
    "🙂",
    "true",
    "dedupeFields",
    "idField",
    "updateOnly",
    "createOnly",
    "CSV",
];

const NAMES: &[&str] = &[
    "filterType",
    "filterValues",
    "fields",
    "batchSize",
    "nextPageToken",
    "activityTypeIds",
    "sinceDatetime",
    "id",
    "leadIds",
    "listId",
    "action",
    "lookupField",
    "dedupeBy",
    "name",
    "apiName",
    "displayName",
    "dataType",
    "email",
    "leadId",
    "externalCompanyId",
    "filter",
    "format",
    "createdAt",
    "startAt",
    "endAt",
    "_method",
    "folder",
    "formId",
    "cookie",
];

fn word(rng: &mut fastrand::Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}

fn anything(rng: &mut fastrand::Rng, depth: u8) -> Value {
    match rng.u8(..if depth == 0 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.f64() * 1e300),
        4 => json!(word(rng)),
        5 => (0..rng.usize(..3))
            .map(|_| anything(rng, depth - 1))
            .collect(),
        _ => object(rng, depth - 1),
    }
}

fn object(rng: &mut fastrand::Rng, depth: u8) -> Value {
    let mut members = serde_json::Map::new();
    for _ in 0..rng.usize(..5) {
        members.insert(
            NAMES[rng.usize(..NAMES.len())].to_owned(),
            anything(rng, depth),
        );
    }
    Value::Object(members)
}

fn body(rng: &mut fastrand::Rng) -> String {
    let mut body = object(rng, 2);
    if rng.bool() {
        body["input"] = (0..rng.usize(..4)).map(|_| object(rng, 1)).collect();
    }
    let mut text = body.to_string();
    if rng.u8(..10) == 0 {
        text.truncate(
            text.char_indices()
                .nth(rng.usize(..text.len()))
                .map_or(0, |(at, _)| at),
        );
    }
    text
}

#[tokio::test(start_paused = true)]
async fn no_request_makes_the_server_fall_over() {
    let server = Server::direct(InstanceOptions::default()).await;
    server
        .instance
        .seed_person(&[("email", json!("a@x.example"))]);
    let bearer = format!("Bearer {}", server.token);
    let kinds = [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=b",
    ];
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..6000 {
        let verb = ["GET", "POST", "DELETE", "PUT"][rng.usize(..4)];
        let query: Vec<String> = (0..rng.usize(..4))
            .map(|_| {
                let encoded: String =
                    url::form_urlencoded::byte_serialize(word(&mut rng).as_bytes()).collect();
                format!("{}={encoded}", NAMES[rng.usize(..NAMES.len())])
            })
            .collect();
        let path = format!("{}?{}", PATHS[rng.usize(..PATHS.len())], query.join("&"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", kinds[rng.usize(..4)]),
        ];
        let raw = server.send(verb, &path, &headers, body(&mut rng)).await;
        assert!(raw.status.as_u16() < 500, "{verb} {path}: {}", raw.status);
        if raw.status == 200 && !path.starts_with("/identity") {
            let answer = raw.json();
            assert!(answer["requestId"].is_string(), "{verb} {path}: {answer}");
            assert_eq!(
                answer["success"] == false,
                answer["errors"][0].is_object(),
                "{answer}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_caller_gets_through_a_storm_of_faults() {
    let mut server = Server::direct(InstanceOptions::default()).await;
    let plan = "606=0.05,607=0.02,615=0.05,601=0.03,602=0.03,604=0.05,608=0.05,611=0.05,713=0.05,\
                5xx=0.05,cut=0.05,lost=0.05,reset=0.05,slow=0.1,slow_ms=50,partial=0.2";
    server.dial(plan);
    let mut wanted: Vec<String> = (0..100).map(|n| format!("s{n}@x.example")).collect();
    for _ in 0..200 {
        if wanted.is_empty() {
            break;
        }
        let input: Vec<Value> = wanted.iter().map(|email| json!({"email": email})).collect();
        let body = json!({"lookupField": "email", "input": input}).to_string();
        let bearer = format!("Bearer {}", server.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let raw = server
            .try_send("POST", "/rest/v1/leads.json", &headers, body.into())
            .await;
        let Some(answer) = raw
            .ok()
            .filter(|raw| raw.status == 200)
            .map(|raw| raw.json())
        else {
            continue;
        };
        if let Some(rows) = answer["result"].as_array() {
            let mut rows = rows.iter();
            wanted.retain(|_| rows.next().unwrap()["status"] == "skipped");
        } else if matches!(answer["errors"][0]["code"].as_str(), Some("601" | "602")) {
            server.login().await;
        }
    }
    assert!(wanted.is_empty(), "{} are left", wanted.len());
    assert_eq!(
        server.instance.people_count(),
        100,
        "upserts by key never double"
    );
}
