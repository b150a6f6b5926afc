//! Match rules beyond the e-mail address, in the order the admin gives.

use serde_json::json;
use syncdeck::model::{ConflictKind, CycleOutcome, Entity, MatchRule, RuleChange, Take, Value};

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
    let conflict = bench.pending();
    assert_eq!(conflict.kind, ConflictKind::AmbiguousMatch);
    assert_eq!(conflict.dynamics_id, Some(row));
    // The candidates are named, so that one can be chosen.
    let people = bench.people();
    assert_eq!(people.len(), 2);
    for (person, _) in &people {
        assert!(conflict.note.contains(&person.to_string()), "{conflict:?}");
    }
    let chosen = Value::Integer(people[1].0);
    bench.resolve(conflict.id, Take::Value(chosen));
    assert_clean(&bench.later().await);
    assert_eq!(bench.person_of(row), people[1].0);
    assert_eq!(bench.people().len(), 2);
}

/// One address for the whole office: the company tells who is who.
#[tokio::test(start_paused = true)]
async fn of_several_people_of_one_address_the_company_tells_which_it_is() {
    let bench = Bench::empty();
    bench.map_leads("[[fields]]\ndynamics = \"companyname\"\nmarketo = \"company\"\n");
    bench.rule(&Entity::LEAD, rules(&[&["email", "company"], &["email"]]));
    let [_, right] = ["Fabrikam", "Contoso"].map(|company| {
        let values = [
            ("email", json!("ada@example.com")),
            ("company", json!(company)),
        ];
        bench.world.marketo.seed_person(&values)
    });
    let row = bench.somebody("Ada");
    bench.edit(row, "companyname", "Contoso");
    assert_clean(&bench.cycle().await);
    assert_eq!(bench.person_of(row), right);
    assert_eq!(bench.people().len(), 2);
}
