//! Brakes: too much at once halts the lane before the first write of it, for exactly the plan that was shown.

use serde_json::json;
use syncdeck::model::{BrakeRules, CycleOutcome, Entity, Limit, RuleChange};
use uuid::Uuid;

use super::harness::rules::plan_of;
use super::harness::{Bench, assert_clean, written};

fn at_most(count: u64) -> RuleChange {
    let limit = Limit { count, percent: 0 };
    RuleChange::Brakes(BrakeRules {
        creates: limit,
        changes: limit,
        ..BrakeRules::default()
    })
}

/// Eight people in step, under a rule that lets five changes through.
async fn eight_in_step() -> (Bench, Vec<Uuid>) {
    let bench = Bench::empty();
    let rows = (0..8)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect();
    bench.rule(&Entity::LEAD, at_most(5));
    assert_clean(&bench.cycle().await);
    (bench, rows)
}

#[tokio::test(start_paused = true)]
async fn too_many_changes_halt_before_the_first_and_go_on_for_exactly_that_plan() {
    let (bench, rows) = eight_in_step().await;
    bench.pass(10).await;
    for row in &rows[..6] {
        bench.edit(*row, "jobtitle", "Countess");
    }
    bench.wire.take();
    let halted = bench.cycle().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted, "{halted:?}");
    assert!(bench.wire.take_writes().is_empty());
    let plan = plan_of(&halted);
    assert_eq!(plan_of(&bench.cycle().await), plan, "the same plan again");

    bench.edit(rows[6], "jobtitle", "Countess");
    let report = bench.approving(&plan).await;
    assert_eq!(
        report.outcome,
        CycleOutcome::Halted,
        "it is another plan now"
    );
    assert!(bench.wire.take_writes().is_empty());
    let plan = plan_of(&report);
    assert_clean(&bench.approving(&plan).await);
    assert_eq!(
        bench.field(bench.person_of(rows[0]), "title"),
        json!("Countess")
    );
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn too_many_creates_halt_while_the_other_entity_goes_on() {
    let bench = Bench::empty();
    bench.somebody("Ada");
    let contact = bench.row_of("contact", &[("lastname", json!("Hopper"))]);
    bench.rule(&Entity::LEAD, at_most(3));
    assert_clean(&bench.cycle().await);
    for number in 0..4 {
        bench.somebody(&format!("N{number}"));
    }
    bench.edit(contact, "jobtitle", "Admiral");
    let halted = bench.later().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted);
    assert_eq!(written(&halted), 1);
    assert_eq!(bench.people().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn changes_within_the_limit_need_no_word() {
    let (bench, rows) = eight_in_step().await;
    for row in &rows[..5] {
        bench.edit(*row, "jobtitle", "Countess");
    }
    assert_clean(&bench.later().await);
    bench.assert_in_step();
}
