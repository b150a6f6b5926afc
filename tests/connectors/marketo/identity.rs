//! The token: how it is asked for, shared, renewed and replaced.

use std::time::Duration;

use syncdeck::connectors::Trouble;

use super::script::{Reply, Script, failed, ran, token};

fn usage() -> Reply {
    ran("[]")
}

#[tokio::test(start_paused = true)]
async fn the_secret_travels_in_the_body_and_the_token_only_in_the_header() {
    let script = Script::answering([usage()]).tokens([token("8d4c:sj", 3599)]);
    script.marketo().usage().await.unwrap();
    let asked = &script.asked()[0];
    assert_eq!((asked.method.as_str(), asked.query.as_str()), ("POST", ""));
    assert_eq!(asked.form("grant_type").unwrap(), "client_credentials");
    assert_eq!(asked.form("client_id").unwrap(), "2f1c-client");
    assert_eq!(asked.form("client_secret").unwrap(), "Zx81-secret");
    let sent = &script.sent()[0];
    assert_eq!(sent.authorization.as_deref(), Some("Bearer 8d4c:sj"));
    assert!(!sent.query.contains("access_token"));
}

#[tokio::test(start_paused = true)]
async fn callers_that_start_together_share_one_token_request() {
    let script = Script::answering([usage(), usage(), usage(), usage()]);
    let marketo = script.marketo();
    let (a, b, c, d) = tokio::join!(
        marketo.usage(),
        marketo.usage(),
        marketo.usage(),
        marketo.usage()
    );
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_a_minute_before_the_end_of_its_remaining_life() {
    // Issued to another worker long ago: only ten minutes are left.
    let script = Script::answering([usage(), usage(), usage()]).tokens([token("old", 600)]);
    let marketo = script.marketo();
    marketo.usage().await.unwrap();
    tokio::time::sleep(Duration::from_secs(530)).await;
    marketo.usage().await.unwrap();
    assert_eq!(script.asked().len(), 1);
    tokio::time::sleep(Duration::from_secs(15)).await;
    marketo.usage().await.unwrap();
    assert_eq!(script.asked().len(), 2);
    assert_eq!(
        script.sent()[2].authorization.as_deref(),
        Some("Bearer token-2")
    );
}

#[tokio::test(start_paused = true)]
async fn near_its_end_the_same_token_comes_back_and_is_not_asked_for_before_every_call() {
    let script = Script::answering((0..20).map(|_| usage())).tokens([
        token("same", 600),
        token("same", 50),
        token("same", 24),
    ]);
    let marketo = script.marketo();
    marketo.usage().await.unwrap();
    tokio::time::sleep(Duration::from_secs(550)).await;
    for _call in 0..19 {
        marketo.usage().await.unwrap();
    }
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_life_at_the_turn_over_is_asked_for_again() {
    let script = Script::answering([usage()]).tokens([token("dead", 0), token("dead", 0)]);
    script.marketo().usage().await.unwrap();
    assert_eq!(script.asked().len(), 3);
    assert_eq!(
        script.sent()[0].authorization.as_deref(),
        Some("Bearer token-3")
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_that_stay_dead_end_in_a_retry_and_not_in_a_loop() {
    let script = Script::default().tokens((0..50).map(|_| token("dead", 0)));
    let error = script.marketo().usage().await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Retry { wait: None });
    assert!(script.asked().len() < 10);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_in_the_middle_of_a_run_is_replaced_and_the_call_repeated_once() {
    for code in ["601", "602"] {
        let script = Script::answering([usage(), failed(code, "Access token"), usage()]);
        let marketo = script.marketo();
        marketo.usage().await.unwrap();
        marketo.usage().await.unwrap();
        let headers: Vec<_> = script
            .sent()
            .into_iter()
            .map(|sent| sent.authorization)
            .collect();
        let expected = ["token-1", "token-1", "token-2"].map(|t| Some(format!("Bearer {t}")));
        assert_eq!(headers, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_met_by_a_dead_token_is_repeated_too_as_nothing_was_executed() {
    let deleted = ran(r#"[{"id":1,"status":"deleted"}]"#);
    let script = Script::answering([failed("602", "Access token expired"), deleted]);
    script.marketo().delete_people(&[1]).await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].body, sent[1].body);
}

#[tokio::test(start_paused = true)]
async fn callers_refused_together_replace_the_token_once() {
    let expired = || failed("602", "Access token expired");
    let script = Script::answering([usage(), expired(), expired(), usage(), usage()]);
    let marketo = script.marketo();
    marketo.usage().await.unwrap();
    let (a, b) = tokio::join!(marketo.usage(), marketo.usage());
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_in_a_row_stops() {
    let invalid = || failed("601", "Access token invalid");
    let script = Script::answering([invalid(), invalid()]);
    let error = script.marketo().usage().await.unwrap_err();
    assert_eq!(
        (error.trouble, error.code.as_str()),
        (Trouble::Configuration, "601")
    );
    let expired = || failed("602", "Access token expired");
    let script = Script::answering([expired(), expired()]);
    let error = script.marketo().usage().await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Retry { wait: None });
}

#[tokio::test(start_paused = true)]
async fn no_token_and_no_access_are_for_the_admin() {
    for code in ["600", "603"] {
        let script = Script::answering([failed(code, "Access denied")]);
        let error = script.marketo().usage().await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Configuration, "{code}");
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_for_the_admin_and_are_not_repeated_in_the_message() {
    let bodies = [
        r#"{"error":"invalid_client","error_description":"Bad client credentials"}"#,
        r#"{"error":"unauthorized","error_description":"No client with requested id: 2f1c-client"}"#,
    ];
    for body in bodies {
        let script = Script::default().tokens([Reply::Http(401, body.to_owned())]);
        let error = script.marketo().usage().await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Configuration);
        assert_eq!(error.code, "HTTP 401");
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("2f1c-client") && !shown.contains("Zx81"),
            "{shown}"
        );
        assert_eq!(script.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_service_in_trouble_is_asked_again() {
    let script = Script::answering([usage()]).tokens([
        Reply::Cut,
        Reply::Http(503, "busy".to_owned()),
        Reply::Http(200, r#"{"access_token":"cu"#.to_owned()),
        Reply::Refused,
    ]);
    script.marketo().usage().await.unwrap();
    assert_eq!(script.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_uses_the_life_that_is_left() {
    let script = Script::answering([usage(), usage()]).tokens(
        (0..1)
            .map(|_| token("old", 600))
            .chain((0..20).map(|_| Reply::Refused)),
    );
    let marketo = script.marketo();
    marketo.usage().await.unwrap();
    tokio::time::sleep(Duration::from_secs(545)).await;
    marketo.usage().await.unwrap();
    assert_eq!(
        script.sent()[1].authorization.as_deref(),
        Some("Bearer old")
    );
}
