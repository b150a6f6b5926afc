//! History is kept for so long, and forgotten in small steps.

use chrono::TimeDelta;

use super::context::Context;
use super::error::EngineError;
use super::trend;

/// The setting that says for how many days the journal is kept.
pub const JOURNAL_DAYS: &str = "journal_days";
/// How many where none is set: a year and a month.
pub const JOURNAL_DAYS_DEFAULT: u32 = 400;
/// Rows looked at in one transaction.
const STEP: usize = 5_000;
/// Steps a cycle: no cycle ends noticeably later for it.
const STEPS: usize = 10;

/// Forgets what is too old.
pub(super) async fn run(context: &Context) -> Result<(), EngineError> {
    let stored = context
        .store
        .read(|reader| reader.setting(JOURNAL_DAYS))
        .await?;
    let days = stored
        .and_then(|text| text.parse().ok())
        .unwrap_or(JOURNAL_DAYS_DEFAULT);
    let before = context.clock.now() - TimeDelta::days(i64::from(days));
    let minutes = context.clock.now() - TimeDelta::days(trend::KEPT_DAYS);
    context
        .store
        .transaction(move |tx| tx.prune_minutes(minutes, STEP))
        .await?;
    for _ in 0..STEPS {
        let forgotten = context
            .store
            .transaction(move |tx| {
                tx.prune_cycles(before, STEP)?;
                tx.prune_journal(before, STEP)
            })
            .await?;
        if forgotten < STEP {
            break;
        }
    }
    Ok(())
}
