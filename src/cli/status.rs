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
    output::line("entity       direction    policy      links  backlog  conflicts  failures")?;
    for row in status["entities"].as_array().into_iter().flatten() {
        output::line(&format!(
            "{:<12} {:<12} {:<9} {:>7} {:>8} {:>10} {:>9}",
            word(&row["entity"]),
            word(&row["direction"]),
            word(&row["policy"]),
            row["links"],
            row["backlog"],
            row["conflicts"],
            row["failures"]
        ))?;
    }
    Ok(Exit::Clean)
}
