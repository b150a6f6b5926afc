//! Service protection: the stated delay holds everybody, the windows hold, parallelism follows the
//! answers.

use std::time::Duration;

use futures_util::future::join_all;
use syncdeck::config::LimitMode;
use syncdeck::connectors::dynamics::{DynamicsAction, DynamicsWrite};
use syncdeck::connectors::{Trouble, WriteOutcome};
use syncdeck::model::Value;
use tokio::time::Instant;

use super::script::{Answer, Script, fault, id, json, lead, multipart, profile, response};

const EMPTY: &str = r#"{"value":[],"@odata.deltaLink":"https://contoso.crm4.dynamics.com/api/data/v9.2/leads?$deltatoken=1"}"#;
const LOCAL: &str =
    r#"{"value":[],"@odata.deltaLink":"http://127.0.0.1:9/api/data/v9.2/leads?$deltatoken=1"}"#;

fn throttled(code: &str, seconds: &str) -> Answer {
    fault(429, code, "Number of requests exceeded the limit.").header("retry-after", seconds)
}

fn local(script: &Script, limits: LimitMode) -> syncdeck::connectors::dynamics::Dynamics {
    let mut profile = profile();
    "http://127.0.0.1:9".clone_into(&mut profile.url);
    profile.token_url = Some("http://127.0.0.1:9/token".to_owned());
    script.dynamics_sharing(0.01, &profile, limits)
}

#[tokio::test(start_paused = true)]
async fn a_throttled_read_waits_for_the_stated_delay() {
    for code in ["0x80072321", "0x80072322", "0x80072326", "0x8005F103"] {
        let script = Script::of([throttled(code, "24"), json(EMPTY)]);
        let dynamics = script.dynamics();
        let begun = Instant::now();
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(24), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_waits_for_the_stated_delay_and_is_sent_once_more() {
    let done = multipart(&[("204 No Content", "")], "\r\n", true);
    let script = Script::of([throttled("0x80072322", "24"), done]);
    let (dynamics, table) = (script.dynamics(), lead());
    let write = DynamicsWrite {
        table: &table,
        id: id(1),
        action: DynamicsAction::Create,
        fields: vec![("firstname".to_owned(), Value::text("Ada"))],
    };
    let begun = Instant::now();
    let outcomes = dynamics.write(&[write]).await.unwrap();
    assert!(matches!(outcomes[0], WriteOutcome::Created { .. }));
    assert_eq!(begun.elapsed(), Duration::from_secs(24));
    assert_eq!(script.seen()[0].body(), script.seen()[1].body());
}

#[tokio::test(start_paused = true)]
async fn one_throttled_call_holds_everybody_back_and_says_until_when() {
    let script = Script::of([throttled("0x80072322", "30"), json(EMPTY), json(EMPTY)]);
    let (dynamics, table) = (script.dynamics(), lead());
    let other = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let until = dynamics.waiting().expect("held back");
        assert_eq!(until.to_rfc3339(), "2026-11-22T10:00:30+00:00");
        let begun = Instant::now();
        dynamics.first_page(&table, &[], 10).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(25));
    };
    let (first, ()) = tokio::join!(dynamics.first_page(&table, &[], 10), other);
    first.unwrap();
    assert_eq!(dynamics.waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn a_wait_too_long_for_a_call_is_given_to_the_engine() {
    let script = Script::of([throttled("0x80072321", "290")]);
    let dynamics = script.dynamics();
    let error = dynamics.first_page(&lead(), &[], 10).await.unwrap_err();
    assert_eq!(
        error.trouble,
        Trouble::Retry {
            wait: Some(Duration::from_secs(290))
        }
    );
    assert!(dynamics.waiting().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_throttled_part_holds_everybody_back_too() {
    let part = (
        "429 Too Many Requests\nRetry-After: 40",
        r#"{"error":{"code":"0x80072322","message":""}}"#,
    );
    let script = Script::of([multipart(&[part], "\r\n", true)]);
    let (dynamics, table) = (script.dynamics(), lead());
    let action = DynamicsAction::Update { version: None };
    let write = DynamicsWrite {
        table: &table,
        id: id(1),
        action,
        fields: Vec::new(),
    };
    let outcomes = dynamics.write(&[write]).await.unwrap();
    assert!(matches!(outcomes[0], WriteOutcome::Retry(_)));
    assert_eq!(
        dynamics.waiting().unwrap().to_rfc3339(),
        "2026-11-22T10:00:40+00:00"
    );
}

#[tokio::test(start_paused = true)]
async fn our_share_of_the_window_is_never_overrun() {
    let script = Script::routes(&[("leads?", EMPTY)]);
    let dynamics = script.dynamics_sharing(0.01, &profile(), LimitMode::Real);
    let table = lead();
    let begun = Instant::now();
    for _ in 0..61 {
        dynamics.first_page(&table, &[], 10).await.unwrap();
    }
    assert_eq!(
        begun.elapsed(),
        Duration::from_secs(300),
        "6,000 x 0.01 in 300 s, then the next"
    );
    let quota = &dynamics.quotas()[0];
    assert_eq!((quota.limit, quota.budget, quota.used), (6_000, 60, 1));
    assert_eq!(quota.name, "requests in 5 min");
}

#[tokio::test(start_paused = true)]
async fn a_real_organisations_window_holds_from_the_first_call_on() {
    let script = Script::routes(&[("leads?", EMPTY)]);
    let dynamics = script.dynamics_sharing(0.01, &profile(), LimitMode::Auto);
    let begun = Instant::now();
    for _ in 0..61 {
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(300));
}

#[tokio::test(start_paused = true)]
async fn on_loopback_the_window_holds_from_the_first_throttling_on() {
    let script = Script::routes(&[("leads?", LOCAL)]);
    let (dynamics, table) = (local(&script, LimitMode::Auto), lead());
    let begun = Instant::now();
    for _ in 0..100 {
        dynamics.first_page(&table, &[], 10).await.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let answers = (0..100)
        .map(|_| json(LOCAL))
        .chain([throttled("0x80072322", "1")]);
    let script = Script::of(answers.chain([json(LOCAL)]));
    let dynamics = local(&script, LimitMode::Auto);
    for _ in 0..100 {
        dynamics.first_page(&table, &[], 10).await.unwrap();
    }
    let begun = Instant::now();
    dynamics.first_page(&table, &[], 10).await.unwrap();
    assert_eq!(
        begun.elapsed(),
        Duration::from_secs(300),
        "the window is full"
    );
}

#[tokio::test(start_paused = true)]
async fn switched_off_limits_obey_pauses_alone() {
    let answers = [throttled("0x80072322", "3")].into_iter();
    let script = Script::of(answers.chain((0..100).map(|_| json(EMPTY))));
    let dynamics = script.dynamics_sharing(0.01, &profile(), LimitMode::Off);
    let begun = Instant::now();
    for _ in 0..100 {
        dynamics.first_page(&lead(), &[], 10).await.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

/// How many of 700 calls that each take a second are in flight at most, given that hint.
async fn most_at_once(hint: &str) -> usize {
    let slow = || {
        let answer = Answer::Slow(
            Duration::from_secs(1),
            response(200, "application/json", EMPTY),
        );
        answer.header("x-ms-dop-hint", hint)
    };
    let script = Script::of((0..700).map(|_| slow()));
    let (dynamics, table) = (script.dynamics(), lead());
    let calls = (0..700).map(|_| dynamics.first_page(&table, &[], 10));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    script.most_at_once()
}

#[tokio::test(start_paused = true)]
async fn parallelism_rises_towards_the_hint() {
    assert_eq!(most_at_once("1").await, 4, "it starts with four");
    assert_eq!(most_at_once("10").await, 10);
    assert_eq!(most_at_once("100").await, 16, "never more than sixteen");
}

#[tokio::test(start_paused = true)]
async fn parallelism_rises_no_more_where_little_is_left_of_a_window() {
    for (header, left, most) in [
        ("x-ms-ratelimit-burst-remaining-xrm-requests", "599", 4),
        ("x-ms-ratelimit-burst-remaining-xrm-requests", "600", 10),
        ("x-ms-ratelimit-time-remaining-xrm-requests", "119.5", 4),
        ("x-ms-ratelimit-time-remaining-xrm-requests", "1,199.98", 10),
    ] {
        let slow = || {
            let answer = response(200, "application/json", EMPTY);
            let answer = Answer::Slow(Duration::from_secs(1), answer);
            answer.header("x-ms-dop-hint", "10").header(header, left)
        };
        let script = Script::of((0..700).map(|_| slow()));
        let (dynamics, table) = (script.dynamics(), lead());
        let calls = (0..700).map(|_| dynamics.first_page(&table, &[], 10));
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        assert_eq!(script.most_at_once(), most, "{header} {left}");
    }
}

#[tokio::test(start_paused = true)]
async fn told_execution_time_is_shown() {
    let answer = json(EMPTY).header("x-ms-ratelimit-time-remaining-xrm-requests", "1,150.50");
    let script = Script::of([answer]);
    let dynamics = script.dynamics();
    dynamics.first_page(&lead(), &[], 10).await.unwrap();
    let quota = &dynamics.quotas()[1];
    assert_eq!((quota.used, quota.limit, quota.budget), (50, 1_200, 840));
}

#[tokio::test(start_paused = true)]
async fn parallelism_halves_when_throttled() {
    let slow = || {
        Answer::Slow(
            Duration::from_secs(1),
            response(200, "application/json", EMPTY),
        )
    };
    let script = Script::of(
        [throttled("0x80072326", "5")]
            .into_iter()
            .chain((0..9).map(|_| slow())),
    );
    let (dynamics, table) = (script.dynamics(), lead());
    dynamics.first_page(&table, &[], 10).await.unwrap();
    let begun = Instant::now();
    let calls = (0..8).map(|_| dynamics.first_page(&table, &[], 10));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(script.most_at_once(), 2, "from four");
    assert_eq!(begun.elapsed(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn many_refusals_at_once_are_one_slow_down() {
    let slow = |answer| {
        let Answer::Http(response) = answer else {
            panic!()
        };
        Answer::Slow(Duration::from_secs(1), response)
    };
    let refused = (0..4).map(|_| slow(throttled("0x80072326", "5")));
    let script = Script::of(refused.chain((0..4).map(|_| slow(json(EMPTY)))));
    let (dynamics, table) = (script.dynamics(), lead());
    let begun = Instant::now();
    let calls = (0..4).map(|_| dynamics.first_page(&table, &[], 10));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(
        begun.elapsed(),
        Duration::from_secs(1 + 5 + 2),
        "then two at a time, not one"
    );
}
