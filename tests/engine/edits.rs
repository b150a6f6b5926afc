//! Everyday edits: what travels, what is sent, what collides and who wins.

use serde_json::json;
use syncdeck::model::{Cause, ConflictStatus, Direction, Entity, Policy, Side, Take};
use uuid::Uuid;

use super::harness::{Bench, assert_clean, field_names, text, written};

/// One lead in step on both sides.
async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.wire.take();
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_dynamics_travels_alone_to_marketo() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(field_names(&writes[0]), ["title"]);
    assert_eq!(writes[0].key, person.to_string());
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_marketo_travels_alone_to_dynamics() {
    let (bench, row, person) = in_step().await;
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(field_names(&writes[0]), ["address1_city"]);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_emptied_is_emptied_on_the_other_side() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "firstname", json!(null));
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "firstName"), json!(null));
    bench.edit_person(person, "topic", json!(null));
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "subject"), json!(null));
}

#[tokio::test(start_paused = true)]
async fn disjoint_edits_of_one_record_both_survive() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    bench.assert_in_step();
    assert_eq!(written(&bench.later().await), 0);
}

async fn collide(bench: &Bench, row: Uuid, person: i64) {
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "title", "Lady");
    bench.later().await;
}

#[tokio::test(start_paused = true)]
async fn a_collision_is_asked_and_frozen_while_the_rest_goes_on() {
    let (bench, row, person) = in_step().await;
    collide(&bench, row, person).await;
    let conflict = bench.pending();
    assert_eq!(
        (conflict.dynamics, conflict.marketo),
        (text("Countess"), text("Lady"))
    );
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
    assert_eq!(bench.field(person, "title"), json!("Lady"));
    bench.edit(row, "address1_city", "London");
    bench.later().await;
    assert_eq!(bench.field(person, "city"), json!("London"));
    assert_eq!(bench.field(person, "title"), json!("Lady"));
}

#[tokio::test(start_paused = true)]
async fn policies_decide_and_the_loser_is_in_the_journal() {
    let cases = [
        (Policy::Dynamics, "Countess", "Lady"),
        (Policy::Marketo, "Lady", "Countess"),
        // As Marketo's own connector does it: Marketo wins on leads.
        (Policy::Native, "Lady", "Countess"),
    ];
    for (policy, winner, loser) in cases {
        let (bench, row, person) = in_step().await;
        bench.set(Entity::LEAD, Direction::Both, policy);
        collide(&bench, row, person).await;
        assert_eq!(bench.column(row, "jobtitle"), json!(winner), "{policy}");
        assert_eq!(bench.field(person, "title"), json!(winner), "{policy}");
        let journal = bench.journal(row);
        let kept = journal
            .iter()
            .find(|one| one.entry.before == text(loser))
            .unwrap();
        assert_eq!(kept.entry.cause, Cause::Policy(policy.word().to_owned()));
        assert!(bench.conflicts().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn natively_dynamics_wins_on_contacts() {
    let bench = Bench::empty();
    let row = bench.row_of(
        "contact",
        &[
            ("lastname", json!("Byron")),
            ("emailaddress1", json!("a@example.com")),
        ],
    );
    bench.cycle().await;
    bench.pass(10).await;
    bench.set(Entity::CONTACT, Direction::Both, Policy::Native);
    let person = bench.person_of(row);
    collide(&bench, row, person).await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_written_to_whoever_lacks_it() {
    let cases = [
        (Take::Side(Side::Dynamics), "Countess"),
        (Take::Side(Side::Marketo), "Lady"),
        (Take::Value(text("Baroness")), "Baroness"),
    ];
    for (take, chosen) in cases {
        let (bench, row, person) = in_step().await;
        collide(&bench, row, person).await;
        let id = bench.pending().id;
        bench.resolve(id, take);
        assert_eq!(bench.status(id), ConflictStatus::Resolved);
        assert_clean(&bench.cycle().await);
        assert_eq!(bench.status(id), ConflictStatus::Applied);
        assert_eq!(bench.column(row, "jobtitle"), json!(chosen));
        assert_eq!(bench.field(person, "title"), json!(chosen));
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_on_values_that_moved_again_is_not_applied_but_asked_anew() {
    let (bench, row, person) = in_step().await;
    collide(&bench, row, person).await;
    let id = bench.pending().id;
    bench.edit(row, "jobtitle", "Princess");
    bench.resolve(id, Take::Side(Side::Dynamics));
    bench.later().await;
    assert_eq!(bench.status(id), ConflictStatus::Superseded);
    assert_eq!(bench.pending().dynamics, text("Princess"));
    assert_eq!(bench.field(person, "title"), json!("Lady"));
}

#[tokio::test(start_paused = true)]
async fn sides_that_come_to_agree_close_their_conflict() {
    let (bench, row, person) = in_step().await;
    collide(&bench, row, person).await;
    let id = bench.pending().id;
    bench.edit_person(person, "title", "Countess");
    assert_clean(&bench.later().await);
    assert_eq!(bench.status(id), ConflictStatus::Converged);
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
}

/// Was taken for nothing new: the value was the agreed one, and the conflict went on showing another.
#[tokio::test(start_paused = true)]
async fn a_side_that_goes_back_to_the_agreed_value_ends_the_conflict() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Lovelace");
    bench.later().await;
    collide(&bench, row, person).await;
    let id = bench.pending().id;
    bench.edit_person(person, "title", "Lovelace");
    assert_clean(&bench.later().await);
    assert_eq!(bench.status(id), ConflictStatus::Superseded);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
}

#[tokio::test(start_paused = true)]
async fn a_wish_not_to_be_contacted_wins_on_either_side() {
    let (bench, row, person) = in_step().await;
    bench.edit_person(person, "doNotCall", true);
    bench.later().await;
    assert_eq!(bench.column(row, "donotphone"), json!(true));
    bench.edit(row, "donotbulkemail", true);
    bench.later().await;
    assert_eq!(bench.field(person, "unsubscribed"), json!(true));
}
