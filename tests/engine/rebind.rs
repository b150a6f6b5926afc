//! Other ends: nothing is written until the state is bound anew; then links are found by keys and nobody is doubled.

use serde_json::json;
use syncdeck::engine;
use syncdeck::model::{CycleOutcome, DeletePolicy, Entity, RuleChange, Side};
use uuid::Uuid;

use super::harness::{Bench, assert_clean, written};

#[tokio::test(start_paused = true)]
async fn another_organisation_halts_and_binding_anew_keeps_settings_and_finds_the_links() {
    let bench = Bench::empty();
    let (side, policy) = (Side::Dynamics, DeletePolicy::Unlink);
    bench.rule(&Entity::LEAD, RuleChange::Delete { side, policy });
    bench.map_leads("[[fields]]\ndynamics = \"websiteurl\"\nmarketo = \"department\"\n");
    let rows = [bench.somebody("Ada"), bench.somebody("Grace")];
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let people = rows.map(|row| bench.person_of(row));
    // A refreshed copy: the same rows and people under another organisation's id.
    let former = Uuid::from_u128(7);
    for person in people {
        bench.edit_person(person, "syncdeckOrganizationId", former.to_string());
    }
    let mut binding = bench.store.read_blocking(|r| r.binding()).unwrap().unwrap();
    binding.organization = former.to_string();
    bench
        .store
        .transaction_blocking(|tx| tx.bind(&binding))
        .unwrap();
    bench.edit(rows[0], "jobtitle", "Countess");
    bench.wire.take();
    let halted = bench.later().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted);
    assert!(bench.wire.take_writes().is_empty());

    let now = bench.clock.now();
    bench
        .store
        .transaction_blocking(|tx| engine::rebind(tx, now))
        .unwrap();
    bench.later().await;
    assert_eq!(bench.people().len(), 2);
    for (row, person) in rows.into_iter().zip(people) {
        assert_eq!(bench.person_of(row), person);
        assert_ne!(
            bench.field(person, "syncdeckOrganizationId"),
            json!(former.to_string())
        );
    }
    assert_eq!(bench.links().len(), 2);
    let rules = bench.settings(&Entity::LEAD).rules;
    assert_eq!(rules.deleted_in_dynamics, DeletePolicy::Unlink);
    let versions = bench.store.read_blocking(|r| r.mappings(&Entity::LEAD, 9));
    assert_eq!(versions.unwrap().len(), 1);
    assert_eq!(written(&bench.later().await), 0);
}
