//! The day's calls: what is used, what is ours, and when the day ends.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::call::Effect;
use super::central;
use crate::config::Share;
use crate::connectors::{Errand, Purpose};
use crate::model::{Quota, Side};

/// After the vendor said the day is used up, one call is let through this often: quotas can be raised, and the
/// documentation leaves open whether daylight saving moves the reset.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// Counts the day's calls against the subscription's limit and our share of it.
pub(super) struct Budget {
    limit: u64,
    share: u64,
    reserve: u64,
    day: Mutex<Day>,
}

#[derive(Default)]
struct Day {
    ends: Option<DateTime<Utc>>,
    /// Calls made by us, as far as we or the vendor know.
    ours: u64,
    /// Calls made by other integrations, as last reported.
    others: u64,
    closed_until: Option<DateTime<Utc>>,
}

impl Budget {
    /// `share` of `limit` calls a day is ours.
    pub(super) fn new(limit: u64, share: Share) -> Self {
        Self {
            limit,
            share: share.of(limit),
            reserve: share.kept(limit),
            day: Mutex::new(Day::default()),
        }
    }

    fn today(&self, now: DateTime<Utc>) -> MutexGuard<'_, Day> {
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if day.ends.is_none_or(|ends| now >= ends) {
            *day = Day {
                ends: Some(central::midnight_after(now)),
                ..Day::default()
            };
        }
        day
    }

    /// Whether one more call may be made; if not, how long until the day ends. Our share binds only when `kept`.
    pub(super) fn admit(
        &self,
        now: DateTime<Utc>,
        effect: Effect,
        kept: bool,
    ) -> Result<(), Duration> {
        let day = self.today(now);
        let budget = self.share - self.left(effect, Errand::purpose());
        let closed = day.closed_until.is_some_and(|until| now < until);
        let spent = kept && (day.ours >= budget || day.ours + day.others >= self.limit);
        if closed || spent {
            return Err(until(day.ends, now));
        }
        Ok(())
    }

    /// What a call of that kind leaves of our share: pulling goes on while writing waits, and the admin has the last word.
    fn left(&self, effect: Effect, purpose: Purpose) -> u64 {
        match (purpose, effect) {
            (Purpose::Interactive, _) => 0,
            (Purpose::Everyday, Effect::Read) => self.reserve / 4,
            (Purpose::Everyday, Effect::Write) => self.reserve / 2,
            (Purpose::Background, _) => self.reserve,
        }
    }

    /// Whether more than `part` of our share of the day is used; if so, until when. Holds only when `kept`.
    pub(super) fn beyond(
        &self,
        now: DateTime<Utc>,
        part: f64,
        kept: bool,
    ) -> Option<DateTime<Utc>> {
        let day = self.today(now);
        let beyond = day.ours as f64 > self.share as f64 * part;
        day.ends.filter(|_| kept && beyond)
    }

    /// One call was made.
    pub(super) fn spend(&self, now: DateTime<Utc>) {
        self.today(now).ours += 1;
    }

    /// The last call turned out not to count (601, 602, 604, 605, 608, 611).
    pub(super) fn give_back(&self, now: DateTime<Utc>) {
        let mut day = self.today(now);
        day.ours = day.ours.saturating_sub(1);
    }

    /// The vendor's own count: all calls, and those of our user where it names us.
    pub(super) fn reported(&self, now: DateTime<Utc>, total: u64, ours: Option<u64>) {
        let mut day = self.today(now);
        day.ours = day.ours.max(ours.unwrap_or(0));
        day.others = total.saturating_sub(day.ours);
    }

    /// The vendor says the day is used up; how long until it ends.
    pub(super) fn close(&self, now: DateTime<Utc>) -> Duration {
        let mut day = self.today(now);
        let ends = until(day.ends, now);
        day.closed_until = Some(now + ends.min(LOOK_AGAIN));
        ends
    }

    /// How long until the day ends.
    pub(super) fn until_midnight(&self, now: DateTime<Utc>) -> Duration {
        until(self.today(now).ends, now)
    }

    /// The vendor answered: the day is not used up.
    pub(super) fn open(&self, now: DateTime<Utc>) {
        self.today(now).closed_until = None;
    }

    /// When writing is possible again, while the day is used up.
    pub(super) fn waiting_until(&self, now: DateTime<Utc>, kept: bool) -> Option<DateTime<Utc>> {
        let refused = self.admit(now, Effect::Write, kept);
        refused.err().and_then(|_wait| self.today(now).ends)
    }

    /// For the gauge.
    pub(super) fn quota(&self, now: DateTime<Utc>) -> Quota {
        let day = self.today(now);
        Quota {
            side: Side::Marketo,
            name: "calls today".to_owned(),
            used: day.ours + day.others,
            limit: self.limit,
            budget: self.share,
            reserve: self.reserve,
            resets: day.ends,
        }
    }
}

fn until(ends: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    ends.and_then(|ends| (ends - now).to_std().ok())
        .unwrap_or(LOOK_AGAIN)
}
