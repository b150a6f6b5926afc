//! The admin's rules for objects: the filter and what happens to those that leave it, deletes, pauses, brakes.

use serde_json::{Value as Json, json};
use syncdeck::engine::filter_test;
use syncdeck::model::{
    BrakeRules, Cause, ConflictKind, ConflictStatus, CycleOutcome, DeletePolicy, Entity, Filter,
    LeavePolicy, Limit, RuleChange, Side, Take,
};
use syncdeck::sandbox::marketo::FieldChange;
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::super::harness::rules::plan_of;
use super::super::harness::{Bench, assert_clean, written};
use super::{bind, company, record};

const FLAG: &str = "syncdeckIsDeleted";

fn edit(bench: &Bench, row: Uuid, column: &str, value: impl Into<Json>) {
    let values = [(column, value.into())];
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("account", row, &values).unwrap();
}

fn account(bench: &Bench, name: &str) -> Uuid {
    bench.row_of("account", &[("name", json!(name))])
}

fn name_of(bench: &Bench, row: Uuid) -> Option<Json> {
    company(bench, row).and_then(|there| there.get("company").cloned())
}

fn flagged(bench: &Bench, row: Uuid) -> bool {
    company(bench, row).is_some_and(|there| there.get(FLAG) == Some(&json!(true)))
}

fn only(expression: &str) -> Filter {
    Filter {
        expression: Some(expression.to_owned()),
        ..Filter::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_filter_of_accounts_is_counted_and_shown_before_it_is_obeyed() {
    let bench = Bench::whole(0, 1);
    let (contoso, adatum) = (account(&bench, "Contoso"), account(&bench, "Adatum"));
    assert_clean(&bench.cycle().await);
    let wanted = only("!name.startsWith('Adatum')");
    let test = filter_test(&bench.parts(), &Entity::ACCOUNT, &wanted)
        .await
        .unwrap();
    assert!(test.inside > 0);
    assert_eq!(test.outside, 1);
    assert_eq!((test.entering, test.leaving), (0, 1));
    assert_eq!(test.leaving_examples, ["Adatum"]);
    bench.rule(&Entity::ACCOUNT, RuleChange::Filter(wanted));
    edit(&bench, adatum, "name", "Adatum Two");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted);
    assert_eq!(name_of(&bench, adatum), Some(json!("Adatum Two")));
    assert_clean(&bench.approving(&plan_of(&report)).await);
    edit(&bench, adatum, "name", "Adatum Three");
    edit(&bench, contoso, "name", "Contoso Two");
    let newcomer = account(&bench, "Adatum Four");
    assert_clean(&bench.later().await);
    assert_eq!(name_of(&bench, adatum), Some(json!("Adatum Two")));
    assert_eq!(name_of(&bench, contoso), Some(json!("Contoso Two")));
    assert_eq!(company(&bench, newcomer), None);
    edit(&bench, adatum, "name", "Fabrikam");
    assert_clean(&bench.later().await);
    assert_eq!(name_of(&bench, adatum), Some(json!("Fabrikam")));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_leaves_is_frozen_flagged_or_deleted_and_mended_when_it_comes_back() {
    for policy in LeavePolicy::ALL {
        let bench = Bench::whole(0, 1);
        assert!(
            bench
                .world
                .marketo
                .change_field("companies", FLAG, FieldChange::AddFlag)
        );
        bench.rule(&Entity::ACCOUNT, RuleChange::Leave(policy));
        let row = account(&bench, "Contoso");
        let values = [
            ("lastname", json!("Hopper")),
            ("parentcustomerid_account@odata.bind", bind("accounts", row)),
        ];
        bench.row_of("contact", &values);
        assert_clean(&bench.cycle().await);
        edit(&bench, row, "new_synctomkto", false);
        edit(&bench, row, "name", "While out");
        bench.later().await;
        match policy {
            LeavePolicy::Freeze => assert!(!flagged(&bench, row)),
            LeavePolicy::Flag => assert!(flagged(&bench, row)),
            LeavePolicy::Delete => {
                // Its contact holds on to it: Marketo says so, and the contact keeps its company.
                assert_eq!(bench.failures().len(), 1, "{:#?}", bench.failures());
                assert!(company(&bench, row).is_some());
                continue;
            }
        }
        assert_eq!(name_of(&bench, row), Some(json!("Contoso")));
        edit(&bench, row, "name", "Still out");
        bench.wire.take();
        assert_eq!(written(&bench.later().await), 0);
        let asked = bench.wire.take();
        let about = asked.iter().filter(|sent| sent.path.contains("companies"));
        assert_eq!(about.count(), 0, "nobody looks at it while it is out");
        edit(&bench, row, "new_synctomkto", true);
        edit(&bench, row, "name", "Contoso");
        assert_clean(&bench.later().await);
        assert!(!flagged(&bench, row));
        assert_eq!(name_of(&bench, row), Some(json!("Contoso")));
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_opportunity_that_leaves_is_deleted_kept_in_the_journal_and_made_anew() {
    let bench = Bench::whole(0, 1);
    bench.rule(&Entity::OPPORTUNITY, RuleChange::Leave(LeavePolicy::Delete));
    let open = only("statecode == 0");
    bench.rule(&Entity::OPPORTUNITY, RuleChange::Filter(open));
    let row = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    assert_clean(&bench.cycle().await);
    let key = row.to_string();
    let deal = || record(&bench, "opportunities", "externalOpportunityId", &key);
    assert!(deal().is_some());
    let state = |state: i32, status: i32| {
        let values = [("statecode", json!(state)), ("statuscode", json!(status))];
        let dynamics = &bench.world.dynamics;
        dynamics.edit_row("opportunity", row, &values).unwrap();
    };
    state(1, 3);
    assert_clean(&bench.later().await);
    assert_eq!(deal(), None);
    let went = bench.journal(row).into_iter().any(|one| {
        one.entry.field == "name"
            && one.entry.cause == Cause::Delete
            && one.entry.before.as_text() == Some("Deal")
    });
    assert!(went);
    assert_eq!(written(&bench.later().await), 0);
    state(0, 1);
    assert_clean(&bench.later().await);
    assert_eq!(deal().unwrap()["name"], json!("Deal"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_flags_deletes_or_unlinks_as_the_policy_says() {
    for policy in [
        DeletePolicy::Flag,
        DeletePolicy::Delete,
        DeletePolicy::Unlink,
    ] {
        let bench = Bench::whole(0, 1);
        let marketo = &bench.world.marketo;
        marketo.change_field("companies", FLAG, FieldChange::AddFlag);
        let side = Side::Dynamics;
        bench.rule(&Entity::ACCOUNT, RuleChange::Delete { side, policy });
        let row = account(&bench, "Contoso");
        assert_clean(&bench.cycle().await);
        bench.world.dynamics.delete_row("account", row).unwrap();
        assert_clean(&bench.later().await);
        let stays = policy != DeletePolicy::Delete;
        assert_eq!(company(&bench, row).is_some(), stays, "{policy:?}");
        assert_eq!(flagged(&bench, row), policy == DeletePolicy::Flag);
        assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
        let journal = bench.journal(row);
        let told = journal.iter().any(|one| {
            one.entry.field == "company" && one.entry.before.as_text() == Some("Contoso")
        });
        assert_eq!(told, !stays, "{journal:#?}");
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_is_asked_about_waits_for_the_admin() {
    for take in Side::BOTH {
        let bench = Bench::whole(0, 1);
        let (side, policy) = (Side::Dynamics, DeletePolicy::Ask);
        bench.rule(&Entity::ACCOUNT, RuleChange::Delete { side, policy });
        let row = account(&bench, "Contoso");
        assert_clean(&bench.cycle().await);
        bench.world.dynamics.delete_row("account", row).unwrap();
        assert_eq!(bench.later().await.outcome, CycleOutcome::Waiting);
        let held = bench.pending();
        assert_eq!(held.kind, ConflictKind::DeleteEdit);
        assert_eq!(
            (held.entity.name(), held.label.as_str()),
            ("account", "Contoso")
        );
        assert!(company(&bench, row).is_some());
        assert_eq!(bench.later().await.outcome, CycleOutcome::Waiting);
        bench.resolve(held.id, Take::Side(take));
        assert_clean(&bench.later().await);
        assert_eq!(company(&bench, row).is_some(), take == Side::Marketo);
        assert_eq!(bench.status(held.id), ConflictStatus::Applied);
        assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_deleted_accounts_wait_for_approval_and_nothing_else_does() {
    let bench = Bench::whole(0, 1);
    let (side, policy) = (Side::Dynamics, DeletePolicy::Delete);
    bench.rule(&Entity::ACCOUNT, RuleChange::Delete { side, policy });
    let few = Limit {
        count: 2,
        percent: 1,
    };
    let brakes = BrakeRules {
        deletes: few,
        ..BrakeRules::default()
    };
    bench.rule(&Entity::ACCOUNT, RuleChange::Brakes(brakes));
    let rows: Vec<Uuid> = (0..10)
        .map(|number| account(&bench, &format!("C{number}")))
        .collect();
    assert_clean(&bench.cycle().await);
    for row in &rows[..4] {
        bench.world.dynamics.delete_row("account", *row).unwrap();
    }
    edit(&bench, rows[5], "name", "Goes on");
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted);
    assert_eq!(name_of(&bench, rows[5]), Some(json!("Goes on")));
    assert!(rows[..4].iter().all(|row| company(&bench, *row).is_some()));
    assert_clean(&bench.approving(&plan_of(&report)).await);
    assert!(rows[..4].iter().all(|row| company(&bench, *row).is_none()));
}

#[tokio::test(start_paused = true)]
async fn companies_that_are_suddenly_gone_halt_their_lane() {
    let bench = Bench::whole(0, 1);
    let rows: Vec<Uuid> = (0..40)
        .map(|number| account(&bench, &format!("C{number}")))
        .collect();
    assert_clean(&bench.cycle().await);
    for row in &rows {
        let marketo = &bench.world.marketo;
        marketo.edit_records(
            "companies",
            ("externalCompanyId", &row.to_string()),
            &[("externalCompanyId", json!(format!("gone-{row}")))],
        );
        edit(&bench, *row, "address1_city", "London");
    }
    bench.wire.take();
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
    assert_eq!(bench.wire.take_writes().len(), 0);
    assert_clean(&bench.approving(&plan_of(&report)).await);
    assert!(rows.iter().all(|row| company(&bench, *row).is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_paused_entity_or_direction_holds_objects_back_and_loses_nothing() {
    for entity in [Some(Entity::ACCOUNT), None] {
        let bench = Bench::whole(0, 1);
        let (side, policy) = (Side::Dynamics, DeletePolicy::Delete);
        bench.rule(&Entity::ACCOUNT, RuleChange::Delete { side, policy });
        let (edited, deleted) = (account(&bench, "Contoso"), account(&bench, "Adatum"));
        assert_clean(&bench.cycle().await);
        bench.hold(entity, Some(Side::Marketo), Some(600));
        let made = account(&bench, "Fabrikam");
        edit(&bench, edited, "name", "Contoso AS");
        bench.world.dynamics.delete_row("account", deleted).unwrap();
        assert_eq!(written(&bench.later().await), 0);
        assert_eq!(name_of(&bench, edited), Some(json!("Contoso")));
        assert_eq!(company(&bench, made), None);
        bench.pass(700).await;
        assert_clean(&bench.cycle().await);
        assert_eq!(name_of(&bench, edited), Some(json!("Contoso AS")));
        assert!(company(&bench, made).is_some());
        assert_eq!(company(&bench, deleted), None);
        assert_eq!(written(&bench.later().await), 0);
    }
}
