//! Directions: obeyed from the next cycle on, kept across restarts, and nothing is missed once they are opened again.

use std::time::Duration;

use serde_json::json;
use syncdeck::model::{Direction, Entity, Policy, RecordKey, Side};

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean};

#[tokio::test(start_paused = true)]
async fn to_marketo_writes_nothing_to_dynamics_and_takes_back_what_drifted() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    let person = bench.person_of(row);
    bench.set(Entity::LEAD, Direction::ToMarketo, Policy::Ask);
    bench.wire.take();
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "firstName", "Augusta");
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.field(person, "firstName"), json!("Ada"));
    assert!(
        bench
            .wire
            .take_writes()
            .iter()
            .all(|write| write.side == Side::Marketo)
    );
}

#[tokio::test(start_paused = true)]
async fn to_dynamics_writes_nothing_to_marketo_and_creates_nobody() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    let person = bench.person_of(row);
    bench.set(Entity::LEAD, Direction::ToDynamics, Policy::Ask);
    bench.wire.take();
    bench.edit_person(person, "title", "Countess");
    let new = bench.somebody("Grace");
    bench.later().await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
    assert!(bench.people_of(new).is_empty());
    assert!(
        bench
            .wire
            .take_writes()
            .iter()
            .all(|write| write.side == Side::Dynamics)
    );
}

#[tokio::test(start_paused = true)]
async fn off_moves_nothing_and_is_kept_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let bench = Bench::with_file(0, 1, &state);
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    bench.restart();
    bench.wire.take();
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    assert!(!bench.wire.take_writes().iter().any(is_record));
    let settings = bench.store.read_blocking(|r| r.entity_settings()).unwrap();
    let lead = settings.iter().find(|one| one.entity == Entity::LEAD);
    assert_eq!(lead.unwrap().direction, Direction::Off);
}

/// The feed told it once; it was passed over for good.
#[tokio::test(start_paused = true)]
async fn what_changed_while_an_entity_was_off_travels_once_it_is_on() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    let other = bench.row_of("contact", &[("lastname", json!("Hopper"))]);
    bench.cycle().await;
    let person = bench.person_of(row);
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    bench.pass(60).await;
    bench.edit_person(person, "city", "London");
    bench.edit(row, "jobtitle", "Countess");
    bench.edit(other, "jobtitle", "Admiral");
    bench.later().await;
    assert_eq!(bench.column(row, "address1_city"), json!(null));
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    assert_eq!(bench.field(person, "title"), json!("Countess"));
}

/// Rows that came while nobody could be created were settled, and never looked at again.
#[tokio::test(start_paused = true)]
async fn rows_that_came_while_marketo_was_closed_are_created_once_it_is_open() {
    let bench = Bench::empty();
    bench.set(Entity::LEAD, Direction::ToDynamics, Policy::Ask);
    let row = bench.somebody("Ada");
    bench.cycle().await;
    assert!(bench.people_of(row).is_empty());
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    bench.person_of(row);
}

/// Copies never take it back, so it stood apart; and the row that is still as agreed gave nobody a reason to look.
#[tokio::test(start_paused = true)]
async fn a_wish_not_to_be_contacted_travels_once_dynamics_is_open_to_it() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    let person = bench.person_of(row);
    bench.set(Entity::LEAD, Direction::ToMarketo, Policy::Ask);
    bench.later().await;
    bench.edit_person(person, "unsubscribed", true);
    bench.later().await;
    bench.later().await;
    assert_eq!(bench.field(person, "unsubscribed"), json!(true));
    assert_eq!(bench.column(row, "donotbulkemail"), json!(false));
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "donotbulkemail"), json!(true));
    assert_eq!(bench.field(person, "unsubscribed"), json!(true));
}

#[tokio::test(start_paused = true)]
async fn what_changed_in_marketo_while_a_field_was_off_travels_once_it_is_on() {
    let bench = Bench::empty();
    let pair = |direction: &str| {
        let pair = "[[fields]]\ndynamics = \"websiteurl\"\nmarketo = \"department\"";
        bench.map_leads(&format!("{pair}\ndirection = \"{direction}\"\n"));
    };
    pair("both");
    let row = bench.somebody("Ada");
    bench.edit(row, "websiteurl", "https://a.example.com");
    bench.cycle().await;
    let person = bench.person_of(row);
    pair("off");
    bench.later().await;
    bench.edit_person(person, "department", "Engines");
    bench.later().await;
    assert_eq!(
        bench.column(row, "websiteurl"),
        json!("https://a.example.com")
    );
    pair("both");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "websiteurl"), json!("Engines"));
}

/// The engine dies before it has read that feed under the rules of that moment.
#[tokio::test(start_paused = true)]
async fn a_row_that_was_passed_over_in_a_cycle_that_died_is_created_once_marketo_is_open() {
    let bench = Bench::empty();
    bench.cycle().await;
    bench.hold(None, Some(Side::Marketo), None);
    let row = bench.somebody("Grace");
    bench.later().await;
    bench.set(Entity::LEAD, Direction::ToDynamics, Policy::Ask);
    bench.release();
    let mut reads = 0;
    bench.wire.before(move |sent| {
        reads += u32::from(sent.path.ends_with("/leads"));
        if reads > 1 { Fate::Hang } else { Fate::Pass }
    });
    let cycle = tokio::time::timeout(Duration::from_secs(60), bench.cycle());
    assert!(cycle.await.is_err(), "it dies");
    bench.wire.unhook();
    bench.restart();
    let left = bench
        .store
        .read_blocking(|r| r.dirty(&Entity::LEAD, RecordKey::Dynamics(row)));
    assert_eq!(left.unwrap(), None, "it was passed over");
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    bench.pass(300).await;
    bench.cycle().await;
    bench.person_of(row);
}
