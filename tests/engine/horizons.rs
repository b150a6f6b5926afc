//! Pauses longer than Marketo remembers: 14 days for deletes, 90 for changes. Nobody is lost, nothing equal is rewritten.

use serde_json::json;
use syncdeck::model::{ConflictKind, CycleOutcome, RecordKey, Side};
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::harness::wire::Fate;
use super::harness::{Bench, assert_clean, field_names, text, written};

const DAY: u64 = 86_400;

/// People in step, by row and person.
async fn in_step(count: usize) -> (Bench, Vec<(Uuid, i64)>) {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..count)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect();
    bench.cycle().await;
    bench.pass(10).await;
    assert_clean(&bench.cycle().await);
    let person_of = |row: &Uuid| bench.link(*row).unwrap().marketo.unwrap();
    let pairs = rows.iter().map(|row| (*row, person_of(row))).collect();
    bench.wire.take();
    (bench, pairs)
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_no_feed_tells_any_more_is_found_after_twenty_days() {
    let (bench, people) = in_step(5).await;
    let ((gone_row, gone), (edited_row, edited)) = (people[0], people[1]);
    bench.world.marketo.delete_person(gone);
    bench.edit_person(edited, "city", "London");
    bench.pass(20 * DAY).await;
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.link(gone_row).unwrap().state, LinkState::Tombstone);
    assert!(bench.world.dynamics.row("lead", gone_row).is_some());
    assert_eq!(bench.column(edited_row, "address1_city"), json!("London"));
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(field_names(&writes[0]), ["address1_city"]);
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.failures().is_empty());
}

#[tokio::test(start_paused = true)]
async fn edits_older_than_ninety_days_are_found_by_comparing() {
    let (bench, people) = in_step(6).await;
    bench.edit_person(people[0].1, "city", "London");
    bench.edit(people[1].0, "jobtitle", "Countess");
    bench.edit(people[2].0, "address1_city", "Paris");
    bench.edit_person(people[2].1, "city", "Rome");
    // There and back again: nothing has changed.
    bench.edit_person(people[3].1, "city", "Oslo");
    bench.edit_person(people[3].1, "city", json!(null));
    bench.pass(100 * DAY).await;
    assert_eq!(bench.cycle().await.outcome, CycleOutcome::Waiting);
    assert_eq!(bench.column(people[0].0, "address1_city"), json!("London"));
    assert_eq!(bench.field(people[1].1, "title"), json!("Countess"));
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, conflict.dynamics_id, conflict.marketo),
        (ConflictKind::Field, Some(people[2].0), text("Rome"))
    );
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert!(
        writes.iter().all(|write| write.needless.is_empty()),
        "{writes:?}"
    );
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn the_comparing_walk_is_resumed_where_it_stopped() {
    let (bench, _) = in_step(700).await;
    bench.pass(20 * DAY).await;
    let reads = || {
        let is_read = |path: &str| path.ends_with("/v1/leads.json");
        let calls = bench.wire.take();
        calls
            .iter()
            .filter(|call| is_read(&call.path) && call.writes.is_empty())
            .count()
    };
    let mut left = 2;
    bench.wire.before(move |sent| {
        if sent.side == Side::Marketo && sent.path.ends_with("/v1/leads.json") {
            if left == 0 {
                return Fate::Refused;
            }
            left -= 1;
        }
        Fate::Pass
    });
    assert_eq!(bench.cycle().await.outcome, CycleOutcome::Error);
    assert_eq!(reads(), 2);
    bench.wire.unhook();
    bench.restart();
    assert_clean(&bench.cycle().await);
    assert_eq!(reads(), 1, "the last hundred");
    bench.later().await;
    assert_eq!(reads(), 0, "once is enough");
}

#[tokio::test(start_paused = true)]
async fn a_merge_that_no_feed_tells_any_more_is_followed_by_the_stamp() {
    let (bench, people) = in_step(3).await;
    let (row, loser) = people[0];
    let winner = bench
        .world
        .marketo
        .create_person(&[("title", json!("Lady"))], "Web form");
    assert!(bench.world.marketo.merge_people(winner, &[loser]));
    bench.pass(800 * DAY).await;
    bench.cycle().await;
    let key = RecordKey::Marketo(winner);
    let links = bench
        .store
        .read_blocking(|r| r.links_by_key(&[key]))
        .unwrap();
    assert_eq!(links[&key].dynamics, Some(row));
    assert_eq!(links[&key].state, LinkState::Live);
    bench.edit(row, "address1_city", "London");
    bench.later().await;
    assert_eq!(bench.field(winner, "city"), json!("London"));
}

#[tokio::test(start_paused = true)]
async fn many_who_are_gone_at_once_are_braked() {
    let (bench, people) = in_step(60).await;
    for (_, person) in &people[..40] {
        bench.world.marketo.delete_person(*person);
    }
    bench.pass(20 * DAY).await;
    let report = bench.cycle().await;
    assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
    let alive = |row: &Uuid| bench.link(*row).unwrap().state == LinkState::Live;
    assert!(people.iter().all(|(row, _)| alive(row)));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_begins_anew_and_compares() {
    let (bench, people) = in_step(3).await;
    let cursor = bench
        .store
        .read_blocking(|r| r.cursor("marketo/changes"))
        .unwrap()
        .unwrap();
    let broken = syncdeck::store::Cursor {
        token: "no such token".to_owned(),
        ..cursor
    };
    bench
        .store
        .transaction_blocking(|tx| tx.set_cursor(&broken))
        .unwrap();
    bench.edit_person(people[0].1, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(people[0].0, "address1_city"), json!("London"));
    assert_eq!(bench.wire.take_writes().len(), 1);
}
