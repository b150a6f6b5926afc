//! A side that is suddenly empty: nothing is taken for deleted, and nobody is created again, before the admin has said so.

use serde_json::json;
use syncdeck::model::CycleOutcome;
use uuid::Uuid;

use super::harness::rules::plan_of;
use super::harness::{Bench, assert_clean};

/// So many people that a side's state can be told from them.
const MANY: usize = 40;

fn many(bench: &Bench) -> Vec<Uuid> {
    (0..MANY)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect()
}

fn flagged(bench: &Bench) -> usize {
    let people = bench.people();
    let flagged = people
        .iter()
        .filter(|(_, person)| person.get("syncdeckIsDeleted") == Some(&json!(true)));
    flagged.count()
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_suddenly_short_of_rows_halts_before_anybody_counts_as_deleted() {
    let bench = Bench::empty();
    let rows = many(&bench);
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    for row in &rows[..30] {
        bench.world.dynamics.delete_row("lead", *row).unwrap();
    }
    // Another map: everything is read anew, so no feed tells of the deleted ones any more.
    bench.map_leads("[[fields]]\ndynamics = \"sic\"\nmarketo = \"department\"\n");
    bench.wire.take();
    let halted = bench.cycle().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted, "{halted:?}");
    assert!(bench.wire.take_writes().is_empty());
    assert_eq!(flagged(&bench), 0);
    let plan = plan_of(&halted);
    assert_eq!(plan_of(&bench.cycle().await), plan, "the same plan again");

    // Many deletes are a brake of their own.
    let mut report = bench.approving(&plan).await;
    for _plan in 0..3 {
        if report.outcome == CycleOutcome::Halted {
            report = bench.approving(&plan_of(&report)).await;
        }
    }
    assert_ne!(report.outcome, CycleOutcome::Halted, "{report:?}");
    assert_eq!(flagged(&bench), 30);
}

#[tokio::test(start_paused = true)]
async fn people_who_are_suddenly_not_there_halt_the_lane_before_a_write() {
    let bench = Bench::chosen(1, &|options| {
        options.activity_lag = std::time::Duration::from_secs(3600);
    });
    let rows = many(&bench);
    bench.cycle().await;
    bench.pass(4000).await;
    bench.cycle().await;
    let people: Vec<i64> = rows.iter().map(|row| bench.person_of(*row)).collect();
    for person in &people[..35] {
        bench.world.marketo.delete_person(*person);
    }
    for row in &rows {
        bench.edit(*row, "jobtitle", "Countess");
    }
    bench.wire.take();
    let halted = bench.later().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted, "{halted:?}");
    assert!(
        bench.wire.take_writes().is_empty(),
        "nobody is written or created"
    );
    let reason = halted.reason.unwrap();
    assert!(reason.contains('5') && reason.contains("40"), "{reason}");
    assert_eq!(bench.people().len(), 5);
}
