//! Writes whose answer never came, and what people did meanwhile.

use serde_json::json;
use syncdeck::engine::{self, Asked, NewRow};
use syncdeck::model::{Entity, Side};
use uuid::Uuid;

use super::harness::wire::Fate;
use super::harness::{Bench, SETTLE, text};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.later().await;
    let person = bench.person_of(row);
    (bench, row, person)
}

/// Until what had no answer has settled, been looked at, and come back in the feeds.
async fn settled(bench: &Bench) {
    bench.pass(SETTLE.as_secs() + 10).await;
    bench.cycle().await;
    bench.later().await;
}

fn assert_in_step_without_a_conflict(bench: &Bench) {
    assert!(bench.conflicts().is_empty(), "{:#?}", bench.conflicts());
    bench.assert_in_step();
    let left = bench.store.read_blocking(|r| r.outbox_count()).unwrap();
    assert_eq!(left, 0, "nothing is left in the outbox");
}

#[tokio::test(start_paused = true)]
async fn a_row_edited_again_after_a_write_to_marketo_without_an_answer_does_not_clash_with_it() {
    let (bench, row, person) = in_step().await;
    bench.wire.spoil_next_write(Side::Marketo, Fate::Lost);
    bench.edit(row, "jobtitle", "Countess");
    bench.cycle().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"), "it landed");
    bench.edit(row, "jobtitle", "Lady");
    settled(&bench).await;
    assert_eq!(bench.field(person, "title"), json!("Lady"));
    assert_in_step_without_a_conflict(&bench);
}

#[tokio::test(start_paused = true)]
async fn a_person_edited_again_after_a_write_to_dynamics_without_an_answer_does_not_clash_with_it()
{
    let (bench, row, person) = in_step().await;
    bench.wire.spoil_next_write(Side::Dynamics, Fate::Lost);
    bench.edit_person(person, "title", "Countess");
    bench.later().await;
    assert_eq!(
        bench.column(row, "jobtitle"),
        json!("Countess"),
        "it landed"
    );
    bench.edit_person(person, "title", "Lady");
    settled(&bench).await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
    assert_in_step_without_a_conflict(&bench);
}

/// Whoever edits the person sees the value that was written, so it is not lost behind theirs.
#[tokio::test(start_paused = true)]
async fn a_person_edited_over_a_write_without_an_answer_that_the_feed_shows_just_goes_on() {
    let (bench, row, person) = in_step().await;
    bench.wire.spoil_next_write(Side::Marketo, Fate::Lost);
    bench.edit(row, "jobtitle", "Countess");
    bench.cycle().await;
    bench.pass(5).await;
    bench.edit_person(person, "title", "Lady");
    // The feed is read while the write still rests.
    bench.later().await;
    settled(&bench).await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
    assert_in_step_without_a_conflict(&bench);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_arrived_agrees_on_nothing() {
    let (bench, row, person) = in_step().await;
    bench.wire.spoil_next_write(Side::Marketo, Fate::Swallowed);
    bench.edit(row, "jobtitle", "Countess");
    bench.cycle().await;
    bench.edit_person(person, "title", "Lady");
    settled(&bench).await;
    let conflict = bench.pending();
    assert_eq!(conflict.dynamics, text("Countess"));
    assert_eq!(conflict.marketo, text("Lady"));
}

/// The feed told the row just before the write arrived: that row says nothing about the write.
#[tokio::test(start_paused = true)]
async fn whether_a_late_write_landed_is_told_by_the_row_as_it_is_not_as_the_feed_had_it() {
    let (bench, row, person) = in_step().await;
    let late = Fate::Late(std::time::Duration::from_secs(60));
    bench.wire.spoil_next_write(Side::Dynamics, late);
    bench.edit_person(person, "title", "Countess");
    bench.later().await;
    assert_eq!(bench.column(row, "jobtitle"), json!(null), "on its way");
    // Everything is told anew while the write is on its way.
    bench.world.dynamics.touch_schema("lead");
    bench.cycle().await;
    bench.pass(60).await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"), "there");
    bench.edit_person(person, "title", "Lady");
    settled(&bench).await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
    assert_in_step_without_a_conflict(&bench);
}

/// The engine cannot know yet whose the person is; Marketo does, by our stamp.
#[tokio::test(start_paused = true)]
async fn nobody_is_made_in_dynamics_of_a_person_who_was_made_of_a_row_there() {
    let bench = Bench::empty();
    bench.cycle().await;
    let row = bench.somebody("Ada");
    bench.wire.spoil_next_write(Side::Marketo, Fate::Lost);
    bench.later().await;
    let new = NewRow {
        marketo: bench.person_of(row),
        entity: Entity::CONTACT,
        account: None,
    };
    let (store, now) = (&bench.store, bench.clock.now());
    let asked = store.transaction_blocking(|tx| engine::create(tx, &new, now));
    assert!(matches!(asked.unwrap(), Asked::Done(_)));
    // What was sent with the create is agreed, whoever held the person in between.
    bench.edit(row, "firstname", "Augusta");
    bench.later().await;
    settled(&bench).await;
    assert!(bench.rows("contact").await.is_empty());
    assert_eq!(bench.link(row).unwrap().marketo, Some(new.marketo));
    assert_in_step_without_a_conflict(&bench);
}
