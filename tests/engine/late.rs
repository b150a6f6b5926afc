//! What Marketo's feeds show late, twice, out of order, or before our own answer came.

use std::time::Duration;

use serde_json::json;
use syncdeck::model::{ConflictKind, Side};
use uuid::Uuid;

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean, text, written};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.cycle().await;
    bench.wire.take();
    (bench, row, person)
}

/// Cycles every five minutes, as the engine does.
async fn for_minutes(bench: &Bench, minutes: u64) {
    for _ in 0..minutes / 5 {
        bench.pass(300).await;
        bench.cycle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_activity_that_comes_behind_the_cursor_is_found_by_reading_again() {
    let (bench, row, person) = in_step().await;
    let (other_row, other) = somebody_else(&bench).await;
    bench
        .world
        .faults
        .set("marketo:late=x1,marketo:late_ms=240000")
        .unwrap();
    bench.edit_person(person, "city", "London");
    bench.world.faults.set("").unwrap();
    // A later one is shown in time: the cursor passes the late one.
    bench.edit_person(other, "title", "Admiral");
    assert_eq!(written(&bench.later().await), 1);
    assert_eq!(bench.column(other_row, "jobtitle"), json!("Admiral"));
    assert_eq!(bench.column(row, "address1_city"), json!(null));
    for_minutes(&bench, 25).await;
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    bench.assert_in_step();
}

async fn somebody_else(bench: &Bench) -> (Uuid, i64) {
    let row = bench.somebody("Grace");
    bench.cycle().await;
    bench.pass(10).await;
    bench.cycle().await;
    (row, bench.person_of(row))
}

#[tokio::test(start_paused = true)]
async fn one_that_is_hours_late_is_found_within_a_day() {
    let (bench, row, person) = in_step().await;
    let (_, other) = somebody_else(&bench).await;
    bench
        .world
        .faults
        .set("marketo:late=x1,marketo:late_ms=7200000")
        .unwrap();
    bench.edit_person(person, "city", "London");
    bench.world.faults.set("").unwrap();
    bench.edit_person(other, "title", "Admiral");
    for _ in 0..26 {
        bench.pass(3600).await;
        bench.cycle().await;
    }
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
}

#[tokio::test(start_paused = true)]
async fn what_is_read_again_or_shown_twice_costs_no_look_and_no_write() {
    let (bench, row, person) = in_step().await;
    bench.world.faults.set("marketo:duplicate=1").unwrap();
    for title in ["Lady", "Dame", "Countess"] {
        bench.edit_person(person, "title", title);
    }
    bench.later().await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
    bench.wire.take();
    for_minutes(&bench, 30).await;
    let calls = bench.wire.take();
    let looked = calls
        .iter()
        .filter(|call| call.path.ends_with("/v1/leads.json"));
    assert_eq!(looked.count(), 0);
    assert!(bench.conflicts().is_empty());
}

/// The feed was read on while the answer to our write was under way: the journal did not know the write yet, so the
/// value it had replaced was lost without a trace.
#[tokio::test(start_paused = true)]
async fn a_value_overwritten_by_a_write_whose_answer_is_slow_is_found() {
    let (bench, row, person) = in_step().await;
    let paused = |paused| {
        bench
            .store
            .transaction_blocking(|tx| tx.set_paused(paused))
            .unwrap();
    };
    // The row waits for us when the cycle begins, so that writing and reading the feed overlap.
    bench.edit(row, "jobtitle", "Countess");
    paused(true);
    bench.later().await;
    paused(false);
    let (world, mut once) = (std::sync::Arc::clone(&bench.world), true);
    bench.wire.before(move |sent| {
        if sent.path.ends_with("leadchanges.json") {
            return Fate::Held(Duration::from_secs(10));
        }
        if once && sent.side == Side::Marketo && sent.writes.iter().any(is_record) {
            once = false;
            world
                .marketo
                .edit_person(person, &[("title", json!("Lady"))], "Web form");
            return Fate::Slow(Duration::from_secs(60));
        }
        Fate::Pass
    });
    bench.cycle().await;
    bench.wire.unhook();
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, &conflict.marketo),
        (ConflictKind::Overwritten, &text("Lady"))
    );
    // Its journal row is not taken for another write later on.
    bench.edit_person(person, "title", "Dame");
    bench.later().await;
    bench.edit_person(person, "title", "Countess");
    bench.later().await;
    for_minutes(&bench, 15).await;
    assert_eq!(bench.conflicts().len(), 1, "{:#?}", bench.conflicts());
}

#[tokio::test(start_paused = true)]
async fn more_than_a_page_within_one_second_is_read_to_its_end() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..350).map(|n| bench.somebody(&format!("N{n}"))).collect();
    bench.cycle().await;
    bench.pass(10).await;
    bench.cycle().await;
    for (id, _) in bench.people() {
        bench.edit_person(id, "city", "London");
        bench.edit_person(id, "title", "Lady");
    }
    assert_clean(&bench.later().await);
    let moved = |row: &&Uuid| bench.column(**row, "address1_city") == json!("London");
    assert_eq!(rows.iter().filter(moved).count(), 350);
    bench.assert_in_step();
}
