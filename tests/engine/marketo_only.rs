//! Who exists in Marketo only: listed by extracts beside the first copy, kept current by the feeds.

use serde_json::{Value as Json, json};
use syncdeck::config::Listing;
use syncdeck::engine;
use syncdeck::model::Side;

use super::harness::wire::Fate;
use super::harness::{Bench, assert_clean};

fn listing(mut bench: Bench) -> Bench {
    bench.sync.listing = Listing::Extract;
    bench
}

fn status(bench: &Bench) -> Json {
    let now = bench.clock.now();
    bench
        .store
        .read_blocking(|r| engine::status(r, "bench", now))
        .unwrap()
}

fn listed(bench: &Bench) -> Vec<i64> {
    let page = bench
        .store
        .read_blocking(|r| r.marketo_only(None, 1000))
        .unwrap();
    page.into_iter().map(|(id, _)| id).collect()
}

fn setting(bench: &Bench) -> Json {
    let text = bench
        .store
        .read_blocking(|r| r.setting("marketo/listing"))
        .unwrap();
    serde_json::from_str(&text.unwrap()).unwrap()
}

/// Cycles until the listing is done.
async fn until_done(bench: &Bench) -> usize {
    for cycle in 1..60 {
        bench.cycle().await;
        if setting(bench)["done"] == true {
            return cycle;
        }
        bench.pass(90).await;
    }
    panic!("{}", setting(bench));
}

fn strangers(bench: &Bench, count: usize) -> Vec<i64> {
    let person = |n: usize| [("email", json!(format!("only{n}@example.com")))];
    (0..count)
        .map(|n| bench.world.marketo.seed_person(&person(n)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn people_without_a_row_are_counted_and_leave_the_list_when_they_are_linked() {
    let bench = listing(Bench::empty());
    let only = strangers(&bench, 40);
    bench.somebody("Ada");
    until_done(&bench).await;
    assert_eq!(listed(&bench), only);
    assert_eq!(status(&bench)["marketo_only"], 40);
    bench.lead(&[
        ("lastname", json!("B")),
        ("emailaddress1", json!("only7@example.com")),
    ]);
    bench.later().await;
    assert_eq!(status(&bench)["marketo_only"], 39);
    bench.world.marketo.delete_person(only[0]);
    bench
        .world
        .marketo
        .create_person(&[("email", json!("new@example.com"))], "Web form");
    bench.world.marketo.merge_people(only[1], &[only[2]]);
    bench.later().await;
    let left = listed(&bench);
    assert!(!left.contains(&only[0]) && !left.contains(&only[2]) && !left.contains(&only[7]));
    assert_eq!(left.len(), 38);
    bench.wire.take();
    bench.later().await;
    let bulk = bench
        .wire
        .take()
        .into_iter()
        .filter(|call| call.path.contains("/bulk/"));
    assert_eq!(bulk.count(), 0, "once is enough");
}

#[tokio::test(start_paused = true)]
async fn a_cycle_never_waits_for_a_job_and_a_restart_adopts_it() {
    let bench = listing(Bench::empty());
    strangers(&bench, 5);
    let row = bench.somebody("Ada");
    let report = bench.cycle().await;
    assert!(report.seconds < 10.0, "{report:?}");
    bench.person_of(row);
    assert!(setting(&bench)["job"].is_string());
    bench.restart();
    let created = |bench: &Bench| {
        let calls = bench.wire.take().into_iter();
        calls
            .filter(|call| call.path.ends_with("/create.json"))
            .count()
    };
    assert_eq!(created(&bench), 1);
    until_done(&bench).await;
    assert_eq!(created(&bench), 1, "the second window");
    assert_eq!(listed(&bench).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_calls_are_cut_off_or_refused_is_done_all_the_same() {
    let bench = listing(Bench::empty());
    let only = strangers(&bench, 30);
    let mut count = 0;
    bench.wire.before(move |sent| {
        if sent.side == Side::Marketo && sent.path.contains("/bulk/") {
            count += 1;
            return match count % 3 {
                0 => Fate::Lost,
                1 if count < 8 => Fate::Swallowed,
                _ => Fate::Pass,
            };
        }
        Fate::Pass
    });
    until_done(&bench).await;
    assert_eq!(listed(&bench), only);
}

#[tokio::test(start_paused = true)]
async fn when_its_calls_are_refused_only_the_listing_waits() {
    let bench = listing(Bench::empty());
    strangers(&bench, 3);
    let row = bench.somebody("Ada");
    bench.wire.before(|sent| {
        if sent.path.contains("/bulk/") {
            return Fate::Refused;
        }
        Fate::Pass
    });
    assert_clean(&bench.cycle().await);
    bench.person_of(row);
    assert!(setting(&bench)["not_before"].is_string());
    bench.wire.unhook();
    bench.pass(120).await;
    until_done(&bench).await;
    assert_eq!(listed(&bench).len(), 3);
}
