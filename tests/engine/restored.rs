//! Dynamics set back to an earlier point while the state and Marketo went on.

use serde_json::json;
use uuid::Uuid;

use super::harness::{Bench, assert_clean, written};

#[tokio::test(start_paused = true)]
async fn a_restored_organisation_is_compared_row_by_row_and_ends_in_step() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..4)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect();
    bench.cycle().await;
    bench.pass(10).await;
    assert_clean(&bench.cycle().await);
    let person = |row: &Uuid| bench.link(*row).unwrap().marketo.unwrap();
    let backup = bench.world.dynamics.snapshot();
    bench.edit(rows[0], "jobtitle", "Countess");
    // This one is written by us, so its version is known.
    bench.edit_person(person(&rows[1]), "city", "London");
    bench.pass(10).await;
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.column(rows[1], "address1_city"), json!("London"));
    bench.pass(10).await;
    assert_clean(&bench.cycle().await);

    bench.world.dynamics.restore(backup);
    bench.pass(10).await;
    bench.cycle().await;
    bench.pass(10).await;
    bench.cycle().await;
    for (row, column, field) in [
        (rows[0], "jobtitle", "title"),
        (rows[1], "address1_city", "city"),
    ] {
        assert_eq!(
            bench.column(row, column),
            bench.field(person(&row), field),
            "{column}"
        );
    }
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.failures().is_empty());
}
