//! Records that cannot be written: seen, grouped, retried, parked, mended with another value.

use serde_json::json;
use syncdeck::engine::{self, Edit};
use syncdeck::model::{Cause, ConflictStatus, Entity, FailureClass, FailureStatus, Side};
use syncdeck::store::FailureFilter;

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean, written};

/// Somebody in step whose address in Dynamics is one that Marketo cannot hold.
async fn refused() -> (Bench, uuid::Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(row);
    bench.pass(10).await;
    bench.edit(row, "emailaddress1", "ad\u{e4}@example.com");
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    (bench, row, person)
}

fn edit(bench: &Bench, field: &str, value: &str) -> Result<(), String> {
    let edit = Edit {
        failure: bench.failures()[0].id,
        field: field.to_owned(),
        value: value.to_owned(),
        by: "ada".to_owned(),
    };
    let now = bench.clock.now();
    let edited = bench
        .store
        .transaction_blocking(|tx| engine::edit_failure(tx, &edit, now));
    edited.unwrap().map(drop)
}

/// The other fields' write healed it, and nobody saw it any more.
#[tokio::test(start_paused = true)]
async fn a_refused_field_stays_visible_while_the_others_are_written() {
    let (bench, _, person) = refused().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let failure = &bench.failures()[0];
    assert_eq!(failure.refusal.class, FailureClass::Mapping);
    assert_eq!(failure.field.as_deref(), Some("email"));
    assert_eq!(failure.status, FailureStatus::Parked);
    bench.later().await;
    assert_eq!(bench.failures().len(), 1);
}

/// The admin hands it to the vendor's support; of what was never sent no vendor knows.
#[tokio::test(start_paused = true)]
async fn a_refused_record_keeps_the_vendors_id_of_the_call() {
    let bench = Bench::empty();
    bench.world.faults.set("marketo:partial=x2").unwrap();
    bench.somebody("Ada");
    bench.cycle().await;
    let request = bench.failures()[0].refusal.request.clone().unwrap();
    assert!(request.contains('#'), "{request}");

    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    bench.edit_person(bench.person_of(row), "title", "Countess");
    bench.world.faults.set("dynamics:bad=x1").unwrap();
    bench.later().await;
    let request = bench.failures()[0].refusal.request.clone().unwrap();
    assert!(request.parse::<uuid::Uuid>().is_ok(), "{request}");

    let (bench, ..) = refused().await;
    assert_eq!(bench.failures()[0].refusal.request, None);
}

#[tokio::test(start_paused = true)]
async fn a_typed_value_is_written_to_both_sides_and_stays() {
    let (bench, row, person) = refused().await;
    assert!(edit(&bench, "email", "nobody").is_err());
    assert!(edit(&bench, "shoe_size", "44").is_err());
    edit(&bench, "emailaddress1", "countess@example.com").unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(
        bench.column(row, "emailaddress1"),
        json!("countess@example.com")
    );
    assert_eq!(bench.field(person, "email"), json!("countess@example.com"));
    assert!(bench.failures().is_empty());
    let made: Vec<_> = bench
        .journal(row)
        .into_iter()
        .filter(|row| matches!(row.entry.cause, Cause::Resolution(_)))
        .map(|row| (row.entry.side, row.entry.before.to_string()))
        .collect();
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(made.contains(&(Side::Dynamics, "ad\u{e4}@example.com".to_owned())));
    assert!(made.contains(&(Side::Marketo, "ada@example.com".to_owned())));
    for _ in 0..3 {
        assert_eq!(written(&bench.later().await), 0);
    }
    let statuses: Vec<_> = bench.conflicts().iter().map(|one| one.status).collect();
    assert_eq!(statuses, [ConflictStatus::Applied]);
}

#[tokio::test(start_paused = true)]
async fn a_value_typed_for_somebody_who_could_not_be_created_is_part_of_the_new_person() {
    let bench = Bench::empty();
    bench.world.faults.set("marketo:partial=x2").unwrap();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    assert_eq!(bench.failures().len(), 1, "{:?}", bench.failures());
    assert!(bench.people().is_empty());
    edit(&bench, "lastName", "Lovelace").unwrap();
    bench.later().await;
    assert_clean(&bench.later().await);
    let person = bench.person_of(row);
    assert_eq!(bench.field(person, "lastName"), json!("Lovelace"));
    assert_eq!(bench.column(row, "lastname"), json!("Lovelace"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn parked_ones_rest_until_they_are_retried() {
    let (bench, row, person) = in_trouble().await;
    let all = FailureFilter::default();
    let parked = bench
        .store
        .transaction_blocking(|tx| tx.park_failures(&all))
        .unwrap();
    assert_eq!(parked, 1);
    bench.world.faults.set("").unwrap();
    bench.pass(3600).await;
    bench.cycle().await;
    assert_ne!(bench.column(row, "address1_city"), json!("London"));
    let now = bench.clock.now();
    let none = FailureFilter {
        class: Some(FailureClass::Privilege),
        ..FailureFilter::default()
    };
    let retry = |which: &FailureFilter| {
        bench
            .store
            .transaction_blocking(|tx| engine::retry_failures(tx, which, now))
            .unwrap()
    };
    assert_eq!(retry(&none), 0);
    let data = FailureFilter {
        class: Some(bench.failures()[0].refusal.class),
        entity: Some(Entity::LEAD),
        ..FailureFilter::default()
    };
    assert_eq!(retry(&data), 1);
    assert_clean(&bench.cycle().await);
    assert_eq!(
        bench.column(row, "address1_city"),
        bench.field(person, "city")
    );
}

/// Somebody whose new city Dynamics refuses.
async fn in_trouble() -> (Bench, uuid::Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.edit_person(person, "city", "London");
    bench.world.faults.set("dynamics:bad=x1").unwrap();
    bench.later().await;
    assert_eq!(bench.failures().len(), 1);
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn many_alike_are_told_as_one_problem() {
    let bench = Bench::empty();
    let rows: Vec<_> = (0..25).map(|n| bench.somebody(&format!("N{n}"))).collect();
    bench.cycle().await;
    for row in &rows {
        bench.edit(*row, "emailaddress1", format!("\u{e4}{row}@example.com"));
    }
    bench.later().await;
    let groups = bench
        .store
        .read_blocking(|r| r.failure_groups(&FailureFilter::default()))
        .unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].count, groups[0].parked), (25, 25));
    let now = bench.clock.now();
    let status = bench
        .store
        .read_blocking(|r| engine::status(r, "bench", now))
        .unwrap();
    let notes: Vec<String> = status["entities"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entity| entity["notes"].as_array().unwrap())
        .map(ToString::to_string)
        .collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("25 lead records"), "{notes:?}");
}

/// Marketo refuses the whole call because of one record in it: the call is halved until that one is alone.
#[tokio::test(start_paused = true)]
async fn a_refused_batch_is_halved_until_only_its_poisonous_record_fails() {
    let bench = Bench::empty();
    let rows: Vec<uuid::Uuid> = (0..9).map(|n| bench.somebody(&format!("N{n}"))).collect();
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let poison = bench.person_of(rows[5]);
    for row in &rows {
        bench.edit(*row, "jobtitle", "Countess");
    }
    let (key, faults) = (poison.to_string(), bench.world.faults.clone());
    bench.wire.before(move |sent| {
        if sent.side == Side::Marketo && sent.writes.iter().any(|write| write.key == key) {
            faults.set("marketo:1003=x1").unwrap();
        }
        Fate::Pass
    });
    bench.wire.take();
    bench.later().await;
    let calls = bench.wire.take();
    let sent = calls.iter().filter(|sent| sent.side == Side::Marketo);
    let sizes: Vec<usize> = sent
        .map(|sent| sent.writes.iter().filter(|write| is_record(write)).count())
        .filter(|size| *size > 0)
        .collect();
    assert_eq!(sizes[0], 9, "one call at first: {sizes:?}");
    assert!(sizes.len() <= 9, "halved, not sent one by one: {sizes:?}");
    for row in &rows {
        let person = bench.person_of(*row);
        let written = bench.field(person, "title") == json!("Countess");
        assert_eq!(written, person != poison, "{person}");
    }
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].marketo_id, Some(poison));
    assert_eq!(failures[0].refusal.code, "1003");
    let request = failures[0].refusal.request.as_deref().unwrap();
    assert!(request.contains('#'), "{request}");
    assert!(
        failures[0]
            .next_try
            .is_some_and(|at| at > bench.clock.now())
    );
    bench.wire.unhook();
    let now = bench.clock.now();
    let one = FailureFilter {
        id: Some(failures[0].id),
        ..FailureFilter::default()
    };
    let retried = bench
        .store
        .transaction_blocking(|tx| engine::retry_failures(tx, &one, now));
    assert_eq!(retried.unwrap(), 1);
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(poison, "title"), json!("Countess"));
}
