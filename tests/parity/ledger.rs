//! The native connector's promises about its own writes, about failures and about creating on request.

use serde_json::json;
use syncdeck::engine::Asked;
use syncdeck::model::Entity;

use crate::engine::harness::{Bench, assert_clean, written};
use crate::engine::records::{ask, required_field, stranger};

/// 16: own writes are not echoed.
#[tokio::test(start_paused = true)]
async fn own_writes_are_not_echoed() {
    let bench = Bench::with(40, 7);
    bench.cycle().await;
    bench.later().await;
    let people: Vec<_> = bench.links().into_iter().take(10).collect();
    for (number, link) in people.iter().enumerate() {
        if number % 2 == 0 {
            bench.edit(link.dynamics.unwrap(), "jobtitle", format!("T{number}"));
        } else {
            bench.edit_person(link.marketo.unwrap(), "title", format!("T{number}"));
        }
    }
    bench.pass(10).await;
    bench.wire.take();
    // One or the other may meet a conflict that waits already.
    assert!(written(&bench.cycle().await) >= 8);
    bench.wire.take();
    for _ in 0..3 {
        assert_eq!(written(&bench.later().await), 0);
        assert!(bench.wire.take_writes().is_empty());
    }
}

/// 18: a required-field failure leaves the record retryable and visible.
#[tokio::test(start_paused = true)]
async fn a_required_field_failure_leaves_the_record_retryable_and_visible() {
    required_field(&Bench::empty()).await;
}

/// 20: an existing record and a create request: no duplicate, no error noise.
#[tokio::test(start_paused = true)]
async fn a_create_request_for_somebody_who_is_there_makes_no_duplicate_and_no_noise() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let linked = bench.person_of(row);
    assert!(matches!(
        ask(&bench, linked, Entity::LEAD, None),
        Asked::Done(_)
    ));
    // There in Dynamics, but not linked: the same address, in another case.
    let person = stranger(
        &bench,
        &[
            ("lastName", json!("Hopper")),
            ("email", json!("grace@example.com")),
        ],
    );
    bench.later().await;
    ask(&bench, person, Entity::LEAD, None);
    let late = bench.lead(&[
        ("lastname", json!("Hopper")),
        ("emailaddress1", json!("GRACE@example.com")),
    ]);
    assert_clean(&bench.later().await);
    assert_clean(&bench.later().await);
    assert_eq!(bench.rows("lead").await.len(), 2);
    assert_eq!(bench.person_of(late), person);
    assert!(bench.failures().is_empty());
    assert_eq!(bench.people().len(), 2);
}
