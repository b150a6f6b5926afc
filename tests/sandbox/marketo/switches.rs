//! What the vendor's documents leave open, switched the other way.

use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::{InstanceOptions, OpenPoints};

use super::harness::{Server, code, reason};

#[tokio::test(start_paused = true)]
async fn the_open_points_and_product_habits_can_be_switched_on() {
    let open = OpenPoints {
        company_changes_logged: true,
        equal_writes_logged: true,
        scores_only_as_scores: true,
        unasked_changes_shown: true,
        ..Default::default()
    };
    let options = InstanceOptions {
        durable_unsubscribe: true,
        open,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let token = server.since("2026-08-17T09:00:00Z").await;
    let company = json!({"input": [{"externalCompanyId": "C1", "company": "Old"}]});
    server.post("/rest/v1/companies.json", company).await;
    let twin = [
        ("email", json!("t@x.example")),
        ("externalCompanyId", json!("C1")),
    ];
    let people = [
        server.instance.seed_person(&twin),
        server.instance.seed_person(&twin),
    ];
    let company = json!({"input": [{"externalCompanyId": "C1", "company": "New"}]});
    server.post("/rest/v1/companies.json", company).await;
    server
        .instance
        .edit_person(people[0], &[("unsubscribed", json!(true))], "Lead update");
    assert_eq!(
        server.field(people[1], "unsubscribed").await,
        true,
        "one opt-out counts for all"
    );
    server
        .instance
        .edit_person(people[0], &[("leadScore", json!(7))], "Marketo Flow Action");
    server
        .instance
        .edit_person(people[0], &[("leadScore", json!(7))], "Lead update");
    let path = format!("/rest/v1/activities/leadchanges.json?fields=city&nextPageToken={token}");
    let changes = server.get(&path).await;
    let fields: Vec<&Value> = changes["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["fields"][0])
        .collect();
    let names: Vec<&str> = fields
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["company", "company", "unsubscribed", "unsubscribed"]
    );
    assert_eq!(
        (&fields[0]["oldValue"], &fields[0]["newValue"]),
        (&json!("Old"), &json!("New"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_merge_can_be_made_to_write_deletes() {
    let open = OpenPoints {
        merge_writes_deletes: true,
        ..Default::default()
    };
    let server = Server::direct(InstanceOptions {
        open,
        ..Default::default()
    })
    .await;
    let token = server.since("2026-08-17T09:00:00Z").await;
    let people = [
        server.instance.seed_person(&[]),
        server.instance.seed_person(&[]),
    ];
    assert!(server.instance.merge_people(people[0], &[people[1]]));
    let path = format!("/rest/v1/activities/deletedleads.json?nextPageToken={token}");
    assert_eq!(server.get(&path).await["result"][0]["leadId"], people[1]);
}

#[tokio::test(start_paused = true)]
async fn refusals_that_the_documents_leave_open_can_be_switched() {
    let open = OpenPoints {
        unknown_field_skips_record: false,
        too_many_records: 1002,
        create_only_several: 1007,
        company_delete_refused: false,
        ..Default::default()
    };
    let upsert_race = Duration::from_secs(5);
    let server = Server::direct(InstanceOptions {
        upsert_race,
        open,
        ..Default::default()
    })
    .await;
    let company = json!({"input": [{"externalCompanyId": "C1", "company": "Old"}]});
    server.post("/rest/v1/companies.json", company).await;
    server
        .instance
        .seed_person(&[("externalCompanyId", json!("C1"))]);
    let fresh = json!([{"email": "r@x.example"}]);
    let first = server.sync("createOrUpdate", "email", fresh.clone()).await;
    let second = server.sync("createOrUpdate", "email", fresh.clone()).await;
    assert_eq!(
        (&first[0]["status"], &second[0]["status"]),
        (&json!("created"), &json!("created"))
    );
    tokio::time::advance(Duration::from_secs(6)).await;
    let third = server.sync("createOnly", "email", fresh).await;
    assert_eq!(
        reason(&third[0]),
        "1007",
        "closely spaced upserts of one key made two"
    );
    let unknown = json!({"input": [{"email": "u@x.example", "nope": 1}]});
    assert_eq!(
        code(&server.post("/rest/v1/leads.json", unknown).await),
        "1006"
    );
    let many: Vec<Value> = (0..301)
        .map(|n| json!({"email": format!("{n}@x.example")}))
        .collect();
    let many = server
        .post("/rest/v1/leads.json", json!({"input": many}))
        .await;
    assert_eq!(code(&many), "1002");
    let body = json!({"deleteBy": "dedupeFields", "input": [{"externalCompanyId": "C1"}]});
    let gone = server.post("/rest/v1/companies/delete.json", body).await;
    assert_eq!(
        gone["result"][0]["status"], "deleted",
        "its people are left orphaned"
    );
}
