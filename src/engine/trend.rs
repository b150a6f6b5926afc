//! Does it keep up? What waited and what was written, minute by minute; whether the backlog grows; when it will be gone.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::context::Context;
use super::error::EngineError;
use crate::model::Entity;
use crate::store::{Minute, Reader, StoreError};

/// Minutes are kept for so many days.
pub(super) const KEPT_DAYS: i64 = 8;
/// A point of the series `status` prints, and how many there are: a day.
const STEP_MINUTES: i64 = 15;
const STEPS: usize = 96;
/// The backlog of the last hour is compared with that of the hour that began so long ago.
const GROWTH: TimeDelta = TimeDelta::hours(6);
/// It grows when it is larger by more than this, in percent.
const GROWS_BY: u64 = 10;

/// Notes this minute of every entity; quiet ones are left out.
pub(super) async fn sample(context: &Context) -> Result<(), EngineError> {
    if context.dry.is_some() {
        return Ok(());
    }
    let (written, now) = (context.progress.take_written(), context.clock.now());
    context
        .store
        .transaction(move |tx| {
            for (entity, written) in written {
                let backlog = tx.backlog(&entity, now)?;
                let waits = backlog.due + backlog.later;
                if waits + written > 0 {
                    tx.count_minute(&entity, now, waits, written)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// How an entity's backlog develops.
pub(super) fn document(
    reader: &Reader<'_>,
    entity: &Entity,
    backlog: u64,
    now: DateTime<Utc>,
) -> Result<Value, StoreError> {
    let day = reader.minutes(entity, now - TimeDelta::days(1))?;
    let written: u64 = day.iter().map(|minute| minute.written).sum();
    // A day's average, or that of the time since the first minute of it.
    let over = day
        .first()
        .map_or(1, |first| (now - first.at).num_minutes().max(1));
    let rate = written as f64 / over as f64;
    let eta = (backlog > 0 && rate > 0.0).then(|| (backlog as f64 / rate).ceil() as u64);
    let eta = eta.or((backlog == 0).then_some(0));
    let (waited, wrote) = series(&day, now);
    Ok(json!({
        "trend": if grows(&day, now) { "growing" } else { "normal" },
        "eta_minutes": eta,
        "step_minutes": STEP_MINUTES,
        "backlog": waited,
        "written": wrote,
    }))
}

/// Whether the last hour's backlog is larger than that of six hours ago.
fn grows(day: &[Minute], now: DateTime<Utc>) -> bool {
    let hour = |from: DateTime<Utc>| {
        let within = |minute: &&Minute| minute.at >= from && minute.at < from + TimeDelta::hours(1);
        day.iter()
            .filter(within)
            .map(|minute| minute.backlog)
            .sum::<u64>()
    };
    let (before, last) = (hour(now - GROWTH), hour(now - TimeDelta::hours(1)));
    last * 100 > before * (100 + GROWS_BY)
}

/// The most that waited, and all that was written, in each step of the last day, oldest first.
fn series(day: &[Minute], now: DateTime<Utc>) -> (Vec<u64>, Vec<u64>) {
    let (mut waited, mut wrote) = (vec![0; STEPS], vec![0; STEPS]);
    for minute in day {
        let ago = (now - minute.at).num_minutes() / STEP_MINUTES;
        let Some(place) = usize::try_from(ago)
            .ok()
            .and_then(|ago| (STEPS - 1).checked_sub(ago))
        else {
            continue;
        };
        if let (Some(most), Some(sum)) = (waited.get_mut(place), wrote.get_mut(place)) {
            *most = minute.backlog.max(*most);
            *sum += minute.written;
        }
    }
    (waited, wrote)
}
