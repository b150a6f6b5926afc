//! Taking back what a cycle wrote to objects: values held, records made again or deleted.

use serde_json::json;
use syncdeck::engine::{Asked, RollbackPlan, plan_rollback, roll_back};
use syncdeck::model::CycleId;

use super::super::harness::{Bench, assert_clean, written};
use super::cast::{cast, contact, plays, stakeholder};
use super::{company, record};

fn plan(bench: &Bench, cycle: CycleId, delete: bool) -> RollbackPlan {
    let plan = bench
        .store
        .read_blocking(|reader| plan_rollback(reader, cycle, delete));
    plan.unwrap().unwrap()
}

fn carry_out(bench: &Bench, plan: &RollbackPlan) {
    let now = bench.clock.now();
    let done = bench
        .store
        .transaction_blocking(|tx| roll_back(tx, plan, "ada", now));
    assert!(matches!(done.unwrap(), Asked::Done(_)));
}

fn actions(plan: &RollbackPlan) -> Vec<(&str, &'static str)> {
    let mut found: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.field.as_str(), step.action))
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test(start_paused = true)]
async fn a_value_put_back_is_held_until_dynamics_changes_it() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of(
        "account",
        &[("name", json!("Contoso")), ("telephone1", json!("1"))],
    );
    assert_clean(&bench.cycle().await);
    let dynamics = &bench.world.dynamics;
    let edit = |values: &[(&str, serde_json::Value)]| {
        dynamics.edit_row("account", account, values).unwrap();
    };
    edit(&[("name", json!("Wrong"))]);
    let report = bench.later().await;
    assert_eq!(company(&bench, account).unwrap()["company"], json!("Wrong"));
    let shown = plan(&bench, report.cycle, false);
    assert_eq!(actions(&shown), [("company", "restore")]);
    assert!(
        shown.steps[0]
            .then
            .unwrap()
            .contains("until this field changes")
    );
    carry_out(&bench, &shown);
    bench.later().await;
    assert_eq!(
        company(&bench, account).unwrap()["company"],
        json!("Contoso")
    );
    edit(&[("telephone1", json!("2"))]);
    assert_clean(&bench.later().await);
    let held = company(&bench, account).unwrap();
    assert_eq!(held["company"], json!("Contoso"), "another field changed");
    assert_eq!(held["mainPhone"], json!("2"));
    assert_eq!(written(&bench.later().await), 0);
    edit(&[("name", json!("Right"))]);
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, account).unwrap()["company"], json!("Right"));
    assert!(bench.open_conflicts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_value_is_not_put_back_over_a_newer_one() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    let dynamics = &bench.world.dynamics;
    let name = |name: &str| [("name", json!(name))];
    dynamics
        .edit_row("account", account, &name("Wrong"))
        .unwrap();
    let report = bench.later().await;
    let shown = plan(&bench, report.cycle, false);
    dynamics
        .edit_row("account", account, &name("Mended"))
        .unwrap();
    carry_out(&bench, &shown);
    assert_clean(&bench.later().await);
    assert_eq!(
        company(&bench, account).unwrap()["company"],
        json!("Mended")
    );
    assert!(bench.open_conflicts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_cycle_deleted_is_made_again_with_its_roles() {
    let bench = Bench::whole(0, 1);
    let (grace, deal) = (
        contact(&bench, "Hopper"),
        bench.row_of(
            "opportunity",
            &[("name", json!("Deal")), ("estimatedvalue", json!(5))],
        ),
    );
    stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("opportunity", deal).unwrap();
    let report = bench.later().await;
    let key = deal.to_string();
    let there = || record(&bench, "opportunities", "externalOpportunityId", &key);
    assert_eq!(there(), None);
    let shown = plan(&bench, report.cycle, false);
    let again = shown.steps.iter().filter(|step| step.action == "recreate");
    assert_eq!(again.count(), 2, "{:#?}", shown.steps);
    carry_out(&bench, &shown);
    bench.later().await;
    bench.later().await;
    let back = there().unwrap();
    assert_eq!(
        (&back["name"], &back["amount"]),
        (&json!("Deal"), &json!("5.00"))
    );
    assert_eq!(
        cast(&bench, deal),
        [plays(bench.person_of(grace), "Stakeholder")]
    );
    assert!(bench.open_conflicts().is_empty());
    assert_eq!(bench.failures().len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_cycle_created_is_deleted_on_request_and_comes_back_with_its_row() {
    let bench = Bench::whole(0, 1);
    assert_clean(&bench.cycle().await);
    let deal = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    let report = bench.later().await;
    let key = deal.to_string();
    let there = || record(&bench, "opportunities", "externalOpportunityId", &key).is_some();
    assert!(there());
    assert_eq!(actions(&plan(&bench, report.cycle, false)), [("", "keep")]);
    let shown = plan(&bench, report.cycle, true);
    assert_eq!(actions(&shown), [("", "delete")]);
    assert!(
        shown.steps[0]
            .then
            .unwrap()
            .contains("when its row changes")
    );
    carry_out(&bench, &shown);
    bench.later().await;
    assert!(!there());
    assert_eq!(written(&bench.later().await), 0);
    assert!(!there());
    let dynamics = &bench.world.dynamics;
    dynamics
        .edit_row("opportunity", deal, &[("name", json!("Better"))])
        .unwrap();
    assert_clean(&bench.later().await);
    assert!(there());
}
