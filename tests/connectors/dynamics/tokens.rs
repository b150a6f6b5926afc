//! Tokens: asked for once, renewed early, renewed when refused, explained when denied, never shown.

use std::time::Duration;

use futures_util::future::join_all;
use syncdeck::config::LimitMode;
use syncdeck::connectors::Trouble;

use super::script::{Answer, ORIGIN, SECRET, Script, fault, json, lead, profile, status};

const EMPTY: &str = r#"{"value":[],"@odata.deltaLink":"https://contoso.crm4.dynamics.com/api/data/v9.2/leads?$deltatoken=1"}"#;

fn empty() -> Answer {
    json(EMPTY)
}

/// The challenge of an expired token: plain text, no JSON.
fn unauthorized() -> Answer {
    status(401, "text/plain", "HTTP Error 401 - Unauthorized: Access is denied").header(
        "www-authenticate",
        "Bearer authorization_uri=https://login.microsoftonline.com/7f2c/oauth2/authorize, resource_id=https://contoso.crm4.dynamics.com/",
    )
}

fn denied(number: u32) -> Answer {
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS{number}: {SECRET} is wrong.","error_codes":[{number}]}}"#
    );
    status(401, "application/json; charset=utf-8", body)
}

#[tokio::test(start_paused = true)]
async fn the_grant_is_asked_for_as_documented() {
    let script = Script::of([empty()]);
    script
        .dynamics()
        .first_page(&lead(), &[], 10)
        .await
        .unwrap();
    let request = &script.token_requests()[0];
    assert_eq!(
        request.uri().to_string(),
        "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token"
    );
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        request.body(),
        "grant_type=client_credentials&client_id=0d3c&client_secret=s%3Bcret%26value\
         &scope=https%3A%2F%2Fcontoso.crm4.dynamics.com%2F.default"
    );
}

#[tokio::test(start_paused = true)]
async fn another_authority_may_be_configured() {
    for (url, names) in [
        (
            "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token",
            "scope=",
        ),
        (
            "https://login.windows.net/t/oauth2/token",
            "resource=https%3A%2F%2Fcontoso.crm4.dynamics.com",
        ),
    ] {
        let script = Script::of([empty()]);
        let mut profile = profile();
        profile.token_url = Some(url.to_owned());
        let dynamics = script.dynamics_with(&profile, LimitMode::Real);
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
        let request = &script.token_requests()[0];
        assert_eq!(request.uri().to_string(), url);
        assert!(String::from_utf8_lossy(request.body()).contains(names));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_at_four_fifths_of_its_life() {
    for lifetime in ["1000", "\"1000\""] {
        let grant =
            format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"short"}}"#);
        let script = Script::of([empty(), empty(), empty()]).tokens([json(grant)]);
        let dynamics = script.dynamics();
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
        tokio::time::advance(Duration::from_secs(799)).await;
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
        assert_eq!(script.token_requests().len(), 1);
        tokio::time::advance(Duration::from_secs(2)).await;
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
        assert_eq!(script.token_requests().len(), 2);
        assert_eq!(
            script.seen()[2].headers()["authorization"],
            "Bearer token-2"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn many_callers_share_one_token_request() {
    let script = Script::routes(&[("leads?", EMPTY)]);
    let (dynamics, table) = (script.dynamics(), lead());
    let calls = (0..20).map(|_| dynamics.first_page(&table, &[], 10));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!((script.token_requests().len(), dynamics.calls()), (1, 20));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_and_the_call_repeated() {
    let script = Script::of([empty(), unauthorized(), empty()]);
    let dynamics = script.dynamics();
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    assert_eq!(script.token_requests().len(), 2);
    assert_eq!(script.url(1), script.url(2));
    assert_eq!(
        script.seen()[2].headers()["authorization"],
        "Bearer token-2"
    );
}

#[tokio::test(start_paused = true)]
async fn many_refusals_of_one_token_renew_it_once() {
    for callers in [4, 20] {
        let script = Script::routes(&[("leads?", EMPTY)]);
        let (dynamics, table) = (script.dynamics(), lead());
        dynamics.first_page(&table, &[], 10).await.unwrap();
        script.revoke("token-1");
        let calls = (0..callers).map(|_| dynamics.first_page(&table, &[], 10));
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        assert_eq!(script.token_requests().len(), 2);
        assert_eq!(
            dynamics.calls(),
            1 + callers + 4,
            "only the four in flight were repeated"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_refused_too_is_a_matter_of_set_up() {
    let script = Script::of([unauthorized(), unauthorized()]);
    let error = script
        .dynamics()
        .first_page(&lead(), &[], 10)
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration);
    assert_eq!((script.seen().len(), script.token_requests().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_authoritys_refusals_say_what_to_do() {
    for (number, words) in [
        (7_000_215, "client secret is wrong"),
        (7_000_222, "expired"),
        (700_016, "client_id"),
        (90_002, "tenant"),
        (500_011, "url"),
        (53_003, "policy"),
        (1, "look up the code"),
    ] {
        let script = Script::default().tokens([denied(number)]);
        let error = script
            .dynamics()
            .first_page(&lead(), &[], 10)
            .await
            .unwrap_err();
        assert_eq!(error.trouble, Trouble::Configuration);
        assert_eq!(error.code, format!("AADSTS{number}"));
        assert!(error.message.contains(words), "{error}");
        assert_eq!(script.token_requests().len(), 1, "asking again is useless");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_authority_is_asked_again() {
    let script = Script::of([empty()]).tokens([
        status(503, "text/html", "<html>").header("retry-after", "7"),
        Answer::Cut,
        Answer::Connect,
    ]);
    let begun = tokio::time::Instant::now();
    script
        .dynamics()
        .first_page(&lead(), &[], 10)
        .await
        .unwrap();
    assert_eq!(script.token_requests().len(), 4);
    assert_eq!(begun.elapsed(), Duration::from_secs(7 + 1 + 2));
}

#[tokio::test(start_paused = true)]
async fn a_live_token_is_used_on_while_the_authority_is_down() {
    let grant = r#"{"expires_in":1000,"access_token":"short"}"#;
    let down = || status(503, "text/html", "");
    let script =
        Script::of([empty(), empty()]).tokens([json(grant), down(), down(), down(), down()]);
    let dynamics = script.dynamics();
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    tokio::time::advance(Duration::from_secs(850)).await;
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    assert_eq!(script.seen()[1].headers()["authorization"], "Bearer short");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_not_used_on_while_the_authority_is_down() {
    let grant = r#"{"expires_in":1000,"access_token":"short"}"#;
    let down = (0..8).map(|_| status(503, "text/html", ""));
    let script = Script::of([empty()]).tokens([json(grant)].into_iter().chain(down));
    let dynamics = script.dynamics();
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    script.revoke("short");
    let error = dynamics.first_page(&lead(), &[], 10).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Retry { wait: None });
    assert_eq!(script.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_no_token_is_told() {
    let script = Script::default().tokens([status(404, "text/html", "<html>")]);
    let error = script
        .dynamics()
        .first_page(&lead(), &[], 10)
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration);
    assert!(error.message.contains("token_url"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn secrets_and_tokens_are_never_shown() {
    let script = Script::of([fault(403, "0x80040220", "no")]).tokens([denied(7_000_215)]);
    let dynamics = script.dynamics();
    let first = dynamics.first_page(&lead(), &[], 10).await.unwrap_err();
    let second = dynamics.first_page(&lead(), &[], 10).await.unwrap_err();
    let shown = format!(
        "{dynamics:?} {first} {first:?} {second} {second:?} {:?}",
        script.seen()[0].headers()
    );
    assert!(
        !shown.contains(SECRET) && !shown.contains("token-2"),
        "{shown}"
    );
    assert!(shown.contains(ORIGIN));
}

#[test]
fn plain_http_is_refused_except_on_loopback() {
    for (url, token_url, allowed) in [
        ("https://contoso.crm4.dynamics.com", None, true),
        ("http://127.0.0.1:8080", None, true),
        ("http://localhost:8080", Some("http://[::1]:1/token"), true),
        ("http://contoso.crm4.dynamics.com", None, false),
        (
            "https://contoso.crm4.dynamics.com",
            Some("http://login.example/token"),
            false,
        ),
        ("contoso", None, false),
        ("ftp://contoso", None, false),
    ] {
        let mut profile = profile();
        profile.url = url.to_owned();
        profile.token_url = token_url.map(str::to_owned);
        let made = syncdeck::connectors::dynamics::Dynamics::new(
            &profile,
            0.7,
            LimitMode::Real,
            std::sync::Arc::new(Script::default()),
            syncdeck::clock::Clock::system(),
        );
        assert_eq!(made.is_ok(), allowed, "{url} {token_url:?}");
    }
}
