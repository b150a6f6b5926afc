//! What each piece of work is done for: an admin's wish may use the reserve of the budget, background work leaves it.
//! And when the budget holds something back: until when, in words.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::error::EngineError;
use super::slice::Slice;
use crate::connectors::{Errand, Purpose};
use crate::model::{Entity, Side};
use crate::store::DirtyReason;

/// Shorter waits are not worth a word.
const WORTH_A_WORD: TimeDelta = TimeDelta::seconds(1);

/// How urgent a look for this reason is.
fn purpose(reason: DirtyReason) -> Purpose {
    match reason {
        DirtyReason::Conflict => Purpose::Interactive,
        DirtyReason::Copy | DirtyReason::Backfill | DirtyReason::Compare => Purpose::Background,
        _ => Purpose::Everyday,
    }
}

/// The errand of a slice: the most urgent of its reasons.
pub(super) fn of_slice(entity: &Entity, slice: &Slice) -> Errand {
    let reasons = slice.items.iter().flat_map(|item| &item.dirty);
    let most = reasons.map(|entry| purpose(entry.reason)).max();
    Errand::of(most.unwrap_or_default(), entity)
}

/// The errand of what a cycle does before it works: the admin's, where something of his waits.
pub(super) async fn of_cycle(context: &Context) -> Result<Errand, EngineError> {
    let now = context.clock.now();
    let asked = context
        .store
        .read(move |reader| reader.anything_asked(now))
        .await?;
    let purpose = if asked {
        Purpose::Interactive
    } else {
        Purpose::Everyday
    };
    Ok(Errand::general(purpose))
}

/// Puts failed records off until the day ends once more than their part of its budget is used; what the admin asks for
/// himself is tried.
pub(super) async fn put_off_retries(context: &Context, entity: &Entity) -> Result<(), EngineError> {
    let Some(until) = context.marketo.used_beyond(context.sync.share.retries) else {
        return Ok(());
    };
    let (entity, now) = (entity.clone(), context.clock.now());
    context
        .store
        .transaction(move |tx| tx.put_off_retries(&entity, now, until))
        .await?;
    Ok(())
}

/// What everything waits for at this moment, while no call is in flight: until when, and in words.
pub(super) fn waits(context: &Context) -> Option<(DateTime<Utc>, String)> {
    if context.marketo.in_flight() + context.dynamics.in_flight() > 0 {
        return None;
    }
    let now = context.clock.now();
    let ends = [
        (Side::Marketo, context.marketo.waiting()),
        (Side::Dynamics, context.dynamics.waiting()),
    ];
    let ends = ends.into_iter();
    let longest = ends
        .filter_map(|(side, until)| Some((until?, side)))
        .max_by_key(|one| one.0);
    let (until, side) = longest.filter(|(until, _)| *until - now >= WORTH_A_WORD)?;
    Some((until, words(side, now, until)))
}

/// Who is waited for and how long.
pub(super) fn words(side: Side, now: DateTime<Utc>, until: DateTime<Utc>) -> String {
    let who = match side {
        Side::Dynamics => "Dynamics",
        Side::Marketo => "Marketo",
    };
    let left = until - now;
    let time = if left < TimeDelta::minutes(2) {
        format!("{} s", left.num_seconds().max(0) + 1)
    } else if left < TimeDelta::hours(2) {
        format!("{} min", left.num_minutes() + 1)
    } else {
        format!("{} h {} min", left.num_hours(), left.num_minutes() % 60)
    };
    format!(
        "{who}'s limit: going on in {time}, at {} UTC",
        until.format("%H:%M:%S")
    )
}

#[cfg(test)]
mod tests {
    use super::{Side, TimeDelta, words};

    #[test]
    fn a_wait_is_told_in_the_unit_people_think_in() {
        let now: chrono::DateTime<chrono::Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
        let table = [
            (8, "Marketo's limit: going on in 9 s, at 09:00:08 UTC"),
            (600, "Marketo's limit: going on in 11 min, at 09:10:00 UTC"),
            (
                75_600,
                "Marketo's limit: going on in 21 h 0 min, at 06:00:00 UTC",
            ),
        ];
        for (seconds, expected) in table {
            let until = now + TimeDelta::seconds(seconds);
            assert_eq!(words(Side::Marketo, now, until), expected);
        }
    }
}
