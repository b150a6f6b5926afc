//! Taking back what a cycle wrote to fields of people that travel one way: put back where they arrive, and held there.

use serde_json::json;
use syncdeck::engine::{Asked, RollbackPlan, inspect, plan_rollback, roll_back};
use syncdeck::model::{CycleId, Direction, Entity, Policy, Side, Take};
use uuid::Uuid;

use super::harness::wire::Fate;
use super::harness::{Bench, SETTLE, assert_clean, written};

fn plan(bench: &Bench, cycle: CycleId) -> RollbackPlan {
    let plan = bench
        .store
        .read_blocking(|reader| plan_rollback(reader, cycle, false));
    plan.unwrap().unwrap()
}

fn carry_out(bench: &Bench, plan: &RollbackPlan) {
    let now = bench.clock.now();
    let done = bench
        .store
        .transaction_blocking(|tx| roll_back(tx, plan, "ada", now));
    assert!(matches!(done.unwrap(), Asked::Done(_)));
}

async fn in_step(direction: Direction) -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.edit(row, "jobtitle", "Countess");
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.set(Entity::LEAD, direction, Policy::Ask);
    assert_clean(&bench.later().await);
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn a_value_put_back_in_marketo_alone_is_held_until_dynamics_changes_it() {
    let (bench, row, person) = in_step(Direction::ToMarketo).await;
    bench.edit(row, "jobtitle", "Wrong");
    let report = bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Wrong"));
    let shown = plan(&bench, report.cycle);
    let step = &shown.steps[0];
    assert_eq!((step.action, step.side), ("restore", Some(Side::Marketo)));
    assert_eq!(step.restored, json!("Countess"));
    assert!(step.then.unwrap().contains("changes in Dynamics"));
    carry_out(&bench, &shown);
    bench.later().await;
    for _ in 0..3 {
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        assert_eq!(bench.column(row, "jobtitle"), json!("Wrong"));
        assert_eq!(written(&bench.later().await), 0);
    }
    let found = inspect(bench.parts(), &row.to_string()).await.unwrap();
    let why = found[0].why.join("\n");
    assert!(why.contains("rollback put back is held"), "{why}");
    // Another field of the row changes, then somebody touches the held one in Marketo: it stays as it is there.
    bench.edit(row, "address1_city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "city"), json!("London"));
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    bench.edit(row, "jobtitle", "Right");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Right"));
    // Nothing is held any more: a drift in Marketo gives way again.
    bench.edit_person(person, "title", "Drift");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Right"));
    assert!(bench.open_conflicts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_value_put_back_in_dynamics_alone_is_held_until_marketo_changes_it() {
    let (bench, row, person) = in_step(Direction::ToDynamics).await;
    bench.edit_person(person, "title", "Wrong");
    let report = bench.later().await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Wrong"));
    let shown = plan(&bench, report.cycle);
    let step = &shown.steps[0];
    assert_eq!((step.action, step.side), ("restore", Some(Side::Dynamics)));
    assert!(step.then.unwrap().contains("changes in Marketo"));
    carry_out(&bench, &shown);
    bench.later().await;
    for _ in 0..3 {
        assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
        assert_eq!(bench.field(person, "title"), json!("Wrong"));
        assert_eq!(written(&bench.later().await), 0);
    }
    bench.edit_person(person, "title", "Right");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "jobtitle"), json!("Right"));
    assert!(bench.open_conflicts().is_empty());
}

/// Between the plan and its carrying out, either side may move: the step is given up.
#[tokio::test(start_paused = true)]
async fn a_value_is_put_back_alone_only_where_it_is_still_ours() {
    for moved in Side::BOTH {
        let (bench, row, person) = in_step(Direction::ToMarketo).await;
        bench.edit(row, "jobtitle", "Wrong");
        let report = bench.later().await;
        let shown = plan(&bench, report.cycle);
        match moved {
            Side::Dynamics => bench.edit(row, "jobtitle", "Mended"),
            Side::Marketo => bench.edit_person(person, "title", "Mended"),
        }
        carry_out(&bench, &shown);
        bench.later().await;
        // One way: what Dynamics holds counts, as if nothing had been asked for.
        let counts = bench.column(row, "jobtitle");
        assert_eq!(bench.field(person, "title"), counts, "{moved}");
        assert_ne!(counts, json!("Countess"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_goes_both_ways_again_is_asked_about_instead_of_copied_back() {
    let (bench, row, person) = in_step(Direction::ToMarketo).await;
    bench.edit(row, "jobtitle", "Wrong");
    let report = bench.later().await;
    carry_out(&bench, &plan(&bench, report.cycle));
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    bench.edit(row, "address1_city", "London");
    bench.later().await;
    assert_eq!(bench.column(row, "jobtitle"), json!("Wrong"));
    let conflict = bench.pending();
    assert_eq!(conflict.field, "title");
    bench.resolve(conflict.id, Take::Side(Side::Marketo));
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "jobtitle"), json!("Countess"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_side_takes_no_more_is_skipped_with_the_reason() {
    let (bench, row, _) = in_step(Direction::ToMarketo).await;
    bench.edit(row, "jobtitle", "Wrong");
    let report = bench.later().await;
    for (direction, reason) in [
        (Direction::ToDynamics, "not written to marketo any more"),
        (Direction::Off, "does not travel any more"),
    ] {
        bench.set(Entity::LEAD, direction, Policy::Ask);
        let shown = plan(&bench, report.cycle);
        assert_eq!(shown.steps[0].action, "skip");
        let why = shown.steps[0].why.as_ref().unwrap();
        assert!(why.contains(reason), "{why}");
    }
}

/// The answer to the write never came: it is looked at again, found done, and held all the same.
#[tokio::test(start_paused = true)]
async fn a_value_put_back_without_an_answer_is_held_too() {
    let (bench, row, person) = in_step(Direction::ToMarketo).await;
    bench.edit(row, "jobtitle", "Wrong");
    let report = bench.later().await;
    carry_out(&bench, &plan(&bench, report.cycle));
    bench.wire.spoil_next_write(Side::Marketo, Fate::Lost);
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    bench.pass(SETTLE.as_secs() + 10).await;
    for _ in 0..3 {
        bench.later().await;
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        assert_eq!(bench.column(row, "jobtitle"), json!("Wrong"));
    }
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.open_conflicts().is_empty());
}

/// Marketo moves a person to another company, and takes nobody out of one.
#[tokio::test(start_paused = true)]
async fn a_company_given_by_a_cycle_is_not_taken_away_again() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let row = bench.row_of("contact", &[("lastname", json!("Hopper"))]);
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let to = json!(format!("/accounts({account})"));
    bench.edit(row, "parentcustomerid_account@odata.bind", to);
    let report = bench.later().await;
    let person = bench.person_of(row);
    assert_eq!(bench.field(person, "externalCompanyId"), json!(account));
    let shown = plan(&bench, report.cycle);
    let step = shown
        .steps
        .iter()
        .find(|step| step.field == "externalCompanyId");
    let step = step.unwrap();
    assert_ne!(step.action, "restore", "{step:?}");
    assert!(step.why.as_deref().unwrap().contains("takes nobody out"));
}
