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
    }
    Ok(())
}

/// What is held back, and until when.
fn paused(pause: &Value) -> String {
    let what = pause["entity"].as_str().unwrap_or("everything");
    let to = pause["side"].as_str().map(|side| format!(" to {side}"));
    let until = pause["until"]
        .as_str()
        .map(|until| format!(", until {until}"));
    format!(
        "paused: {what}{}{}",
        to.unwrap_or_default(),
        until.unwrap_or_default()
    )
}
