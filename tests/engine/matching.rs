//! Match rules beyond the e-mail address, in the order the admin gives.

use serde_json::json;
use syncdeck::model::{CycleOutcome, Entity, MatchRule, RuleChange};

use super::harness::{Bench, assert_clean};

fn rules(rules: &[&[&str]]) -> RuleChange {
    let rule = |fields: &&[&str]| MatchRule {
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
    };
    RuleChange::Matching(rules.iter().map(rule).collect())
}

#[tokio::test(start_paused = true)]
async fn rows_find_their_people_by_the_first_rule_that_finds_anybody() {
    let bench = Bench::empty();
    bench.rule(
        &Entity::LEAD,
        rules(&[&["phone"], &["email", "lastName"], &["topic"]]),
    );
    let marketo = &bench.world.marketo;
    let other = marketo.seed_person(&[
        ("email", json!("ada@example.com")),
        ("lastName", json!("Lovelace")),
    ]);
    let same = marketo.seed_person(&[("topic", json!("Ada asks"))]);
    // Marketo cannot search by phone: that rule is passed over.
    let row = bench.somebody("Ada");
    bench.edit(row, "telephone1", "+49 89 1234567");
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.person_of(row), same);
    assert_eq!(bench.people().len(), 2);
    assert_ne!(
        bench.field(other, "syncdeckDynamicsId"),
        json!(row.to_string())
    );
}

#[tokio::test(start_paused = true)]
async fn several_by_one_rule_are_held_for_the_admin() {
    let bench = Bench::empty();
    bench.rule(&Entity::LEAD, rules(&[&["topic"]]));
    for _ in 0..2 {
        bench
            .world
            .marketo
            .seed_person(&[("topic", json!("Ada asks"))]);
    }
    let row = bench.somebody("Ada");
    assert_eq!(bench.cycle().await.outcome, CycleOutcome::Waiting);
    assert_eq!(bench.pending().dynamics_id, Some(row));
    assert_eq!(bench.people().len(), 2);
}
