//! Each fault of Marketo's dial met by a first copy and by edits both ways: nobody is lost, nobody is there twice.

use serde_json::json;
use syncdeck::model::{CycleOutcome, Side};
use uuid::Uuid;

use super::harness::{Bench, written};

/// Every kind of the dial, three times in a row each.
const FAULTS: [&str; 19] = [
    "601",
    "602",
    "604",
    "606",
    "607",
    "608",
    "611",
    "614",
    "615",
    "713",
    "719",
    "1029",
    "5xx",
    "cut",
    "html",
    "lost",
    "partial",
    "reset",
    "truncated",
];

/// Cycles over two days: after a used-up quota nothing moves before the vendor's midnight.
async fn until_quiet(bench: &Bench) {
    for pause in [10, 130, 130, 700, 3_600, 40_000, 40_000, 86_400] {
        bench.pass(pause).await;
        let report = bench.cycle().await;
        let pulled = report
            .entities
            .iter()
            .map(|one| one.pulled.total())
            .sum::<u64>();
        let quiet = report.outcome == CycleOutcome::Clean && written(&report) == 0;
        if quiet && pulled == 0 && bench.differences().is_empty() {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_the_dial_is_survived_with_nothing_lost_or_doubled() {
    for fault in FAULTS {
        let bench = Bench::empty();
        let rows: Vec<Uuid> = (0..4).map(|n| bench.somebody(&format!("N{n}"))).collect();
        let dial = format!("marketo:{fault}=x3");
        bench.world.faults.set(&dial).unwrap();
        bench.cycle().await;
        until_quiet(&bench).await;
        assert_eq!(bench.people().len(), 4, "{fault}: after the first copy");
        let people: Vec<i64> = rows.iter().map(|row| bench.person_of(*row)).collect();
        bench.edit(rows[0], "jobtitle", "Countess");
        bench.edit_person(people[1], "city", "London");
        bench.edit(rows[2], "firstname", json!(null));
        bench.edit_person(people[2], "title", "Lady");
        bench.world.marketo.delete_person(people[3]);
        bench.pass(10).await;
        bench.world.faults.set(&dial).unwrap();
        bench.cycle().await;
        until_quiet(&bench).await;
        assert_eq!(bench.people().len(), 3, "{fault}: after the edits");
        bench.assert_in_step();
        assert_eq!(
            bench.field(people[0], "title"),
            json!("Countess"),
            "{fault}"
        );
        assert_eq!(
            bench.column(rows[1], "address1_city"),
            json!("London"),
            "{fault}"
        );
        assert_eq!(bench.column(rows[2], "jobtitle"), json!("Lady"), "{fault}");
        assert!(
            bench.conflicts().is_empty(),
            "{fault}: {:#?}",
            bench.conflicts()
        );
        let gone = bench.link(rows[3]).unwrap().state;
        assert_eq!(gone, syncdeck::store::LinkState::Tombstone, "{fault}");
    }
}

/// Marketo's own connector is attached: nothing at all is written.
#[tokio::test(start_paused = true)]
async fn an_attached_crm_stops_everything_before_the_first_write() {
    let bench = Bench::empty();
    bench.somebody("Ada");
    bench.world.faults.set("marketo:1018=x1").unwrap();
    let report = bench.cycle().await;
    assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
    assert!(report.reason.unwrap().contains("1018"), "it says why");
    assert!(bench.people().is_empty());
    let to_marketo = bench.wire.take_writes().into_iter();
    assert_eq!(
        to_marketo
            .filter(|write| write.side == Side::Marketo)
            .count(),
        0
    );
}
