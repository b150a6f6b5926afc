//! Tokens: how one is got, how long it lives, what a wrong or an old one answers.

use std::time::Duration;

use serde_json::json;
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code};

#[tokio::test]
async fn a_token_comes_by_query_and_by_form_without_an_envelope() {
    let server = Server::usual().await;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        server.instance.client_id(),
        server.instance.client_secret()
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let raw = server
        .send("POST", "/identity/oauth/token", &headers, form)
        .await;
    assert_eq!(
        raw.headers["content-type"],
        "application/json;charset=UTF-8"
    );
    assert_eq!(raw.headers["cache-control"], "no-store");
    let answer = raw.json();
    assert_eq!(
        answer["access_token"],
        server.token.as_str(),
        "both ways give the living token"
    );
    assert_eq!(answer["token_type"], "bearer");
    assert!(answer["expires_in"].as_i64().unwrap() <= 3599);
    assert!(answer["scope"].as_str().unwrap().contains('@'));
    assert!(answer.get("requestId").is_none() && answer.get("success").is_none());
}

#[tokio::test]
async fn wrong_credentials_answer_401_in_oauth_style() {
    let server = Server::usual().await;
    let id = server.instance.client_id();
    for (id, secret, error) in [(id, "no", "invalid_client"), ("x", "y", "unauthorized")] {
        let path = format!(
            "/identity/oauth/token?grant_type=client_credentials&client_id={id}&client_secret={secret}"
        );
        let raw = server.send("GET", &path, &[], "").await;
        assert_eq!(raw.status, 401);
        assert_eq!(raw.json()["error"], error);
        assert!(raw.json()["error_description"].is_string());
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_token_is_given_with_a_shrinking_life_until_its_end() {
    let mut server = Server::direct(InstanceOptions::default()).await;
    let first = server.token.clone();
    tokio::time::advance(Duration::from_secs(3000)).await;
    let answer = server.login().await;
    assert_eq!(answer["access_token"], first.as_str());
    assert_eq!(answer["expires_in"], 599);
    tokio::time::advance(Duration::from_secs(600)).await;
    let answer = server.login().await;
    assert_ne!(answer["access_token"], first.as_str());
    assert_eq!(answer["expires_in"], 3599);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_answers_602_once_and_601_afterwards() {
    let options = InstanceOptions {
        token_life: Duration::from_secs(30),
        ..Default::default()
    };
    let mut server = Server::direct(options).await;
    let path = "/rest/v1/leads/describe.json";
    assert_eq!(server.get(path).await["success"], true);
    tokio::time::advance(Duration::from_secs(31)).await;
    let old = server.token.clone();
    server.login().await;
    let fresh = std::mem::replace(&mut server.token, old);
    let answer = server.get(path).await;
    assert_eq!(
        answer["errors"],
        json!([{"code": "602", "message": "Access token expired"}])
    );
    let answer = server.get(path).await;
    assert_eq!(
        answer["errors"],
        json!([{"code": "601", "message": "Access token invalid"}])
    );
    server.token = fresh;
    assert_eq!(server.get(path).await["success"], true);
}

#[tokio::test]
async fn no_token_is_603_an_unknown_one_601_and_one_in_the_query_is_refused() {
    let server = Server::usual().await;
    let path = "/rest/v1/leads/describe.json";
    let raw = server.send("GET", path, &[], "").await;
    assert_eq!(raw.status, 200, "token trouble is told within a 200");
    assert_eq!(code(&raw.json()), "603");
    let wrong = [("authorization", "Bearer nobody")];
    assert_eq!(
        code(&server.send("GET", path, &wrong, "").await.json()),
        "601"
    );
    let query = format!("{path}?access_token={}", server.token);
    assert_eq!(
        code(&server.send("GET", &query, &[], "").await.json()),
        "603"
    );

    let options = InstanceOptions {
        query_token: true,
        ..Default::default()
    };
    let server = Server::http(options).await;
    let query = format!("{path}?access_token={}", server.token);
    assert_eq!(
        server.send("GET", &query, &[], "").await.json()["success"],
        true
    );
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_two_hex_numbers() {
    let server = Server::usual().await;
    for path in ["/rest/v1/leads/describe.json", "/rest/v1/nowhere.json"] {
        let answer = server.get(path).await;
        let id = answer["requestId"].as_str().unwrap().to_owned();
        let (call, moment) = id.split_once('#').unwrap();
        assert!(u32::from_str_radix(call, 16).is_ok(), "{id}");
        assert!(
            i64::from_str_radix(moment, 16).unwrap() > 1_700_000_000_000,
            "{id}"
        );
    }
}
