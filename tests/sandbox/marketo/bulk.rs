//! Bulk jobs: states in time, files with checksum and ranges, queues, imports with failures.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Raw, Server, code};

const PEOPLE: &str = "/bulk/v1/leads/export";

async fn direct() -> Server {
    let options = InstanceOptions {
        bulk_time: Duration::from_secs(60),
        ..Default::default()
    };
    Server::direct(options).await
}

fn job() -> Value {
    json!({"fields": ["id", "email", "firstName", "personNotes"], "format": "CSV",
           "columnHeaderNames": {"id": "Marketo Id"},
           "filter": {"createdAt": {"startAt": "2026-08-01T00:00:00Z", "endAt": "2026-08-31T00:00:00Z"}}})
}

async fn create(server: &Server, body: Value) -> String {
    let answer = server.post(&format!("{PEOPLE}/create.json"), body).await;
    assert_eq!(answer["result"][0]["status"], "Created", "{answer}");
    answer["result"][0]["exportId"].as_str().unwrap().to_owned()
}

async fn enqueue(server: &Server, id: &str) -> Value {
    server
        .form(&format!("{PEOPLE}/{id}/enqueue.json"), "")
        .await
}

async fn status(server: &Server, id: &str) -> Value {
    server.get(&format!("{PEOPLE}/{id}/status.json")).await["result"][0].clone()
}

async fn file(server: &Server, id: &str, range: Option<&str>) -> Raw {
    let bearer = format!("Bearer {}", server.token);
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(range.map(|range| ("range", range)));
    server
        .send("GET", &format!("{PEOPLE}/{id}/file.json"), &headers, "")
        .await
}

#[tokio::test(start_paused = true)]
async fn an_extract_runs_through_its_states_and_leaves_a_checked_file() {
    let server = direct().await;
    let ann = server.instance.seed_person(&[
        ("email", json!("a@x.example")),
        ("firstName", json!("Ann, \"A\"")),
        ("personNotes", json!("two\nlines")),
    ]);
    let nobody = server.instance.seed_person(&[]);
    let id = create(&server, job()).await;
    let early = file(&server, &id, None).await;
    assert_eq!(early.status, 404);
    assert!(
        early.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    assert_eq!(enqueue(&server, &id).await["result"][0]["status"], "Queued");
    assert_eq!(code(&enqueue(&server, &id).await), "1029");
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(status(&server, &id).await["status"].clone());
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    assert_eq!(seen, ["Queued", "Processing", "Completed"]);
    let done = status(&server, &id).await;
    let raw = file(&server, &id, None).await;
    assert_eq!(raw.headers["content-type"], "text/csv;charset=UTF-8");
    assert_eq!(
        raw.text(),
        format!(
            "Marketo Id,email,firstName,personNotes\n\
             {ann},a@x.example,\"Ann, \"\"A\"\"\",\"two\nlines\"\n{nobody},null,null,null\n"
        )
    );
    assert_eq!(done["numberOfRecords"], 2);
    assert_eq!(done["fileSize"], raw.body.len());
    assert_eq!(
        done["fileChecksum"],
        format!("sha256:{:x}", Sha256::digest(&raw.body))
    );
    for stamp in ["createdAt", "queuedAt", "startedAt", "finishedAt"] {
        assert!(done[stamp].is_string(), "{stamp}");
    }
    let part = file(&server, &id, Some("bytes=5-12")).await;
    assert_eq!(part.status, 206);
    assert_eq!(
        part.headers["content-range"],
        format!("bytes 5-12/{}", raw.body.len())
    );
    assert_eq!(part.body, raw.body[5..=12]);
    let rest = file(&server, &id, Some("bytes=20-")).await;
    assert_eq!(rest.body, raw.body[20..]);
    let list = server
        .get(&format!("{PEOPLE}.json?status=Queued,Completed"))
        .await;
    assert_eq!(list["result"].as_array().unwrap().len(), 1);
    let list = server.get(&format!("{PEOPLE}.json?status=Queued")).await;
    assert_eq!(list["result"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn two_jobs_run_ten_wait_and_the_eleventh_is_refused() {
    let server = direct().await;
    let mut ids = Vec::new();
    for _ in 0..11 {
        ids.push(create(&server, job()).await);
    }
    for id in &ids[..10] {
        assert_eq!(enqueue(&server, id).await["success"], true);
    }
    assert_eq!(code(&enqueue(&server, &ids[10]).await), "1029");
    tokio::time::advance(Duration::from_secs(60)).await;
    let running = server
        .get(&format!("{PEOPLE}.json?status=Processing"))
        .await;
    assert_eq!(running["result"].as_array().unwrap().len(), 2);
    let cancelled = server
        .form(&format!("{PEOPLE}/{}/cancel.json", ids[9]), "")
        .await;
    assert_eq!(cancelled["result"][0]["status"], "Cancelled");
    assert_eq!(enqueue(&server, &ids[10]).await["success"], true);
}

#[tokio::test(start_paused = true)]
async fn the_days_volume_ends_with_1029() {
    let options = InstanceOptions {
        bulk_time: Duration::ZERO,
        bulk_daily_bytes: 10,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let first = create(&server, job()).await;
    assert_eq!(enqueue(&server, &first).await["success"], true);
    assert_eq!(status(&server, &first).await["status"], "Completed");
    let second = create(&server, job()).await;
    let refused = enqueue(&server, &second).await;
    assert_eq!(code(&refused), "1029");
    assert!(
        refused["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("Export daily quota")
    );
}

#[tokio::test(start_paused = true)]
async fn job_definitions_are_checked() {
    let options = InstanceOptions {
        updated_at_extract: false,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let span = json!({"startAt": "2026-08-01T00:00:00Z", "endAt": "2026-08-17T00:00:00Z"});
    let long = json!({"startAt": "2026-07-01T00:00:00Z", "endAt": "2026-08-17T00:00:00Z"});
    let with = |fields: Value, filter: Value| json!({"fields": fields, "filter": filter});
    for (body, expected) in [
        (
            with(json!(["id", "foo", "bar"]), json!({"createdAt": span})),
            "1003",
        ),
        (with(json!(["id"]), json!({"createdAt": long})), "1003"),
        (with(json!(["id"]), json!({})), "1003"),
        (
            with(json!(["id"]), json!({"createdAt": span, "updatedAt": span})),
            "1003",
        ),
        (with(json!(["id"]), json!({"updatedAt": span})), "1035"),
        (with(json!(["id"]), json!({"smartListId": 5})), "1035"),
        (with(json!(["id"]), json!({"staticListId": 5})), "1013"),
    ] {
        let answer = server.post(&format!("{PEOPLE}/create.json"), body).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }
    let answer = server
        .post(
            &format!("{PEOPLE}/create.json"),
            with(json!(["foo", "id", "bar"]), json!({"createdAt": span})),
        )
        .await;
    assert_eq!(answer["errors"][0]["message"], "Invalid fields [foo, bar]");
}

#[tokio::test(start_paused = true)]
async fn activities_are_extracted_with_their_attributes_as_an_object() {
    let options = InstanceOptions {
        bulk_time: Duration::ZERO,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let person = server
        .instance
        .create_person(&[("email", json!("a@x.example"))], "List import");
    server
        .instance
        .edit_person(person, &[("city", json!("Oslo"))], "Lead update");
    let body = json!({"filter": {"activityTypeIds": [13],
        "createdAt": {"startAt": "2026-08-17T00:00:00Z", "endAt": "2026-08-18T00:00:00Z"}}});
    let made = server
        .post("/bulk/v1/activities/export/create.json", body)
        .await;
    let id = made["result"][0]["exportId"].as_str().unwrap();
    server
        .form(&format!("/bulk/v1/activities/export/{id}/enqueue.json"), "")
        .await;
    let raw = server
        .raw_get(&format!("/bulk/v1/activities/export/{id}/file.json"))
        .await;
    let mut lines = raw.text().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines.remove(0),
        "marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,\
         primaryAttributeValue,attributes"
    );
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(&format!(",{person},2026-08-17T09:00:00Z,13,null,64,City,")));
    assert!(
        lines[0].contains("\"\"New Value\"\":\"\"Oslo\"\""),
        "{}",
        lines[0]
    );
}

/// The file was built in one go, and everybody else waited for it.
#[tokio::test(start_paused = true)]
async fn a_large_file_is_built_part_by_part_and_others_are_served_in_between() {
    let options = InstanceOptions {
        bulk_time: Duration::ZERO,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    for number in 0..12_000 {
        let email = json!(format!("n{number}@x.example"));
        server.instance.seed_person(&[("email", email)]);
    }
    let id = create(&server, job()).await;
    enqueue(&server, &id).await;
    let others = async {
        let mut served = 0;
        for _ in 0..2 {
            let answer = server.get("/rest/v1/leads/partitions.json").await;
            assert_eq!(answer["success"], true);
            served += 1;
        }
        served
    };
    let mut done = Box::pin(status(&server, &id));
    let served = tokio::select! {
        biased;
        _ = &mut done => panic!("nobody was served while the file was built"),
        served = others => served,
    };
    assert_eq!(served, 2);
    let done = done.await;
    assert_eq!(done["status"], "Completed");
    assert_eq!(done["numberOfRecords"], 12_000);
    let raw = file(&server, &id, None).await;
    let text = raw.text();
    let ids: std::collections::BTreeSet<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!((ids.len(), text.lines().count()), (12_000, 12_001));
    let sum = format!("sha256:{:x}", Sha256::digest(&raw.body));
    assert_eq!(done["fileChecksum"], json!(sum));
}
