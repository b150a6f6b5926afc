//! Single records by the admin's word: created in Dynamics on request, linked, unlinked, looked up.

use serde_json::{Value as Json, json};
use syncdeck::engine::{self, Asked, NewRow, inspect};
use syncdeck::model::{Entity, FailureStatus, RecordKey, Side};
use syncdeck::store::{FailureFilter, LinkState};
use uuid::Uuid;

use super::harness::wire::Fate;
use super::harness::{Bench, assert_clean, written};

/// A person that exists only in Marketo.
pub fn stranger(bench: &Bench, values: &[(&str, Json)]) -> i64 {
    bench.world.marketo.create_person(values, "Web form")
}

pub fn ask(bench: &Bench, marketo: i64, entity: Entity, account: Option<Uuid>) -> Asked {
    let new = NewRow {
        marketo,
        entity,
        account,
    };
    let now = bench.clock.now();
    bench
        .store
        .transaction_blocking(|tx| engine::create(tx, &new, now))
        .unwrap()
}

fn grace() -> Vec<(&'static str, Json)> {
    vec![
        ("firstName", json!("Grace")),
        ("lastName", json!("Hopper")),
        ("email", json!("grace@example.com")),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_row_is_created_once_on_request_and_the_person_stamped() {
    let bench = Bench::empty();
    let person = stranger(&bench, &grace());
    assert_clean(&bench.later().await);
    assert!(bench.rows("lead").await.is_empty());
    assert!(matches!(
        ask(&bench, person, Entity::LEAD, None),
        Asked::Done(_)
    ));
    assert!(matches!(
        ask(&bench, person, Entity::LEAD, None),
        Asked::Done(_)
    ));
    assert_clean(&bench.later().await);
    let rows = bench.rows("lead").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(bench.column(rows[0], "lastname"), json!("Hopper"));
    assert_eq!(bench.person_of(rows[0]), person);
    let created: Vec<_> = bench.journal(rows[0]);
    assert!(
        created.iter().any(|row| row.entry.side == Side::Dynamics),
        "{created:?}"
    );
    for _ in 0..3 {
        assert_eq!(written(&bench.later().await), 0);
    }
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_makes_one_row() {
    let bench = Bench::empty();
    let person = stranger(&bench, &grace());
    bench.later().await;
    ask(&bench, person, Entity::LEAD, None);
    bench.wire.spoil_next_write(Side::Dynamics, Fate::Lost);
    bench.cycle().await;
    bench.pass(130).await;
    bench.cycle().await;
    assert_clean(&bench.later().await);
    let rows = bench.rows("lead").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(bench.person_of(rows[0]), person);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn who_went_his_own_way_and_is_asked_for_twice_is_one_row() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    let person = bench.person_of(row);
    let (key, now) = (RecordKey::Marketo(person), bench.clock.now());
    let unlink = |tx: &syncdeck::store::Tx<'_>| engine::unlink(tx, key, now);
    bench.store.transaction_blocking(unlink).unwrap();
    bench.world.dynamics.delete_row("lead", row).unwrap();
    bench.later().await;
    ask(&bench, person, Entity::LEAD, None);
    let Asked::Done(again) = ask(&bench, person, Entity::LEAD, None) else {
        panic!("it was refused");
    };
    assert!(again.contains("was asked for already"), "{again}");
    assert_clean(&bench.later().await);
    let rows = bench.rows("lead").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(bench.person_of(rows[0]), person);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_can_be_created_under_an_account() {
    let bench = Bench::empty();
    let account = bench.row_of("account", &[("name", json!("Navy"))]);
    let person = stranger(&bench, &grace());
    bench.later().await;
    ask(&bench, person, Entity::CONTACT, Some(account));
    assert_clean(&bench.later().await);
    let rows = bench.rows("contact").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        bench.column(rows[0], "_parentcustomerid_value"),
        json!(account.to_string())
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_unlinked_goes_its_own_way_and_can_be_linked_again() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    let (key, now) = (RecordKey::Dynamics(row), bench.clock.now());
    let unlink = |tx: &syncdeck::store::Tx<'_>| engine::unlink(tx, key, now);
    let done = bench.store.transaction_blocking(unlink).unwrap();
    assert!(matches!(done, Asked::Done(_)));
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!(null));
    assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
    let link = |tx: &syncdeck::store::Tx<'_>| engine::link(tx, &Entity::LEAD, (row, person), now);
    let done = bench.store.transaction_blocking(link).unwrap();
    assert!(matches!(done, Asked::Done(_)));
    bench.later().await;
    assert_eq!(bench.open_conflicts().len(), 1, "unknown history is asked");
    assert_eq!(bench.link(row).unwrap().state, LinkState::Live);
}

#[tokio::test(start_paused = true)]
async fn an_inspection_says_why() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    let person = stranger(&bench, &grace());
    bench.cycle().await;
    bench.pass(10).await;
    let linked = bench.person_of(row);
    bench.wire.take();
    let one = |found: Vec<engine::Inspection>| {
        assert_eq!(found.len(), 1);
        found.into_iter().next().unwrap()
    };
    let found = one(inspect(bench.parts(), "ADA@example.com").await.unwrap());
    assert!(found.in_sync, "{:?}", found.why);
    assert_eq!(
        (found.dynamics_id, found.marketo_id),
        (Some(row), Some(linked))
    );
    assert!(!found.journal.is_empty());
    bench.edit(row, "jobtitle", "Countess");
    let found = one(inspect(bench.parts(), &linked.to_string()).await.unwrap());
    assert!(!found.in_sync && found.why.iter().any(|why| why.contains("title differs")));
    let found = one(inspect(bench.parts(), "grace@example.com").await.unwrap());
    assert_eq!(found.marketo_id, Some(person));
    assert!(
        found.why[0].contains("exists only in Marketo"),
        "{:?}",
        found.why
    );
    assert!(bench.wire.take_writes().is_empty());
}

/// What native connectors do with a required field: the record stays visible, and can be tried again.
pub async fn required_field(bench: &Bench) {
    let nameless = [("email", json!("nobody@example.com"))];
    let person = stranger(bench, &nameless);
    bench.later().await;
    ask(bench, person, Entity::LEAD, None);
    bench.later().await;
    let failure = &bench.failures()[0];
    assert_eq!(failure.refusal.code, "required");
    assert_eq!(failure.field.as_deref(), Some("lastName"));
    assert_eq!(failure.status, FailureStatus::Parked);
    assert!(bench.rows("lead").await.is_empty());
    let now = bench.clock.now();
    let retry = || {
        let all = FailureFilter::default();
        let retry = bench
            .store
            .transaction_blocking(|tx| engine::retry_failures(tx, &all, now));
        assert_eq!(retry.unwrap(), 1);
    };
    retry();
    bench.later().await;
    assert_eq!(bench.failures().len(), 1, "still refused, still visible");
    bench.edit_person(person, "lastName", "Lovelace");
    bench.pass(10).await;
    let now = bench.clock.now();
    let all = FailureFilter::default();
    bench
        .store
        .transaction_blocking(|tx| engine::retry_failures(tx, &all, now))
        .unwrap();
    bench.cycle().await;
    assert_clean(&bench.later().await);
    assert!(bench.failures().is_empty());
    assert_eq!(bench.rows("lead").await.len(), 1);
}
