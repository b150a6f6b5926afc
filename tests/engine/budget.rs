//! The budget: who stops first as a vendor's limit is used up, who may go on, and what is said about the wait.

use serde_json::json;
use syncdeck::config::{LimitMode, Share, Shares};
use syncdeck::engine::{self, BackfillSpec, Engine};
use syncdeck::model::{CycleOutcome, EngineState, Entity, RecordKey};
use syncdeck::sandbox::Limits;
use uuid::Uuid;

use super::harness::{Bench, assert_clean};

/// Calls that other cycles of the day have used.
const USED: usize = 200;

/// Two people in step, late in a day of which `USED` calls and a few are used.
async fn late_in_the_day() -> (Bench, [Uuid; 2]) {
    let mut bench = Bench::empty();
    let rows = [bench.somebody("Ada"), bench.somebody("Grace")];
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    for _call in 0..USED {
        bench.parts().marketo.usage().await.unwrap();
    }
    bench.sync.limits = LimitMode::Real;
    (bench, rows)
}

/// From now on, of so many calls a day, so much is kept in reserve.
fn allow(bench: &mut Bench, daily_calls: u64, reserve: f64) {
    bench.daily_calls = daily_calls;
    bench.sync.share.marketo = Share { part: 1.0, reserve };
    bench.restart();
}

fn look_at(bench: &Bench, row: Uuid) {
    let (key, now) = (RecordKey::Dynamics(row), bench.clock.now());
    let asked = bench
        .store
        .transaction_blocking(|tx| engine::look_at(tx, key, Some(&Entity::LEAD), now));
    asked.unwrap();
}

fn title(bench: &Bench, row: Uuid) -> serde_json::Value {
    bench.field(bench.person_of(row), "title")
}

#[tokio::test(start_paused = true)]
async fn a_used_up_day_is_waited_for_in_words_and_the_admins_wish_still_goes_through() {
    let (mut bench, [ada, grace]) = late_in_the_day().await;
    // Everyday reading leaves a quarter of the reserve: 0.8 of 260 is less than what is used.
    allow(&mut bench, 260, 0.8);
    bench.edit(ada, "jobtitle", "Countess");
    bench.edit(grace, "jobtitle", "Admiral");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Waiting, "{report:?}");
    let reason = report.reason.unwrap();
    assert!(
        reason.starts_with("Marketo's limit: going on in "),
        "{reason}"
    );
    assert!(reason.ends_with("at 06:00:00 UTC"), "{reason}");
    assert_ne!(title(&bench, ada), json!("Countess"));

    look_at(&bench, ada);
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Waiting, "{report:?}");
    assert_eq!(title(&bench, ada), json!("Countess"));
    assert_ne!(title(&bench, grace), json!("Admiral"));

    bench.pass(24 * 3600).await;
    assert_clean(&bench.cycle().await);
    assert_eq!(title(&bench, grace), json!("Admiral"));
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn background_work_stops_at_the_reserve_while_everyday_changes_go_on() {
    let (mut bench, [ada, grace]) = late_in_the_day().await;
    // Background work stops at 180 calls, everyday writes at 270.
    allow(&mut bench, 360, 0.5);
    bench.backfill_leads(BackfillSpec {
        ids: vec![grace],
        ..BackfillSpec::default()
    });
    bench.edit(ada, "jobtitle", "Countess");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Waiting, "{report:?}");
    assert_eq!(title(&bench, ada), json!("Countess"));
    let now = bench.clock.now();
    let left = bench
        .store
        .read_blocking(|r| r.backlog(&Entity::LEAD, now))
        .unwrap();
    assert_eq!(left.due, 1, "the backfill's row waits: {left:?}");

    bench.pass(24 * 3600).await;
    assert_clean(&bench.cycle().await);
}

#[tokio::test(start_paused = true)]
async fn failed_records_are_not_tried_again_above_their_part_of_the_day() {
    let (mut bench, [ada, _]) = late_in_the_day().await;
    bench.edit(ada, "jobtitle", "Countess");
    bench.world.faults.set("marketo:partial=x1").unwrap();
    bench.later().await;
    assert_eq!(bench.failures().len(), 1);
    bench.sync.share.retries = 0.5;
    allow(&mut bench, 400, 0.1);
    bench.pass(600).await;
    bench.cycle().await;
    assert_eq!(
        bench.failures().len(),
        1,
        "more than half of the day is used"
    );
    bench.pass(24 * 3600).await;
    assert_clean(&bench.cycle().await);
    assert!(bench.failures().is_empty());
    assert_eq!(title(&bench, ada), json!("Countess"));
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_that_waits_for_a_window_says_so_and_for_how_long() {
    let mut bench = Bench::chosen(1, &|options| {
        options.limits = Limits::Real;
        options.people = 400;
    });
    bench.sync.limits = LimitMode::Real;
    // Five calls in 20 s.
    bench.sync.share = Shares::from(0.05);
    let engine = Engine::start(bench.parts());
    let mut snapshots = engine.snapshot();
    let waiting = snapshots
        .wait_for(|shown| shown.state == EngineState::WaitingForQuota)
        .await
        .unwrap()
        .clone();
    let (reason, until) = (waiting.reason.clone().unwrap(), waiting.waiting_until);
    assert!(reason.contains("'s limit: going on in "), "{reason}");
    assert!(until.unwrap() > waiting.cycle_began.unwrap());
    assert!(waiting.last.is_none(), "it is the first cycle");
    let done = snapshots
        .wait_for(|shown| shown.last.is_some())
        .await
        .unwrap()
        .clone();
    let last = done.last.as_ref().unwrap();
    assert_eq!(last.reason, None, "the window opened again: {last:?}");
    let copied = last
        .entities
        .iter()
        .map(|one| one.created.marketo + one.written.marketo);
    assert!(copied.sum::<u64>() > 350, "{last:?}");
    engine.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_status_tells_what_is_kept_and_what_will_be_used_by_the_reset() {
    let (mut bench, _) = late_in_the_day().await;
    allow(&mut bench, 1_000, 0.2);
    let engine = Engine::start(bench.parts());
    let mut snapshots = engine.snapshot();
    snapshots
        .wait_for(|shown| shown.last.is_some())
        .await
        .unwrap();
    bench.pass(10).await;
    let now = bench.clock.now();
    let status = bench
        .store
        .read_blocking(|r| engine::status(r, "bench", now))
        .unwrap();
    let day = &status["quotas"]["marketo"];
    assert_eq!(
        (&day["limit"], &day["budget"], &day["reserve"]),
        (&json!(1_000), &json!(1_000), &json!(200))
    );
    assert_eq!(day["resets"], json!("2026-03-03T06:00:00Z"));
    // Three of the day's 24 hours (it began at 06:00 UTC) took a little more than 200 calls.
    let (used, forecast) = (
        day["used"].as_u64().unwrap(),
        day["forecast"].as_u64().unwrap(),
    );
    assert!(used > USED as u64 && used < 300, "{day}");
    assert!((used * 7..=used * 8).contains(&forecast), "{day}");
    engine.stop().await.unwrap();
}
