//! How fast Dynamics is called: its request window, the parallelism its answers recommend, its
//! pauses.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::fault::Fault;
use crate::clock::Clock;
use crate::config::{LimitMode, Share};
use crate::connectors::{Pace, PaceOptions, Permit};
use crate::model::{Quota, Side};

/// Service protection: requests of one user within the window.
const REQUESTS: u32 = 6_000;
/// Service protection: execution time of one user within the window, in seconds.
const EXECUTION_SECONDS: u64 = 1_200;
/// The sliding window both are counted in.
const WINDOW: Duration = Duration::from_secs(300);
/// Calls at once before the first hint.
const START_PARALLEL: usize = 4;
/// Calls at once where no limits are kept (loopback).
const FREE_PARALLEL: usize = 8;
/// Never more calls at once than this, whatever the hint says.
const MOST_PARALLEL: usize = 16;
/// Good answers a parallel call before one more is allowed.
const GOOD_ANSWERS: usize = 5;
/// Less than this part of a window left counts as little.
const TIGHT: u64 = 10;
/// How long everybody waits when a throttling answer does not say.
const PAUSE_WITHOUT_WORD: Duration = Duration::from_secs(10);

/// Paces all calls of one user.
pub(super) struct Steering {
    pace: Pace,
    limits: LimitMode,
    budget: u32,
    kept: u64,
    clock: Clock,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The recommended number of parallel calls.
    hint: Option<usize>,
    /// Execution seconds left in the window, as last told.
    seconds_left: Option<u64>,
    /// Requests left in the window, as last told by one of the vendor's servers.
    requests_left: Option<u64>,
    /// Good answers since the parallelism last changed.
    good: usize,
    /// Until when a slow-down has already been answered for.
    slowed_until: Option<Instant>,
}

impl Seen {
    /// Little is left of a window, whoever used it up. Each of the vendor's servers counts for
    /// itself, so this slows nobody down; it only keeps us from asking for more at once.
    fn is_tight(&self) -> bool {
        let little = |left: Option<u64>, of: u64| left.is_some_and(|left| left < of / TIGHT);
        little(self.requests_left, REQUESTS.into()) || little(self.seconds_left, EXECUTION_SECONDS)
    }
}

impl Steering {
    pub(super) fn new(share: Share, limits: LimitMode, loopback: bool, clock: Clock) -> Self {
        let engaged = match limits {
            LimitMode::Real => true,
            LimitMode::Auto => !loopback,
            LimitMode::Off => false,
        };
        let budget = share.of(REQUESTS.into()).max(1) as u32;
        let pace = Pace::new(PaceOptions {
            windows: vec![(budget, WINDOW)],
            concurrency: if engaged {
                START_PARALLEL
            } else {
                FREE_PARALLEL
            },
            engaged,
        })
        .keeping(share.reserve);
        Self {
            pace,
            limits,
            budget,
            kept: share.kept(REQUESTS.into()),
            clock,
            seen: Mutex::default(),
        }
    }

    pub(super) async fn enter(&self) -> Permit {
        self.pace.enter().await
    }

    /// Learns from an answer: one that throttles holds everybody back, good ones allow more at
    /// once.
    pub(super) fn observe(&self, response: &http::Response<Bytes>) {
        self.note_headers(response);
        if response.status().is_success() {
            self.rise();
            return;
        }
        let fault = Fault::of(response);
        if fault.is_throttling() {
            self.slow_down(fault.retry_after);
        }
    }

    /// Everybody waits; the windows hold from now on; half as many at once, once a slow-down.
    pub(super) fn slow_down(&self, wait: Option<Duration>) {
        let wait = wait.unwrap_or(PAUSE_WITHOUT_WORD);
        self.pace.pause(wait);
        if self.limits != LimitMode::Off {
            self.pace.engage();
        }
        let now = Instant::now();
        let mut seen = self.seen();
        let already = seen.slowed_until.is_some_and(|until| until > now);
        seen.slowed_until = seen.slowed_until.max(Some(now + wait));
        seen.good = 0;
        if !already {
            self.pace.set_concurrency(self.pace.concurrency() / 2);
        }
    }

    fn rise(&self) {
        let mut seen = self.seen();
        seen.good += 1;
        let now_allowed = self.pace.concurrency();
        let most = seen.hint.unwrap_or(START_PARALLEL).min(MOST_PARALLEL);
        if now_allowed < most && !seen.is_tight() && seen.good >= now_allowed * GOOD_ANSWERS {
            seen.good = 0;
            self.pace.set_concurrency(now_allowed + 1);
        }
    }

    fn note_headers(&self, response: &http::Response<Bytes>) {
        let number = |name: &str| {
            let text = response.headers().get(name)?.to_str().ok()?;
            text.replace(',', "").trim().parse::<f64>().ok()
        };
        let mut seen = self.seen();
        if let Some(hint) = number("x-ms-dop-hint") {
            seen.hint = Some((hint.max(1.0) as usize).min(MOST_PARALLEL));
        }
        if let Some(left) = number("x-ms-ratelimit-time-remaining-xrm-requests") {
            seen.seconds_left = Some(left.max(0.0) as u64);
        }
        if let Some(left) = number("x-ms-ratelimit-burst-remaining-xrm-requests") {
            seen.requests_left = Some(left.max(0.0) as u64);
        }
    }

    /// What is used of the vendor's limits.
    pub(super) fn quotas(&self) -> Vec<Quota> {
        let quota = |name: &str, used: u64, limit: u64, (budget, reserve)| Quota {
            side: Side::Dynamics,
            name: name.to_owned(),
            used,
            limit,
            budget,
            reserve,
            resets: None,
        };
        let mut quotas = vec![quota(
            "requests in 5 min",
            self.pace.used(0).into(),
            REQUESTS.into(),
            (u64::from(self.budget), self.kept),
        )];
        if let Some(left) = self.seen().seconds_left {
            let used = EXECUTION_SECONDS.saturating_sub(left);
            let part = |requests: u64| EXECUTION_SECONDS * requests / u64::from(REQUESTS);
            let budget = part(self.budget.into());
            quotas.push(quota(
                "seconds of work in 5 min",
                used,
                EXECUTION_SECONDS,
                (budget, part(self.kept)),
            ));
        }
        quotas
    }

    /// Calls in flight now.
    pub(super) fn in_flight(&self) -> usize {
        self.pace.in_flight()
    }

    /// Until when nobody may call.
    pub(super) fn waiting(&self) -> Option<DateTime<Utc>> {
        let until = self.pace.waiting_until()?;
        let wait = until.saturating_duration_since(Instant::now());
        Some(self.clock.after(wait))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
