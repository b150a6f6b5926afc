//! The first copy: who is linked, who is created, and that the next cycle has nothing to do.

use serde_json::json;
use syncdeck::model::CycleOutcome;

use super::harness::{Bench, assert_clean, written};

#[tokio::test(start_paused = true)]
async fn first_copy_links_by_email_instead_of_doubling_and_creates_the_rest() {
    let bench = Bench::empty();
    let known = bench.somebody("Ada");
    let new = bench.somebody("Grace");
    let there = bench.world.marketo.seed_person(&[
        ("email", json!("ADA@example.com")),
        ("title", json!("Countess")),
    ]);
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.person_of(known), there);
    assert_ne!(bench.person_of(new), there);
    assert_eq!(bench.people().len(), 2);
    // An empty side takes the other's value.
    assert_eq!(bench.column(known, "jobtitle"), json!("Countess"));
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_second_cycle_writes_nothing_and_our_own_writes_cost_no_reads() {
    let bench = Bench::with(400, 3);
    let report = bench.cycle().await;
    assert!(
        matches!(report.outcome, CycleOutcome::Clean | CycleOutcome::Waiting),
        "{report:?}"
    );
    bench.pass(60).await;
    bench.wire.take();
    let report = bench.cycle().await;
    assert_eq!(written(&report), 0, "{report:?}");
    let calls = bench.wire.take();
    let read: Vec<_> = calls
        .iter()
        .filter(|sent| sent.path.ends_with("/v1/leads.json"))
        .collect();
    assert!(read.is_empty(), "{read:#?}");
    assert!(calls.iter().all(|sent| sent.writes.is_empty()));
    bench.pass(60).await;
    bench.wire.take();
    let quiet = bench.cycle().await;
    assert_eq!(
        quiet
            .entities
            .iter()
            .map(|one| one.pulled.dynamics)
            .sum::<u64>(),
        0
    );
}
