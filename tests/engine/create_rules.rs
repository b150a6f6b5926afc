//! Who exists in Marketo only becomes a row in Dynamics where a rule says so, and nobody does unasked.

use serde_json::json;
use syncdeck::engine::{self, Asked, NewRow};
use syncdeck::model::{CycleOutcome, Entity, FailureClass, RuleChange};

use super::harness::rules::plan_of;
use super::harness::{Bench, assert_clean};

fn person(bench: &Bench, name: &str, city: &str) -> i64 {
    let email = format!("{}@example.com", name.to_lowercase());
    let fields = [
        ("lastName", json!(name)),
        ("email", json!(email)),
        ("city", json!(city)),
    ];
    bench.world.marketo.create_person(&fields, "Web form")
}

fn rule(bench: &Bench, entity: &Entity, rule: &str) {
    bench.rule(entity, RuleChange::CreateInDynamics(Some(rule.to_owned())));
}

async fn reasons(bench: &Bench) -> Vec<(i64, String)> {
    let found = engine::list_marketo_only(bench.parts(), None, 100)
        .await
        .unwrap();
    found
        .into_iter()
        .map(|one| (one.marketo, one.reason))
        .collect()
}

async fn settled(bench: &Bench) {
    bench.later().await;
    assert_clean(&bench.later().await);
}

#[tokio::test(start_paused = true)]
async fn without_a_rule_nobody_is_created_and_the_list_says_why() {
    let bench = Bench::empty();
    bench.cycle().await;
    let ada = person(&bench, "Ada", "London");
    settled(&bench).await;
    assert!(bench.rows("lead").await.is_empty() && bench.rows("contact").await.is_empty());
    let listed = reasons(&bench).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].0, ada);
    assert!(listed[0].1.contains("on request only"), "{listed:?}");
}

#[tokio::test(start_paused = true)]
async fn whom_a_rule_holds_for_becomes_what_it_says_and_the_others_stay() {
    let bench = Bench::empty();
    rule(&bench, &Entity::LEAD, "city == 'London'");
    rule(&bench, &Entity::CONTACT, "city == 'Paris'");
    bench.cycle().await;
    let (ada, mileva, paul) = (
        person(&bench, "Ada", "London"),
        person(&bench, "Mileva", "Zürich"),
        person(&bench, "Paul", "Paris"),
    );
    settled(&bench).await;
    let (leads, contacts) = (bench.rows("lead").await, bench.rows("contact").await);
    assert_eq!((leads.len(), contacts.len()), (1, 1));
    assert_eq!(bench.person_of(leads[0]), ada);
    assert_eq!(bench.person_of(contacts[0]), paul);
    assert_eq!(
        reasons(&bench).await,
        [(mileva, "no rule holds".to_owned())]
    );
    bench.assert_in_step();
    // Whoever comes to be meant later is created then.
    bench.edit_person(mileva, "city", "London");
    settled(&bench).await;
    assert_eq!(bench.rows("lead").await.len(), 2);
    assert!(reasons(&bench).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_set_later_holds_for_those_who_were_there_and_finds_rows_that_are() {
    let bench = Bench::empty();
    bench.cycle().await;
    let ada = person(&bench, "Ada", "London");
    settled(&bench).await;
    rule(&bench, &Entity::LEAD, "city == 'London'");
    settled(&bench).await;
    let leads = bench.rows("lead").await;
    assert_eq!(leads.len(), 1);
    assert_eq!(bench.person_of(leads[0]), ada);
    // Who was unlinked by the admin is not made anew by a rule.
    let now = bench.clock.now();
    let key = syncdeck::model::RecordKey::Marketo(ada);
    bench
        .store
        .transaction_blocking(|tx| engine::unlink(tx, key, now))
        .unwrap();
    bench.edit_person(ada, "title", "Countess");
    settled(&bench).await;
    assert_eq!(bench.rows("lead").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_at_once_are_braked_and_a_rule_that_cannot_be_used_is_told() {
    let bench = Bench::empty();
    bench.somebody("Ada");
    bench.cycle().await;
    rule(&bench, &Entity::LEAD, "nothing_known == 1");
    let strict = serde_json::from_value(json!({"creates": {"count": 2, "percent": 0}})).unwrap();
    bench.rule(&Entity::LEAD, RuleChange::Brakes(strict));
    for number in 0..5 {
        person(&bench, &format!("N{number}"), "London");
    }
    settled(&bench).await;
    assert_eq!(bench.rows("lead").await.len(), 1);
    rule(&bench, &Entity::LEAD, "city == 'London'");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
    assert_eq!(bench.rows("lead").await.len(), 1);
    bench.approving(&plan_of(&report)).await;
    settled(&bench).await;
    assert_eq!(bench.rows("lead").await.len(), 6);
}

/// Whoever has that address in Dynamics may be the same person: the admin says so, or merges the two in Marketo.
#[tokio::test(start_paused = true)]
async fn nobody_is_created_beside_a_row_of_the_same_address() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    let double = person(&bench, "Ada", "London");
    rule(&bench, &Entity::LEAD, "city == 'London'");
    settled_with_failures(&bench).await;
    assert_eq!(bench.rows("lead").await, [row]);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].marketo_id, Some(double));
    assert_eq!(failures[0].refusal.class, FailureClass::Duplicate);
    assert!(failures[0].refusal.message.contains(&row.to_string()));
}

async fn settled_with_failures(bench: &Bench) {
    for _ in 0..3 {
        bench.later().await;
    }
}

/// The row is new to both: its own feed tells of it in the cycle that looks for the person's row.
#[tokio::test(start_paused = true)]
async fn whoever_has_a_row_by_then_is_linked_to_it_and_not_created() {
    let bench = Bench::empty();
    bench.cycle().await;
    let ada = person(&bench, "Ada", "London");
    settled(&bench).await;
    let row = bench.somebody("Ada");
    let new = NewRow {
        marketo: ada,
        entity: Entity::LEAD,
        account: None,
    };
    let (store, now) = (&bench.store, bench.clock.now());
    let asked = store.transaction_blocking(|tx| engine::create(tx, &new, now));
    assert!(matches!(asked.unwrap(), Asked::Done(_)));
    bench.later().await;
    bench.later().await;
    assert_eq!(bench.rows("lead").await, [row]);
    assert_eq!(bench.link(row).unwrap().marketo, Some(ada));
    // The two names differ; whose they are is no question.
    let open = bench.open_conflicts();
    assert!(open.iter().all(|one| one.field == "lastName"), "{open:#?}");
    assert_eq!(bench.failures(), []);
}
