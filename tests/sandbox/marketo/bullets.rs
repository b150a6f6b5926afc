//! Each bullet of what the Marketo server promises, proved by plain HTTP requests (`marketo_bullets.json`).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::contract::play;
use super::harness::{Server, code};

const STEPS: &str = include_str!("../marketo_bullets.json");

/// What the steps have to cover.
const BULLETS: [&str; 11] = [
    "identity",
    "envelope",
    "metadata",
    "people",
    "companies, sales persons, opportunities, roles",
    "custom objects and their schema",
    "changes",
    "bulk",
    "static lists",
    "partitions",
    "statistics",
];

#[tokio::test]
async fn every_bullet_is_shown_by_plain_requests() {
    let server = Server::http(InstanceOptions {
        bulk_time: Duration::ZERO,
        partitions: vec!["Default".to_owned(), "EMEA".to_owned()],
        ..InstanceOptions::default()
    })
    .await;
    let steps: Vec<Value> = serde_json::from_str(STEPS).unwrap();
    play(&server, &steps).await;
    let shown: BTreeSet<&str> = steps
        .iter()
        .map(|step| step["bullet"].as_str().unwrap())
        .collect();
    assert_eq!(shown, BTreeSet::from(BULLETS));
}

#[tokio::test]
async fn limits_are_kept_when_switched_on_and_only_counted_when_not() {
    let path = "/rest/v1/leads/partitions.json";
    for (limits_on, daily_quota, wanted) in [
        (true, 50_000, ["ran", "ran", "606"]),
        (true, 1, ["ran", "607", "607"]),
        (false, 1, ["ran", "ran", "ran"]),
    ] {
        let server = Server::http(InstanceOptions {
            limits_on,
            window_calls: 2,
            daily_quota,
            ..InstanceOptions::default()
        })
        .await;
        let mut codes = Vec::new();
        for _ in wanted {
            let answer = server.get(path).await;
            let ran = answer["success"] == true;
            codes.push(if ran {
                "ran".to_owned()
            } else {
                code(&answer).to_owned()
            });
        }
        assert_eq!(codes, wanted);
    }
}

#[tokio::test]
async fn tokens_live_on_shrink_and_end() {
    let mut server = Server::http(InstanceOptions::default()).await;
    let first = server.token.clone();
    let again = server.login().await;
    assert_eq!(again["access_token"], json!(first));
    assert!(again["expires_in"].as_i64().unwrap() <= 3600);
    server.dial("602=x1");
    let path = "/rest/v1/leads/partitions.json";
    assert_eq!(code(&server.get(path).await), "602");
    assert_eq!(code(&server.get(path).await), "601");
    let fresh = server.login().await;
    assert_ne!(fresh["access_token"], json!(first));
    assert_eq!(server.get(path).await["success"], true);
}
