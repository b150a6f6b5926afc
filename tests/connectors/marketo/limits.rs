//! The vendor's limits: windows, calls at once, the day.

use std::time::Duration;

use syncdeck::config::{LimitMode, Share};
use syncdeck::connectors::marketo::Marketo;
use syncdeck::connectors::{Errand, Purpose, Trouble};
use syncdeck::model::Entity;

use super::script::{Reply, Script, failed, ran};

const REAL: &str = "https://123-ABC-456.mktorest.com";
const LOOPBACK: &str = "http://127.0.0.1:8080";

async fn calls(marketo: &Marketo, count: usize) {
    let all = (0..count).map(|_| async { marketo.usage().await.unwrap() });
    futures_util::future::join_all(all).await;
}

fn seconds(script: &Script, place: usize) -> f64 {
    let sent = script.sent();
    (sent[place].at - sent[0].at).as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn no_more_than_our_share_of_a_hundred_calls_starts_within_twenty_seconds() {
    let script = Script::answering(vec![ran("[]"); 120]);
    let marketo = script.client(REAL, 0.5, LimitMode::Auto, 50_000);
    calls(&marketo, 120).await;
    assert!(seconds(&script, 49) < 1.0);
    assert!(seconds(&script, 50) >= 20.0);
    assert!(seconds(&script, 99) < 21.0);
    assert!(seconds(&script, 100) >= 40.0);
}

#[tokio::test(start_paused = true)]
async fn on_this_machine_the_window_holds_only_after_the_first_throttling_answer() {
    let script = Script::answering(vec![ran("[]"); 500]);
    let marketo = script.client(LOOPBACK, 0.5, LimitMode::Auto, 50_000);
    calls(&marketo, 300).await;
    assert!(seconds(&script, 299) < 2.0);
    let throttled = Script::answering(
        std::iter::once(failed("606", "Max rate limit")).chain(vec![ran("[]"); 120]),
    );
    let marketo = throttled.client(LOOPBACK, 0.5, LimitMode::Auto, 50_000);
    calls(&marketo, 120).await;
    assert!(
        seconds(&throttled, 120) >= 40.0,
        "{}",
        seconds(&throttled, 120)
    );
}

#[tokio::test(start_paused = true)]
async fn without_limits_only_a_throttling_answer_holds_us_up() {
    let script =
        Script::answering(
            std::iter::once(failed("606", "Max rate limit")).chain(vec![ran("[]"); 300]),
        );
    let marketo = script.client(REAL, 0.5, LimitMode::Off, 50_000);
    calls(&marketo, 300).await;
    assert!(seconds(&script, 300) < 22.0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_can_be_seen_while_it_lasts() {
    let script = Script::answering([failed("606", "Max rate limit"), ran("[]")]);
    let marketo = script.client(LOOPBACK, 1.0, LimitMode::Auto, 50_000);
    assert_eq!(marketo.waiting(), None);
    let (read, seen) = tokio::join!(marketo.usage(), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        marketo.waiting()
    });
    read.unwrap();
    let start: chrono::DateTime<chrono::Utc> = "2026-08-17T09:00:00Z".parse().unwrap();
    assert_eq!((seen.unwrap() - start).num_seconds(), 20);
    assert_eq!(marketo.waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn never_more_than_ten_calls_are_under_way() {
    let script = Script::answering(vec![ran("[]"); 60]);
    let marketo = script.client(LOOPBACK, 1.0, LimitMode::Off, 50_000);
    calls(&marketo, 60).await;
    let sent = script.sent();
    // A call takes 5 ms: within any 5 ms no more than ten begin.
    for pair in sent.windows(11) {
        assert!(pair[10].at - pair[0].at >= Duration::from_millis(5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_used_up_by_others_stops_us_too() {
    let report = ran(
        r#"[{"date":"2026-08-17","total":100,"users":[{"userId":"reporting@example.com","count":99}]}]"#,
    );
    let script = Script::answering([report]);
    let marketo = script.client(REAL, 0.7, LimitMode::Real, 100);
    marketo.usage().await.unwrap();
    let error = marketo.usage().await.unwrap_err();
    assert!(matches!(error.trouble, Trouble::Quota { .. }), "{error:?}");
    assert_eq!(marketo.quotas()[0].used, 100);
}

#[tokio::test(start_paused = true)]
async fn a_used_up_day_waits_for_midnight_in_chicago() {
    // The clock stands at 09:00 UTC: 04:00 in Chicago, twenty hours before midnight there.
    let script = Script::answering([failed("607", "Daily quota reached")]);
    let marketo = script.marketo();
    let error = marketo.usage().await.unwrap_err();
    let Trouble::Quota { wait } = error.trouble else {
        panic!("{error:?}")
    };
    assert_eq!(wait.as_secs().div_ceil(60), 20 * 60);
    assert_eq!(
        marketo.waiting(),
        Some("2026-08-18T05:00:00Z".parse().unwrap())
    );
    // Nothing more is sent meanwhile ...
    let error = marketo.usage().await.unwrap_err();
    assert!(matches!(error.trouble, Trouble::Quota { .. }));
    assert_eq!(script.sent().len(), 1);
    // ... but now and then one call looks whether the admin bought more.
    tokio::time::sleep(Duration::from_secs(601)).await;
    script.then([ran("[]"), ran("[]")]);
    marketo.usage().await.unwrap();
    marketo.usage().await.unwrap();
    assert_eq!(marketo.waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn our_share_of_the_day_is_not_exceeded_and_its_reserve_has_an_order() {
    let deleted = || ran(r#"[{"id":1,"status":"deleted"}]"#);
    let mut replies: Vec<Reply> = vec![deleted(); 40];
    replies.extend(vec![ran("[]"); 10]);
    let script = Script::answering(replies);
    let share = Share {
        part: 0.5,
        reserve: 0.4,
    };
    let marketo = script.client(REAL, share, LimitMode::Real, 100);
    let refused = |error: Trouble| assert!(matches!(error, Trouble::Quota { .. }), "{error:?}");
    for _write in 0..30 {
        marketo.delete_people(&[1]).await.unwrap();
    }
    let background = Errand::general(Purpose::Background);
    refused(background.run(marketo.usage()).await.unwrap_err().trouble);
    for _write in 30..40 {
        marketo.delete_people(&[1]).await.unwrap();
    }
    let error = marketo.delete_people(&[1]).await.unwrap_err();
    assert!(matches!(error.trouble, Trouble::Quota { .. }), "{error:?}");
    assert!(marketo.waiting().is_some());
    for _read in 0..5 {
        marketo.usage().await.unwrap();
    }
    refused(marketo.usage().await.unwrap_err().trouble);
    let asked = || Errand::general(Purpose::Interactive);
    for _read in 0..5 {
        asked().run(marketo.usage()).await.unwrap();
    }
    refused(asked().run(marketo.usage()).await.unwrap_err().trouble);
    assert_eq!(marketo.calls_by_entity()["general"], 50);
    let day = &marketo.quotas()[0];
    assert_eq!((day.used, day.limit, day.budget), (50, 100, 50));
    assert_eq!(day.reserve, 20);
    assert_eq!(day.resets, Some("2026-08-18T05:00:00Z".parse().unwrap()));
    // The next day everything is there again.
    tokio::time::sleep(Duration::from_secs(21 * 3600)).await;
    script.then([deleted()]);
    let errand = Errand::of(Purpose::Everyday, &Entity::LEAD);
    errand.run(marketo.delete_people(&[1])).await.unwrap();
    assert_eq!(marketo.calls_by_entity()["lead"], 1);
    assert_eq!(marketo.quotas()[0].used, 1);
    assert_eq!(marketo.calls(), 51);
}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_count_corrects_the_gauge() {
    let script = Script::answering([ran(r#"[{"date":"2026-08-17","total":8211,"users":[
             {"userId":"sync-engine@example.com","count":5120},{"userId":"reporting@example.com","count":3091}]}]"#)]);
    let marketo = script.client(REAL, 0.7, LimitMode::Real, 50_000);
    let usage = marketo.usage().await.unwrap();
    assert_eq!((usage.date.as_str(), usage.total), ("2026-08-17", 8211));
    assert_eq!(usage.users[0], ("sync-engine@example.com".to_owned(), 5120));
    let day = &marketo.quotas()[0];
    assert_eq!((day.used, day.budget), (8211, 35_000));
    assert_eq!(marketo.quotas()[1].used, 1);
}

#[tokio::test(start_paused = true)]
async fn calls_that_cost_nothing_are_not_counted_against_the_day() {
    let script = Script::answering([failed("602", "Access token expired"), ran("[]")]);
    let marketo = script.marketo();
    marketo.usage().await.unwrap();
    assert_eq!(marketo.quotas()[0].used, 1);
    assert_eq!(marketo.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_instance_is_named_by_its_munchkin_id_or_its_address() {
    let name = |host| {
        Script::default()
            .client(host, 0.7, LimitMode::Auto, 1)
            .instance()
    };
    assert_eq!(name(REAL), "123-ABC-456");
    assert_eq!(name(LOOPBACK), "127.0.0.1:8080");
}

#[tokio::test(start_paused = true)]
async fn unencrypted_addresses_that_leave_this_machine_are_refused() {
    use syncdeck::clock::Clock;
    use syncdeck::config::MarketoProfile;
    for (endpoint, fine) in [
        ("http://127.0.0.1:1/rest", true),
        ("http://[::1]:1/rest", true),
        ("http://localhost:1/rest", true),
        ("http://123-ABC-456.mktorest.com/rest", false),
        ("ftp://123-ABC-456.mktorest.com/rest", false),
        ("123-ABC-456.mktorest.com", false),
    ] {
        let profile = MarketoProfile {
            endpoint: endpoint.to_owned(),
            identity: "https://123-ABC-456.mktorest.com/identity".to_owned(),
            client_id: String::new(),
            client_secret: String::new().into(),
            daily_calls: 1,
            partition: None,
        };
        let transport = std::sync::Arc::new(Script::default());
        let made = Marketo::new(&profile, 0.7, LimitMode::Auto, transport, Clock::system());
        assert_eq!(made.is_ok(), fine, "{endpoint}");
    }
}
