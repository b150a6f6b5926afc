//! Taking back: one decision, or what a whole cycle wrote; nothing of it comes back by itself.

use serde_json::json;
use syncdeck::engine::{self, Asked, RollbackPlan, plan_rollback, roll_back};
use syncdeck::model::{Cause, ConflictId, ConflictKind, ConflictStatus, CycleId, Side, Take};
use uuid::Uuid;

use super::harness::{Bench, assert_clean, text, written};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let person = bench.person_of(row);
    (bench, row, person)
}

fn undo(bench: &Bench, id: ConflictId) -> Asked {
    let now = bench.clock.now();
    bench
        .store
        .transaction_blocking(|tx| engine::undo(tx, id, "ada", now))
        .unwrap()
}

/// A collision, decided and written.
async fn decided(take: Take) -> (Bench, Uuid, i64, ConflictId) {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "title", "Lady");
    bench.later().await;
    let conflict = bench.pending();
    bench.resolve(conflict.id, take);
    assert_clean(&bench.later().await);
    assert_eq!(bench.status(conflict.id), ConflictStatus::Applied);
    (bench, row, person, conflict.id)
}

#[tokio::test(start_paused = true)]
async fn a_decision_taken_back_restores_both_values_and_asks_again() {
    for take in [Take::Side(Side::Marketo), Take::Value(text("Baroness"))] {
        let (bench, row, person, id) = decided(take).await;
        assert!(matches!(undo(&bench, id), Asked::Done(_)));
        bench.later().await;
        for _ in 0..3 {
            assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
            assert_eq!(bench.field(person, "title"), json!("Lady"));
            assert_eq!(written(&bench.later().await), 0);
        }
        let again = bench.pending();
        assert_eq!(
            (&again.dynamics, &again.marketo),
            (&text("Countess"), &text("Lady"))
        );
        let causes: Vec<_> = bench
            .journal(row)
            .into_iter()
            .map(|row| row.entry.cause)
            .collect();
        assert!(causes.contains(&Cause::Undo), "{causes:?}");
        bench.resolve(again.id, Take::Side(Side::Dynamics));
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_to_be_taken_back_stands_if_the_admin_thinks_better_of_it() {
    let (bench, row, _, id) = decided(Take::Side(Side::Marketo)).await;
    assert!(matches!(undo(&bench, id), Asked::Done(_)));
    let correction = bench.open_conflicts().remove(0);
    assert_eq!(correction.kind, ConflictKind::Undo);
    assert!(matches!(undo(&bench, correction.id), Asked::Done(_)));
    assert_eq!(bench.status(correction.id), ConflictStatus::Superseded);
    assert_eq!(written(&bench.later().await), 0);
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
    assert_eq!(bench.open_conflicts(), []);
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_not_taken_back_over_a_newer_value() {
    let (bench, row, person, id) = decided(Take::Side(Side::Marketo)).await;
    bench.edit(row, "jobtitle", "Empress");
    assert!(matches!(undo(&bench, id), Asked::Done(_)));
    bench.later().await;
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Empress"));
    assert_eq!(bench.column(row, "jobtitle"), json!("Empress"));
    assert!(
        matches!(undo(&bench, id), Asked::No(_)),
        "the field was written again since"
    );
}

fn plan(bench: &Bench, cycle: CycleId, delete: bool) -> RollbackPlan {
    bench
        .store
        .read_blocking(|r| plan_rollback(r, cycle, delete))
        .unwrap()
        .unwrap()
}

fn carry_out(bench: &Bench, plan: &RollbackPlan) {
    let now = bench.clock.now();
    let done = bench
        .store
        .transaction_blocking(|tx| roll_back(tx, plan, "ada", now))
        .unwrap();
    assert!(matches!(done, Asked::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn a_cycle_is_rolled_back_where_its_values_are_still_there_and_stays_so() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..4).map(|n| bench.somebody(&format!("N{n}"))).collect();
    bench.cycle().await;
    bench.pass(10).await;
    let people: Vec<i64> = rows.iter().map(|row| bench.person_of(*row)).collect();
    bench.edit(rows[0], "jobtitle", "Wrong");
    bench.edit(rows[1], "jobtitle", "Wrong");
    bench.edit_person(people[2], "city", "Nowhere");
    bench.edit(rows[3], "jobtitle", "Wrong");
    let report = bench.later().await;
    assert_eq!(written(&report), 4);
    bench.edit(rows[1], "jobtitle", "Right");
    bench.later().await;
    let shown = plan(&bench, report.cycle, false);
    let count = |action: &str| {
        shown
            .steps
            .iter()
            .filter(|step| step.action == action)
            .count()
    };
    assert_eq!(
        (count("restore"), count("skip")),
        (3, 1),
        "{:?}",
        shown.steps
    );
    assert_eq!(
        plan(&bench, report.cycle, false).name,
        shown.name,
        "the same plan has the same name"
    );
    // Somebody mends one while the plan is looked at.
    bench.edit(rows[3], "jobtitle", "Mended");
    carry_out(&bench, &shown);
    bench.later().await;
    for _ in 0..3 {
        bench.later().await;
        assert_eq!(bench.column(rows[0], "jobtitle"), json!(null));
        assert_eq!(bench.field(people[0], "title"), json!(null));
        assert_eq!(bench.field(people[1], "title"), json!("Right"));
        assert_eq!(bench.column(rows[2], "address1_city"), json!(null));
        assert_eq!(bench.field(people[2], "city"), json!(null));
        assert_eq!(bench.field(people[3], "title"), json!("Mended"));
    }
    assert_eq!(written(&bench.later().await), 0);
    bench.assert_in_step();
    let causes: Vec<_> = bench
        .journal(rows[0])
        .into_iter()
        .map(|row| row.entry.cause)
        .collect();
    let back = |cause: &&Cause| matches!(cause, Cause::Rollback(_));
    assert_eq!(
        causes.iter().filter(back).count(),
        2,
        "both sides, both in the journal"
    );
    assert!(bench.open_conflicts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_cycle_created_is_deleted_only_on_request_and_unchanged() {
    let bench = Bench::empty();
    let (row, changed) = (bench.somebody("Ada"), bench.somebody("Grace"));
    let report = bench.cycle().await;
    bench.pass(10).await;
    let edited = bench.person_of(changed);
    bench.edit_person(edited, "city", "London");
    bench.later().await;
    bench.edit_person(edited, "city", "Paris");
    let shown = plan(&bench, report.cycle, false);
    assert!(
        shown.steps.iter().all(|step| step.action == "keep"),
        "{:?}",
        shown.steps
    );
    carry_out(&bench, &shown);
    bench.later().await;
    assert_eq!(bench.people().len(), 2);
    let shown = plan(&bench, report.cycle, true);
    carry_out(&bench, &shown);
    bench.later().await;
    bench.later().await;
    assert!(bench.people_of(row).is_empty(), "deleted");
    assert_eq!(
        bench.person_of(changed),
        edited,
        "somebody has changed it: kept"
    );
    assert!(bench.world.dynamics.row("lead", row).is_some());
    assert_eq!(written(&bench.later().await), 0);
}
