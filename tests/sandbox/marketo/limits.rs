//! The limits: window, quota, sizes; the statistics; and the fault dial.

use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code};

const PATH: &str = "/rest/v1/activities/types.json";

#[tokio::test(start_paused = true)]
async fn the_hundred_and_first_call_within_20_seconds_is_606() {
    let options = InstanceOptions {
        limits_on: true,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    for _ in 0..100 {
        assert_eq!(server.get(PATH).await["success"], true);
    }
    let answer = server.get(PATH).await;
    assert_eq!(
        answer["errors"],
        json!([{"code": "606", "message": "Max rate limit '100' exceeded with in '20' secs"}])
    );
    tokio::time::advance(Duration::from_millis(20_001)).await;
    assert_eq!(server.get(PATH).await["success"], true);
}

#[tokio::test(start_paused = true)]
async fn the_daily_quota_is_607_until_midnight_us_central() {
    let options = InstanceOptions {
        limits_on: true,
        daily_quota: 3,
        ..Default::default()
    };
    let mut server = Server::direct(options).await;
    for _ in 0..3 {
        assert_eq!(server.get(PATH).await["success"], true);
    }
    assert_eq!(code(&server.get(PATH).await), "607");
    // It is 09:00 UTC, 03:00 in US Central: 21 hours to go.
    tokio::time::advance(Duration::from_secs(21 * 3600 - 1)).await;
    server.login().await;
    assert_eq!(code(&server.get(PATH).await), "607");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(server.get(PATH).await["success"], true);
}

#[tokio::test(start_paused = true)]
async fn the_eleventh_call_in_flight_is_615() {
    let options = InstanceOptions {
        limits_on: true,
        latency: Duration::from_secs(1),
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let calls = (0..12).map(|_| server.get(PATH));
    let answers = futures_util::future::join_all(calls).await;
    let refused = answers.iter().filter(|answer| answer["success"] == false);
    let codes: Vec<&str> = refused.map(code).collect();
    assert_eq!(codes, ["615", "615"]);
    assert_eq!(server.get(PATH).await["success"], true);
}

#[tokio::test(start_paused = true)]
async fn statistics_count_what_costs_and_what_failed() {
    let mut server = Server::direct(InstanceOptions::default()).await;
    server.get(PATH).await;
    server.get("/rest/v1/nowhere.json").await;
    let token = std::mem::replace(&mut server.token, "wrong".to_owned());
    assert_eq!(code(&server.get(PATH).await), "601");
    server.token = token;
    let usage = server.get("/rest/v1/stats/usage.json").await;
    assert_eq!(
        usage["result"],
        json!([{"date": "2026-08-17", "total": 2,
                "users": [{"userId": "sync-engine@example.com", "count": 2}]}]),
        "601 is free, and this call is not yet counted"
    );
    let errors = server.get("/rest/v1/stats/errors.json").await;
    assert_eq!(
        errors["result"],
        json!([{"date": "2026-08-17", "total": 2,
                "errors": [{"errorCode": "601", "count": 1}, {"errorCode": "610", "count": 1}]}])
    );
    let week = server.get("/rest/v1/stats/usage/last7days.json").await;
    assert_eq!(week["result"].as_array().unwrap().len(), 7);
    assert_eq!(week["result"][0]["total"], 4);
}

#[tokio::test]
async fn sizes_answer_413_and_414() {
    let server = Server::usual().await;
    let long = format!(
        "/rest/v1/leads.json?filterType=email&filterValues={}",
        "x".repeat(8200)
    );
    assert_eq!(server.raw_get(&long).await.status, 414);
    let bearer = format!("Bearer {}", server.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let raw = server
        .send(
            "POST",
            "/rest/v1/leads.json",
            &headers,
            vec![b' '; 1_048_577],
        )
        .await;
    assert_eq!(raw.status, 413);
    assert!(serde_json::from_slice::<serde_json::Value>(raw.text().as_bytes()).is_err());
}

#[tokio::test]
async fn answers_are_compressed_when_asked() {
    let server = Server::usual().await;
    let bearer = format!("Bearer {}", server.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept-encoding", "gzip"),
    ];
    let raw = server
        .send("GET", "/rest/v1/leads/describe.json", &headers, "")
        .await;
    assert_eq!(raw.headers["content-encoding"], "gzip");
    assert_eq!(raw.body[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn each_code_of_the_fault_dial_refuses_with_that_code() {
    let mut server = Server::usual().await;
    for wanted in [
        "606", "607", "615", "601", "602", "604", "608", "611", "713",
    ] {
        server.dial(&format!("{wanted}=1"));
        assert_eq!(code(&server.get(PATH).await), wanted);
        server.dial("");
        if wanted.starts_with("60") && (wanted == "601" || wanted == "602") {
            assert_eq!(code(&server.get(PATH).await), "601", "the token is gone");
            server.login().await;
        }
        assert_eq!(server.get(PATH).await["success"], true, "after {wanted}");
    }
    server.dial("5xx=1");
    assert_eq!(server.raw_get(PATH).await.status, 503);
}

#[tokio::test]
async fn a_cut_or_lost_answer_comes_after_the_work_and_a_reset_before_it() {
    let server = Server::usual().await;
    for (fault, people) in [("cut=1", 1), ("lost=1", 2), ("reset=1", 2)] {
        server.dial(fault);
        let bearer = format!("Bearer {}", server.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = json!({"input": [{"email": format!("{people}{fault}@x.example")}]});
        let answer = server
            .try_send(
                "POST",
                "/rest/v1/leads.json",
                &headers,
                body.to_string().into(),
            )
            .await;
        assert!(answer.is_err(), "{fault}");
        assert_eq!(server.instance.people_count(), people, "{fault}");
    }
}

#[tokio::test]
async fn a_partial_batch_skips_one_record() {
    let server = Server::usual().await;
    server.dial("partial=1");
    let input =
        json!([{"email": "a@x.example"}, {"email": "b@x.example"}, {"email": "c@x.example"}]);
    let outcomes = server.sync("createOrUpdate", "email", input).await;
    let skipped = outcomes
        .iter()
        .filter(|outcome| outcome["status"] == "skipped")
        .count();
    assert_eq!((skipped, server.instance.people_count()), (1, 2));
}

#[tokio::test]
async fn a_fault_with_a_count_strikes_so_often_and_no_more() {
    let server = Server::usual().await;
    server.dial("606=x2");
    let mut codes = Vec::new();
    for _ in 0..4 {
        let answer = server.get(PATH).await;
        codes.push(
            answer["errors"][0]["code"]
                .as_str()
                .unwrap_or("ran")
                .to_owned(),
        );
    }
    assert_eq!(codes, ["606", "606", "ran", "ran"]);
}

#[tokio::test]
async fn proxies_pages_and_ends_that_look_whole_come_after_the_work() {
    let server = Server::usual().await;
    for (fault, status, people) in [("html=x1", 502, 1), ("truncated=x1", 200, 2)] {
        server.dial(fault);
        let bearer = format!("Bearer {}", server.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = json!({"input": [{"email": format!("{people}@x.example")}]}).to_string();
        let raw = server
            .send("POST", "/rest/v1/leads.json", &headers, body)
            .await;
        assert_eq!(raw.status, status, "{fault}");
        assert!(
            serde_json::from_slice::<Value>(&raw.body).is_err(),
            "{fault}"
        );
        assert_eq!(server.instance.people_count(), people, "{fault}");
    }
}
