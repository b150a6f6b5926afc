//! A record that is to be flagged where nobody has made the field: it is kept, and that is said.

use serde_json::json;
use syncdeck::engine::{self, Check};
use syncdeck::model::{Cause, DeletePolicy, Entity, RuleChange, Side, Value};
use syncdeck::sandbox::marketo::FieldChange;

use super::super::harness::{Bench, assert_clean};
use super::company;

const FLAG: &str = "syncdeckIsDeleted";

async fn line(bench: &Bench, name: &str) -> Option<Check> {
    let list = engine::check(bench.parts()).await.unwrap();
    list.into_iter().find(|line| line.name == name)
}

/// What the list of entities and the status say about accounts.
fn told(bench: &Bench) -> (Option<String>, Vec<String>) {
    let (list, status) = bench
        .store
        .read_blocking(|reader| {
            let now = bench.clock.now();
            Ok((
                engine::entity_list(reader)?,
                engine::status(reader, "test", now)?,
            ))
        })
        .unwrap();
    let list = list.into_iter().find(|one| one.entity == Entity::ACCOUNT);
    let rows = status["entities"].as_array().unwrap();
    let row = rows.iter().find(|row| row["entity"] == "account").unwrap();
    let notes = row["notes"].as_array().unwrap().iter();
    let notes = notes.map(|note| note.as_str().unwrap().to_owned());
    (list.unwrap().note, notes.collect())
}

#[tokio::test(start_paused = true)]
async fn where_companies_have_no_field_for_the_flag_everybody_who_asks_is_told() {
    let bench = Bench::whole(0, 1);
    assert_clean(&bench.cycle().await);
    let name = "account: flag of deleted rows";
    let check = line(&bench, name).await.unwrap();
    assert!(check.ok, "everything else works: {check:?}");
    for part in [FLAG, "Company object", "deleted_in_dynamics"] {
        assert!(check.found.contains(part), "{part}: {check:?}");
    }
    let (note, notes) = told(&bench);
    assert_eq!(note.as_deref(), Some(check.found.as_str()));
    assert_eq!(notes, [check.found]);
    let marketo = &bench.world.marketo;
    assert!(marketo.change_field("companies", FLAG, FieldChange::AddFlag));
    bench.pass(2 * 3600).await;
    bench.cycle().await;
    assert_eq!(told(&bench), (None, vec![]));
    assert!(
        !line(&bench, name)
            .await
            .unwrap()
            .found
            .contains("administration")
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_who_wants_no_flag() {
    let bench = Bench::whole(0, 1);
    let (side, policy) = (Side::Dynamics, DeletePolicy::Delete);
    bench.rule(&Entity::ACCOUNT, RuleChange::Delete { side, policy });
    assert_clean(&bench.cycle().await);
    assert_eq!(told(&bench), (None, vec![]));
    assert_eq!(line(&bench, "account: flag of deleted rows").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_was_seen_and_kept_is_in_the_history() {
    let bench = Bench::whole(0, 1);
    let row = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    bench.world.dynamics.delete_row("account", row).unwrap();
    bench.wire.take();
    let report = bench.later().await;
    assert_clean(&report);
    assert!(bench.wire.take_writes().is_empty());
    assert!(company(&bench, row).is_some());
    let kept = |entry: &syncdeck::model::JournalEntry| {
        let words = Value::text("its row was deleted in Dynamics; it is kept");
        entry.after == words && entry.cause == Cause::Policy("keep".to_owned())
    };
    let journal = bench.journal(row);
    let found: Vec<_> = journal.iter().filter(|one| kept(&one.entry)).collect();
    assert_eq!(found.len(), 1, "{journal:#?}");
    assert_eq!(found[0].entry.cycle, report.cycle);
    // There is nothing to be taken back.
    let plan = bench
        .store
        .read_blocking(|reader| engine::plan_rollback(reader, report.cycle, false));
    assert_eq!(plan.unwrap().unwrap().steps, []);
}
