//! What goes wrong between a decision and its write: races, lost answers, refusals, expired cursors.

use std::time::Duration;

use serde_json::{Value as Json, json};
use syncdeck::model::{CycleOutcome, FailureStatus, Side, Take};
use uuid::Uuid;

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean, text, written};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.wire.take();
    (bench, row, person)
}

/// Whatever else there is to do is done, the admin is told, and the next cycle tries again.
#[tokio::test(start_paused = true)]
async fn a_cycle_ends_though_one_kind_of_call_never_gets_through() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.wire.before(|sent| {
        let writes = sent.side == Side::Marketo && sent.writes.iter().any(is_record);
        if writes { Fate::Refused } else { Fate::Pass }
    });
    let cycle = tokio::time::timeout(Duration::from_secs(3_600), bench.cycle());
    let report = cycle.await.expect("it goes on and on");
    assert_eq!(report.outcome, CycleOutcome::Error);
    bench.wire.unhook();
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_changed_since_it_was_read_is_read_and_decided_again() {
    let (bench, row, person) = in_step().await;
    bench.edit_person(person, "city", "London");
    bench.edit_person(person, "title", "Lady");
    bench.pass(10).await;
    bench.wire.just_before_write(Side::Dynamics, move |world| {
        world
            .dynamics
            .edit_row("lead", row, &[("jobtitle", json!("Countess"))])
            .unwrap();
    });
    bench.cycle().await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    assert_eq!(bench.pending().marketo, text("Lady"));
}

#[tokio::test(start_paused = true)]
async fn lost_answers_double_nothing_and_lose_nothing() {
    let late = Fate::Late(Duration::from_secs(60));
    for fate in [Fate::Lost, Fate::Swallowed, late, Fate::Refused] {
        let bench = Bench::empty();
        let row = bench.somebody("Ada");
        bench.wire.spoil_next_write(Side::Marketo, fate);
        bench.cycle().await;
        bench.pass(130).await;
        assert_clean(&bench.cycle().await);
        assert_eq!(bench.people().len(), 1, "{fate:?}");
        let person = bench.person_of(row);
        bench.edit(row, "jobtitle", "Countess");
        bench.wire.spoil_next_write(Side::Marketo, fate);
        bench.later().await;
        bench.pass(130).await;
        assert_clean(&bench.cycle().await);
        assert_eq!(bench.field(person, "title"), json!("Countess"), "{fate:?}");
        bench.edit_person(person, "city", "London");
        bench.wire.spoil_next_write(Side::Dynamics, fate);
        bench.later().await;
        bench.pass(130).await;
        assert_clean(&bench.cycle().await);
        assert_eq!(
            bench.column(row, "address1_city"),
            json!("London"),
            "{fate:?}"
        );
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_does_not_sink_its_batch_mates_and_is_retried_with_growing_pauses() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..5)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect();
    bench.cycle().await;
    for row in &rows {
        let person = bench.person_of(*row);
        bench.edit_person(person, "city", "London");
    }
    bench.world.faults.set("dynamics:bad=x1").unwrap();
    bench.later().await;
    let there = rows
        .iter()
        .filter(|row| bench.column(**row, "address1_city") == json!("London"));
    assert_eq!(there.count(), 4);
    let failure = &bench.failures()[0];
    assert_eq!(failure.refusal.code, "0x80040265");
    bench.world.faults.set("dynamics:bad=x20").unwrap();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let failures = bench.failures();
        let Some(next) = failures[0].next_try else {
            break;
        };
        let wait = (next - bench.clock.now()).to_std().unwrap_or_default();
        pauses.push(wait.as_secs());
        tokio::time::sleep(wait + Duration::from_secs(1)).await;
        bench.cycle().await;
    }
    assert!(pauses.is_sorted() && pauses.len() == 7, "{pauses:?}");
    assert_eq!(bench.failures()[0].status, FailureStatus::Parked);
    bench.world.faults.set("").unwrap();
    let now = bench.clock.now();
    bench
        .store
        .transaction_blocking(|tx| syncdeck::engine::retry(tx, None, now))
        .unwrap();
    assert_clean(&bench.cycle().await);
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn an_expired_cursor_falls_back_to_a_comparing_read_that_rewrites_nothing() {
    let bench = Bench::with(60, 2);
    bench.cycle().await;
    bench.pass(60).await;
    let row = bench
        .links()
        .iter()
        .find(|link| link.entity.name() == "lead")
        .unwrap()
        .dynamics
        .unwrap();
    bench.edit(row, "jobtitle", "Countess");
    bench.world.dynamics.touch_schema("lead");
    bench.wire.take();
    bench.cycle().await;
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(
        bench.field(bench.person_of(row), "title"),
        json!("Countess")
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_taken_back_while_it_is_paused_is_in_nobodys_way() {
    let (bench, row, person) = in_step().await;
    let pause = |on| {
        bench
            .store
            .transaction_blocking(move |tx| tx.set_paused(on))
    };
    pause(true).unwrap();
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    bench.edit(row, "jobtitle", Json::Null);
    bench.edit_person(person, "title", "Lady");
    bench.later().await;
    pause(false).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(bench.conflicts(), []);
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
}

#[tokio::test(start_paused = true)]
async fn paused_it_goes_on_pulling_and_writes_nothing() {
    let (bench, row, person) = in_step().await;
    bench
        .store
        .transaction_blocking(|tx| tx.set_paused(true))
        .unwrap();
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    let report = bench.later().await;
    assert_eq!(written(&report), 0);
    assert!(report.entities.iter().any(|one| one.pulled.dynamics > 0));
    assert!(bench.wire.take_writes().is_empty());
    bench
        .store
        .transaction_blocking(|tx| tx.set_paused(false))
        .unwrap();
    assert_clean(&bench.cycle().await);
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn another_organisation_or_instance_halts_before_anything_is_written() {
    let (bench, row, _) = in_step().await;
    let bound = bench.store.read_blocking(|r| r.binding()).unwrap().unwrap();
    let mut other = bound.clone();
    other.organization = Uuid::from_u128(7).to_string();
    let mut elsewhere = bound;
    elsewhere.marketo = "999-ZZZ-999".to_owned();
    for binding in [other, elsewhere] {
        bench
            .store
            .transaction_blocking(|tx| tx.bind(&binding))
            .unwrap();
        bench.edit(row, "jobtitle", "Countess");
        let report = bench.later().await;
        assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
        assert!(bench.wire.take_writes().is_empty());
    }
}

/// The first identification could not tell the environment; every later one could, and halted for good.
#[tokio::test(start_paused = true)]
async fn an_environment_that_was_not_told_at_first_is_no_other_organisation() {
    let (bench, row, person) = in_step().await;
    let mut bound = bench.store.read_blocking(|r| r.binding()).unwrap().unwrap();
    let told = bound.environment.take();
    assert!(told.is_some());
    bench
        .store
        .transaction_blocking(|tx| tx.bind(&bound))
        .unwrap();
    bench.edit(row, "jobtitle", "Countess");
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let bound = bench.store.read_blocking(|r| r.binding()).unwrap().unwrap();
    assert_eq!(bound.environment, told);
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_that_is_to_be_asked_waits_for_its_plan() {
    let mut bench = Bench::empty();
    bench.sync.first_copy = syncdeck::config::FirstCopy::Ask;
    let row = bench.somebody("Ada");
    let plan = |reason: Option<String>| reason.unwrap().split('\'').nth(1).unwrap().to_owned();
    let mut report = bench.cycle().await;
    for newcomer in ["Grace", "Mary"] {
        assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
        assert!(!bench.wire.take_writes().iter().any(is_record));
        let approved = Some(plan(report.reason));
        // People go on working while the admin reads.
        bench.somebody(newcomer);
        report = syncdeck::engine::one_cycle(bench.parts(), approved)
            .await
            .unwrap();
    }
    assert_clean(&report);
    bench.person_of(row);
}

#[tokio::test(start_paused = true)]
async fn a_running_engine_carries_out_what_an_attached_process_leaves_in_the_store() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "title", "Lady");
    bench.pass(10).await;
    let engine = syncdeck::engine::Engine::start(bench.parts());
    bench.pass(5).await;
    let command = syncdeck::engine::Command::Resolve {
        conflict: bench.pending().id,
        take: Take::Side(Side::Marketo),
        by: "grace".to_owned(),
    };
    let (document, now) = (serde_json::to_value(&command).unwrap(), bench.clock.now());
    bench
        .store
        .transaction_blocking(|tx| tx.post_command(&document, now))
        .unwrap();
    bench.pass(10).await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
    engine.stop().await.unwrap();
}
