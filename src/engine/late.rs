//! Reading stretches of Marketo's feeds again: activities reach them late, with dates that lie behind the cursor.
//!
//! The cursors give low latency, the second reading gives completeness. What was looked at already is dropped by its
//! id, so a repeated activity costs nothing but its place in a page.

use chrono::TimeDelta;

use super::error::EngineError;
use super::mutant::{self, Mutant};
use super::pull_marketo::{Feed, Feeds, OVERLAP};
use crate::store::{Cursor, CursorStage};

/// A repeated reading: how often, and how far back behind the beginning of the one before.
struct Again {
    name: &'static str,
    every: TimeDelta,
    before: TimeDelta,
}

/// The longer one first: when it has just run, the shorter one is not needed.
const AGAIN: [Again; 2] = [
    Again {
        name: "marketo/again/day",
        every: TimeDelta::hours(24),
        before: TimeDelta::hours(1),
    },
    Again {
        name: "marketo/again/minutes",
        every: TimeDelta::minutes(10),
        before: TimeDelta::minutes(10),
    },
];

/// Activities are known again this long: longer than the longest stretch.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(26);
/// Activities forgotten at a time.
const FORGOTTEN_AT_ONCE: usize = 10_000;

/// Reads again what is due to be.
pub(super) async fn read_again(feeds: &Feeds<'_>) -> Result<(), EngineError> {
    let context = feeds.context;
    if mutant::is(Mutant::CursorByDate) {
        return Ok(());
    }
    let mut run = false;
    for again in &AGAIN {
        let now = context.clock.now();
        let name = again.name;
        let last = context.store.read(move |r| r.cursor(name)).await?;
        let due = last
            .as_ref()
            .is_none_or(|last| now - last.obtained >= again.every);
        if !due {
            continue;
        }
        if let Some(last) = last.as_ref().filter(|_| !run) {
            // Not further back than the feeds themselves began.
            let began = last.since.unwrap_or(last.obtained) - OVERLAP;
            stretch(feeds, (last.obtained - again.before).max(began)).await?;
            run = true;
        }
        if context.control.stopping() {
            return Ok(());
        }
        let since = last.and_then(|last| last.since).or(Some(now));
        let cursor = Cursor {
            feed: name.to_owned(),
            token: String::new(),
            stage: CursorStage::Following,
            since,
            obtained: now,
            fingerprint: String::new(),
            counted: 0,
        };
        context
            .store
            .transaction(move |tx| {
                tx.set_cursor(&cursor)?;
                tx.forget_activities(now - KNOWN_FOR, FORGOTTEN_AT_ONCE)
            })
            .await?;
    }
    Ok(())
}

/// Reads all feeds from `since` to their present end.
async fn stretch(
    feeds: &Feeds<'_>,
    since: chrono::DateTime<chrono::Utc>,
) -> Result<(), EngineError> {
    let token = feeds.context.marketo.paging_token(since).await?;
    for feed in Feed::ALL {
        let mut token = token.clone();
        while !feeds.context.control.stopping() {
            let page = feeds.page(feed, &token).await?;
            let more = page.more;
            token.clone_from(&page.token);
            feeds.take_in(page, None).await?;
            if !more {
                break;
            }
        }
    }
    Ok(())
}
