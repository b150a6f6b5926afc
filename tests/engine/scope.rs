//! The filter: who is in scope, what happens to those that leave, and a changed one as a plan.

use serde_json::json;
use syncdeck::engine::{filter_plan, filter_test};
use syncdeck::model::{CycleOutcome, Entity, Filter, LeavePolicy, RuleChange, Side};

use super::harness::rules::plan_of;
use super::harness::wire::Fate;
use super::harness::{Bench, SETTLE, assert_clean, written};

fn only_londoners() -> Filter {
    Filter {
        expression: Some("address1_city == 'London'".to_owned()),
        ..Filter::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_filter_is_shown_before_it_is_obeyed() {
    let bench = Bench::empty();
    let (ada, grace) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.edit(ada, "address1_city", "London");
    bench.edit(grace, "address1_city", "Paris");
    assert_clean(&bench.cycle().await);
    let test = filter_test(&bench.parts(), &Entity::LEAD, &only_londoners())
        .await
        .unwrap();
    assert_eq!((test.inside, test.outside), (1, 1));
    assert_eq!((test.entering, test.leaving), (0, 1));
    assert_eq!(test.leaving_examples, ["grace@example.com"]);

    bench.rule(&Entity::LEAD, RuleChange::Filter(only_londoners()));
    bench.edit(grace, "jobtitle", "Admiral");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted);
    let grace_in_marketo = bench.person_of(grace);
    assert_eq!(bench.field(grace_in_marketo, "title"), json!("Admiral"));
    let plan = plan_of(&report);
    let shown = bench
        .store
        .read_blocking(|r| filter_plan(r, &Entity::LEAD))
        .unwrap()
        .unwrap();
    assert_eq!((shown.plan.as_str(), shown.leaving), (plan.as_str(), 1));

    bench.pass(10).await;
    assert_clean(&bench.approving(&plan).await);
    bench.edit(grace, "jobtitle", "Commodore");
    bench.edit(ada, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(bench.field(grace_in_marketo, "title"), json!("Admiral"));
    assert_eq!(
        bench.field(bench.person_of(ada), "title"),
        json!("Countess")
    );

    bench.edit(grace, "address1_city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(grace_in_marketo, "title"), json!("Commodore"));
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_cannot_be_used_says_where_and_is_not_obeyed() {
    let bench = Bench::empty();
    bench.somebody("Ada");
    bench.cycle().await;
    for (text, place) in [
        ("address1_city ==", "line 1"),
        ("no_such_column == 1", "'no_such_column'"),
    ] {
        let filter = Filter {
            expression: Some(text.to_owned()),
            ..Filter::default()
        };
        let error = filter_test(&bench.parts(), &Entity::LEAD, &filter)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
        bench.rule(&Entity::LEAD, RuleChange::Filter(filter));
        assert_clean(&bench.later().await);
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_flags_or_deletes_the_person_by_policy_and_coming_back_mends_it() {
    for policy in [LeavePolicy::Flag, LeavePolicy::Delete] {
        let bench = Bench::empty();
        bench.rule(&Entity::LEAD, RuleChange::Leave(policy));
        let row = bench.somebody("Ada");
        bench.cycle().await;
        bench.pass(10).await;
        let person = bench.person_of(row);
        bench.edit(row, "new_synctomkto", false);
        assert_clean(&bench.later().await);
        match policy {
            LeavePolicy::Flag => {
                assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(true));
            }
            _ => assert!(bench.people().is_empty()),
        }
        assert_eq!(written(&bench.later().await), 0);
        bench.edit(row, "new_synctomkto", true);
        bench.edit(row, "jobtitle", "Countess");
        assert_clean(&bench.later().await);
        let person = bench.person_of(row);
        assert_ne!(bench.field(person, "syncdeckIsDeleted"), json!(true));
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        bench.assert_in_step();
    }
}

/// Its write without an answer is looked at once, and never again.
#[tokio::test(start_paused = true)]
async fn a_row_that_leaves_after_a_write_without_an_answer_still_agrees_on_it() {
    let bench = Bench::empty();
    bench.rule(&Entity::LEAD, RuleChange::Filter(only_londoners()));
    let row = bench.somebody("Ada");
    bench.edit(row, "address1_city", "London");
    let report = bench.cycle().await;
    if report.outcome == CycleOutcome::Halted {
        bench.approving(&plan_of(&report)).await;
    }
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.wire.spoil_next_write(Side::Marketo, Fate::Lost);
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"), "it landed");
    bench.edit(row, "address1_city", "Paris");
    bench.edit(row, "jobtitle", "Lady");
    bench.pass(SETTLE.as_secs() + 10).await;
    bench.later().await;
    bench.edit(row, "address1_city", "London");
    bench.later().await;
    assert!(bench.conflicts().is_empty(), "{:#?}", bench.conflicts());
    assert_eq!(bench.field(person, "title"), json!("Lady"));
}
