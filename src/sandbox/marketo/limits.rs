//! The instance's limits and its own book-keeping of calls: the 20-second window, the calls in flight, the day's
//! quota, and the usage and error statistics.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, NaiveDate};
use serde_json::{Value as Json, json};

use super::answer::Refusal;
use super::identity::API_USER;
use super::options::InstanceOptions;

/// The vendor counts calls within any span of this length.
const WINDOW_MS: i64 = 20_000;

/// US Central time without daylight saving, in which the vendor's day ends at midnight.
const CENTRAL_MS: i64 = -6 * 3_600_000;

/// Days of statistics kept.
const DAYS_KEPT: usize = 8;

#[derive(Debug, Default)]
struct Day {
    calls: u64,
    errors: BTreeMap<u16, u64>,
}

/// Counts calls and says when there are too many.
#[derive(Debug)]
pub(crate) struct Limits {
    on: bool,
    daily: u64,
    window: usize,
    concurrent: usize,
    recent: VecDeque<i64>,
    pub in_flight: usize,
    days: BTreeMap<NaiveDate, Day>,
}

/// The vendor's day at a moment.
pub(crate) fn day(now_ms: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(now_ms + CENTRAL_MS)
        .unwrap_or_default()
        .date_naive()
}

impl Limits {
    pub(crate) fn new(options: &InstanceOptions) -> Self {
        Self {
            on: options.limits_on,
            daily: options.daily_quota,
            window: options.window_calls,
            concurrent: options.concurrent_calls,
            recent: VecDeque::new(),
            in_flight: 0,
            days: BTreeMap::new(),
        }
    }

    /// Lets a call in or says which limit it breaks. A refused call does not lengthen the window.
    pub(crate) fn admit(&mut self, now_ms: i64) -> Result<(), Refusal> {
        while self
            .recent
            .front()
            .is_some_and(|at| *at <= now_ms - WINDOW_MS)
        {
            self.recent.pop_front();
        }
        if self.on {
            if self.days.get(&day(now_ms)).map_or(0, |day| day.calls) >= self.daily {
                return Err(self.over_quota());
            }
            if self.recent.len() >= self.window {
                return Err(self.too_fast());
            }
            if self.in_flight > self.concurrent {
                return Err(Self::too_many_at_once());
            }
        }
        self.recent.push_back(now_ms);
        if self.recent.len() > self.window.max(1000) * 100 {
            self.recent.pop_front();
        }
        Ok(())
    }

    pub(crate) fn too_fast(&self) -> Refusal {
        let text = format!(
            "Max rate limit '{}' exceeded with in '20' secs",
            self.window
        );
        Refusal::new(606, text)
    }

    pub(crate) fn over_quota(&self) -> Refusal {
        Refusal::new(607, format!("Max daily quota '{}' reached", self.daily))
    }

    pub(crate) fn too_many_at_once() -> Refusal {
        Refusal::new(615, "Concurrent access limit reached")
    }

    /// A call refused for free gives its place in the window back.
    pub(crate) fn forget_one(&mut self) {
        self.recent.pop_back();
    }

    /// Books a finished call.
    pub(crate) fn book(&mut self, now_ms: i64, refusal: Option<&Refusal>) {
        let day = self.days.entry(day(now_ms)).or_default();
        if refusal.is_none_or(|refusal| !refusal.is_free()) {
            day.calls += 1;
        }
        if let Some(refusal) = refusal {
            *day.errors.entry(refusal.code).or_default() += 1;
        }
        while self.days.len() > DAYS_KEPT {
            self.days.pop_first();
        }
    }

    /// Elements of the usage statistics: today, or the last seven days, newest first.
    pub(crate) fn usage(&self, now_ms: i64, days: i64) -> Vec<Json> {
        self.span(now_ms, days, |date, day| {
            let calls = day.map_or(0, |day| day.calls);
            json!({"date": date.to_string(), "total": calls,
                   "users": [{"userId": API_USER, "count": calls}]})
        })
    }

    /// Elements of the error statistics.
    pub(crate) fn errors(&self, now_ms: i64, days: i64) -> Vec<Json> {
        self.span(now_ms, days, |date, day| {
            let errors = day.map(|day| &day.errors);
            let total: u64 = errors.map_or(0, |errors| errors.values().sum());
            let listed: Vec<Json> = errors
                .into_iter()
                .flatten()
                .map(|(code, count)| json!({"errorCode": code.to_string(), "count": count}))
                .collect();
            json!({"date": date.to_string(), "total": total, "errors": listed})
        })
    }

    fn span(
        &self,
        now_ms: i64,
        days: i64,
        show: impl Fn(NaiveDate, Option<&Day>) -> Json,
    ) -> Vec<Json> {
        let today = day(now_ms);
        let dates = (0..days).map(|back| today - chrono::Duration::days(back));
        dates.map(|date| show(date, self.days.get(&date))).collect()
    }
}
