//! `syncdeck history rollback`: the plan that takes a cycle back, and carrying it out by its name.

use clap::Args;
use serde_json::json;

use super::failures::wake;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::records::carry_out;
use super::resources;
use crate::clock::Clock;
use crate::engine::{RollbackPlan, RollbackStep, plan_rollback, roll_back};
use crate::model::CycleId;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The cycle to take back
    cycle: i64,
    /// Carry out the plan of this name, exactly as it was shown
    #[arg(long, value_name = "NAME")]
    approve: Option<String>,
    /// Delete what the cycle created, where nobody has changed it since
    #[arg(long)]
    delete_created: bool,
    /// Show values whole instead of masked; --json always does
    #[arg(long)]
    reveal: bool,
    /// Print the plan as one JSON document
    #[arg(long)]
    json: bool,
}

/// Shows the plan, or has it carried out.
pub(super) fn rollback(store: &Store, arguments: &RollbackArguments) -> anyhow::Result<Exit> {
    let (cycle, delete) = (CycleId(arguments.cycle), arguments.delete_created);
    let plan = store.read_blocking(|reader| plan_rollback(reader, cycle, delete))?;
    let plan = plan.map_err(anyhow::Error::msg)?;
    let Some(approved) = &arguments.approve else {
        let eyes = Eyes::of(store, arguments.reveal)?;
        return show(&plan, &eyes, arguments.json);
    };
    if *approved != plan.name {
        anyhow::bail!(
            "the plan is '{}' by now, not '{approved}': look at it again (`syncdeck history rollback {cycle}`)",
            plan.name
        );
    }
    let (by, now) = (resources::user(), Clock::system().now());
    carry_out(store, |tx| roll_back(tx, &plan, &by, now))?;
    wake(store)?;
    Ok(Exit::Clean)
}

fn show(plan: &RollbackPlan, eyes: &Eyes, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        output::json(&json!({"cycle": plan.cycle, "plan": plan.name, "steps": plan.steps}))?;
        return Ok(Exit::Clean);
    }
    for step in &plan.steps {
        output::line(&output::clean(&words(step, eyes)))?;
    }
    let count = |action: &str| {
        plan.steps
            .iter()
            .filter(|step| step.action == action)
            .count()
    };
    output::say(&format!(
        "{} values to restore, {} records to make again, {} to delete, {} created ones kept, {} skipped",
        count("restore"),
        count("recreate"),
        count("delete"),
        count("keep"),
        count("skip")
    ));
    output::say(&format!(
        "carry it out with: syncdeck history rollback {} --approve {}",
        plan.cycle, plan.name
    ));
    Ok(Exit::Clean)
}

fn words(step: &RollbackStep, eyes: &Eyes) -> String {
    let id = match (step.dynamics_id, step.marketo_id) {
        (Some(id), _) => id.to_string(),
        (None, Some(id)) => format!("Marketo {id}"),
        (None, None) => "-".to_owned(),
    };
    let what = match (step.field.as_str(), step.side) {
        ("", Some(side)) if step.action == "recreate" => format!("deleted in {side}"),
        ("", Some(side)) => format!("created in {side}"),
        (field, side) => {
            let side = side.map_or_else(String::new, |side| format!(" in {side} alone"));
            let shown = |value| eyes.json(&step.entity, field, value);
            let (from, to) = (shown(&step.written), shown(&step.restored));
            format!("{field}: '{from}' -> '{to}'{side}")
        }
    };
    let why = step.why.as_deref().or(step.then);
    let why = why.map(|why| format!("  ({why})"));
    format!(
        "{:<8} {:<12} {id}  {what}{}",
        step.action,
        step.entity.name(),
        why.unwrap_or_default()
    )
}
