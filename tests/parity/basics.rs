//! Collisions, disjoint edits, deletes, echoes, and what happens while the sync is switched off.

use serde_json::json;
use syncdeck::model::{DeletePolicy, Direction, Entity, Policy, RuleChange, Side};

use crate::engine::harness::{Bench, assert_clean, person_columns, written};

/// 2. A lead edited on both sides takes Marketo's value, a contact Dynamics', where the policy is `native`.
#[tokio::test(start_paused = true)]
async fn a_collision_takes_marketos_value_of_a_lead_and_dynamics_of_a_contact() {
    let bench = Bench::empty();
    let lead = bench.somebody("Ada");
    let contact = bench.row_of("contact", &person_columns("Grace")[1..]);
    for entity in [Entity::LEAD, Entity::CONTACT] {
        bench.set(entity, Direction::Both, Policy::Native);
    }
    bench.cycle().await;
    bench.pass(10).await;
    for row in [lead, contact] {
        bench.edit(row, "jobtitle", "of Dynamics");
        bench.edit_person(bench.person_of(row), "title", "of Marketo");
    }
    assert_clean(&bench.later().await);
    for (row, kept) in [(lead, "of Marketo"), (contact, "of Dynamics")] {
        assert_eq!(bench.column(row, "jobtitle"), json!(kept));
        assert_eq!(bench.field(bench.person_of(row), "title"), json!(kept));
        let lost = bench.journal(row).into_iter().any(|one| {
            let before = one.entry.before.as_text();
            one.entry.field == "title" && before.is_some_and(|text| text != kept)
        });
        assert!(lost, "the losing value is in the journal");
    }
}

/// 3. Edits of different fields of one record both survive.
#[tokio::test(start_paused = true)]
async fn disjoint_edits_of_one_record_both_survive() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
}

/// 8. A delete in Dynamics sets the flag and keeps the person.
#[tokio::test(start_paused = true)]
async fn a_delete_in_dynamics_sets_the_flag_and_keeps_the_person() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.world.dynamics.delete_row("lead", row).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(true));
    assert_eq!(bench.field(person, "email"), json!("ada@example.com"));
}

/// 9. A delete in Marketo, then an edit in Dynamics: creates the person anew where the policy says so, not otherwise.
#[tokio::test(start_paused = true)]
async fn an_edit_after_a_delete_in_marketo_recreates_the_person_by_policy() {
    for (policy, recreated) in [(DeletePolicy::Recreate, 1), (DeletePolicy::Unlink, 0)] {
        let bench = Bench::empty();
        let side = Side::Marketo;
        bench.rule(&Entity::LEAD, RuleChange::Delete { side, policy });
        let row = bench.somebody("Ada");
        bench.cycle().await;
        bench.pass(10).await;
        let old = bench.person_of(row);
        assert!(bench.world.marketo.delete_person(old));
        assert_clean(&bench.later().await);
        assert!(bench.people().is_empty(), "an echo creates nobody");
        bench.edit(row, "jobtitle", "Countess");
        assert_clean(&bench.later().await);
        assert_eq!(bench.people_of(row).len(), recreated);
        if recreated == 1 {
            let person = bench.person_of(row);
            assert_ne!(person, old);
            assert_eq!(bench.field(person, "title"), json!("Countess"));
            bench.assert_in_step();
        }
        assert_eq!(written(&bench.later().await), 0);
    }
}

/// 16. Our own writes are not echoed.
#[tokio::test(start_paused = true)]
async fn own_writes_are_not_echoed() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(bench.person_of(row), "city", "London");
    assert_eq!(written(&bench.later().await), 2);
    bench.wire.take();
    for _ in 0..3 {
        assert_eq!(written(&bench.later().await), 0);
    }
    assert!(bench.wire.take_writes().is_empty());
}

/// 21. What happens while the sync is off is carried over when it is on again.
#[tokio::test(start_paused = true)]
async fn time_spent_paused_or_off_loses_nothing() {
    for off in [false, true] {
        let bench = Bench::empty();
        let row = bench.somebody("Ada");
        bench.cycle().await;
        bench.pass(10).await;
        let person = bench.person_of(row);
        if off {
            bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
        } else {
            bench.hold(None, None, None);
        }
        bench.edit(row, "jobtitle", "Countess");
        bench.edit_person(person, "city", "London");
        let new = bench.somebody("Edith");
        for _ in 0..3 {
            bench.pass(3600).await;
            assert_eq!(written(&bench.cycle().await), 0);
        }
        if off {
            bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
        } else {
            bench.release();
        }
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        assert_eq!(bench.column(row, "address1_city"), json!("London"));
        bench.person_of(new);
        bench.assert_in_step();
    }
}
