//! `syncdeck status`: how things stand, from the state file, whether or not an engine runs.

use serde_json::Value;

use super::args::Place;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine;

/// Prints the status.
pub(super) fn status(place: &Place, json: bool) -> anyhow::Result<Exit> {
    let (profile, store) = resources::existing(place)?;
    let now = Clock::system().now();
    let status = store.read_blocking(|reader| engine::status(reader, &profile, now))?;
    if json {
        output::json(&status)?;
        return Ok(Exit::Clean);
    }
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    output::line(&format!(
        "{profile}: engine {}",
        word(&status["engine"]["state"])
    ))?;
    if let Some(reason) = status["engine"]["reason"].as_str() {
        output::line(&format!("  {}", output::clean(reason)))?;
    }
    for pause in status["pauses"].as_array().into_iter().flatten() {
        output::line(&format!("  {}", paused(pause)))?;
    }
    for side in ["marketo", "dynamics"] {
        quota(side, &status["quotas"][side])?;
    }
    table(&status["entities"])?;
    Ok(Exit::Clean)
}

/// A row an entity, in the order of writing.
fn table(entities: &Value) -> anyhow::Result<()> {
    output::line(
        "entity               direction   policy        links  backlog  conflicts  failures",
    )?;
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    for row in entities.as_array().into_iter().flatten() {
        output::line(&format!(
            "{:<20} {:<11} {:<9} {:>9} {:>8} {:>10} {:>9}",
            word(&row["entity"]),
            word(&row["direction"]),
            word(&row["policy"]),
            row["links"].to_string(),
            row["backlog"].to_string(),
            row["conflicts"].to_string(),
            row["failures"].to_string()
        ))?;
        for note in row["notes"].as_array().into_iter().flatten() {
            output::line(&format!("  {}", output::clean(&word(note))))?;
        }
        details(row)?;
    }
    Ok(())
}

/// How much of a side's limits is used, and what will be by the reset.
fn quota(side: &str, quota: &Value) -> anyhow::Result<()> {
    let Some(used) = quota["used"].as_u64() else {
        return Ok(());
    };
    let (budget, limit) = (&quota["budget"], &quota["limit"]);
    let reserve = quota["reserve"].as_u64().unwrap_or_default();
    let forecast = quota["forecast"].as_u64();
    let forecast = forecast.map(|by| format!(", about {by} by the reset"));
    Ok(output::line(&format!(
        "  {side}: {used} used of our {budget} (limit {limit}, reserve {reserve}){}",
        forecast.unwrap_or_default()
    ))?)
}

/// What of an entity waits for something, a line each.
fn details(row: &Value) -> anyhow::Result<()> {
    let word = |value: &Value| output::clean(value.as_str().unwrap_or("-"));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for one in list(&row["failed"]) {
        let next = one["next_try"]
            .as_str()
            .map(|at| format!(", next try {at}"));
        output::line(&format!(
            "  {} {} {}, since {}{}",
            one["records"],
            word(&one["class"]),
            word(&one["status"]),
            word(&one["oldest"]),
            next.unwrap_or_default()
        ))?;
    }
    for one in list(&row["waiting"]) {
        if matches!(
            one["reason"].as_str(),
            Some("paused" | "settling" | "asked" | "retry")
        ) {
            output::line(&format!(
                "  {} {}, since {}, due {}",
                one["records"],
                word(&one["reason"]),
                word(&one["oldest"]),
                word(&one["due"])
            ))?;
        }
    }
    if row["backfill"]["state"] == "running" {
        output::line(&format!(
            "  backfill: {} rows looked at",
            row["backfill"]["looked"]
        ))?;
    }
    if row["filter_plan"]["plan"].is_string() {
        output::line(&format!(
            "  changed filter: {} would enter, {} leave; approve '{}'",
            row["filter_plan"]["entering"],
            row["filter_plan"]["leaving"],
            word(&row["filter_plan"]["plan"])
        ))?;
    }
    for one in list(&row["quarantined"]) {
        output::line(&format!(
            "  quarantined: {}",
            output::clean(&one.to_string())
        ))?;
    }
    if row["trend"]["trend"] == "growing" {
        output::line("  the backlog grows")?;
    }
    Ok(())
}

/// What is held back, and until when.
fn paused(pause: &Value) -> String {
    let what = pause["entity"].as_str().unwrap_or("everything");
    let field = pause["field"].as_str().map(|field| format!(" {field}"));
    let to = pause["side"].as_str().map(|side| format!(" to {side}"));
    let until = pause["until"]
        .as_str()
        .map(|until| format!(", until {until}"));
    format!(
        "paused: {what}{}{}{}",
        field.unwrap_or_default(),
        to.unwrap_or_default(),
        until.unwrap_or_default()
    )
}
