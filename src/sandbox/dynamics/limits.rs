//! Service-protection limits of one user: requests, execution time, concurrency.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::reply::Fault;

/// The sliding window, in milliseconds.
const WINDOW: i64 = 300_000;

/// Requests in a window.
pub const REQUESTS: usize = 6000;

/// Milliseconds of execution in a window.
pub const EXECUTION: f64 = 1_200_000.0;

/// Requests at once.
pub const CONCURRENCY: usize = 52;

/// The parallelism the servers recommend.
pub const HINT: usize = 16;

/// The longest a client is told to wait, in seconds.
const WAIT_MAX: u64 = 300;

/// Counts one user's use of one web server.
#[derive(Default)]
pub struct Limiter(Mutex<Use>);

#[derive(Default)]
struct Use {
    started: VecDeque<i64>,
    spent: VecDeque<(i64, f64)>,
    total: f64,
    running: usize,
    refused: u32,
}

/// What is left of the window.
pub struct Remaining {
    /// Requests.
    pub requests: usize,
    /// Seconds of execution.
    pub seconds: f64,
}

impl Limiter {
    /// Lets a request in or refuses it; `now` in milliseconds.
    pub fn enter(&self, now: i64) -> Result<(), Fault> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.slide(now);
        let pressure = u64::from(state.refused);
        let refusal = if state.running >= CONCURRENCY {
            Some((throttled(Facet::Concurrency), 1 + pressure))
        } else if state.started.len() >= REQUESTS {
            Some((throttled(Facet::Requests), state.wait(now) + pressure))
        } else if state.total >= EXECUTION {
            Some((throttled(Facet::Time), state.wait(now) + pressure))
        } else {
            None
        };
        if let Some((mut fault, wait)) = refusal {
            state.refused += 1;
            fault.retry_after = Some(wait.min(WAIT_MAX));
            return Err(fault);
        }
        state.refused = 0;
        state.started.push_back(now);
        state.running += 1;
        Ok(())
    }

    /// Notes that a request is over and what it cost, in milliseconds of execution.
    pub fn leave(&self, now: i64, cost: f64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = state.running.saturating_sub(1);
        state.spent.push_back((now, cost));
        state.total += cost;
    }

    /// What is left.
    pub fn remaining(&self) -> Remaining {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Remaining {
            requests: REQUESTS.saturating_sub(state.started.len()),
            seconds: ((EXECUTION - state.total) / 1000.0).max(0.0),
        }
    }
}

impl Use {
    fn slide(&mut self, now: i64) {
        while self.started.front().is_some_and(|at| now - at >= WINDOW) {
            self.started.pop_front();
        }
        while let Some((_, cost)) = self
            .spent
            .front()
            .copied()
            .filter(|(at, _)| now - at >= WINDOW)
        {
            self.total -= cost;
            self.spent.pop_front();
        }
    }

    /// Seconds until the oldest use leaves the window.
    fn wait(&self, now: i64) -> u64 {
        let oldest = self.started.front().copied().unwrap_or(now);
        ((WINDOW - (now - oldest)).max(1000) / 1000) as u64
    }
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the vendor's three")]
pub enum Facet {
    Requests,
    Time,
    Concurrency,
}

/// 429 for a facet, without a waiting time yet.
pub fn throttled(facet: Facet) -> Fault {
    let (code, name, text) = match facet {
        Facet::Requests => (
            "0x80072322",
            "NumberOfRequestsExceeded",
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        ),
        Facet::Time => (
            "0x80072321",
            "CombinedExecutionTimeExceeded",
            "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
        ),
        Facet::Concurrency => (
            "0x80072326",
            "NumberOfConcurrentRequestsExceeded",
            "Number of concurrent requests exceeded the limit of 52.",
        ),
    };
    Fault::new(429, code, name, text.into())
}
