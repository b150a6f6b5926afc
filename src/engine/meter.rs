//! Counts per second over the last minutes: throughput and rates.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

/// Counts per second, the newest last; remembers a bounded number of seconds.
#[derive(Debug)]
pub(super) struct Meter {
    seconds: VecDeque<u32>,
    newest: i64,
    capacity: usize,
}

impl Meter {
    /// A meter that remembers `capacity` seconds.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            seconds: VecDeque::with_capacity(capacity),
            newest: 0,
            capacity,
        }
    }

    /// Counts `amount` now.
    pub(super) fn add(&mut self, now: DateTime<Utc>, amount: u32) {
        self.advance(now);
        if let Some(last) = self.seconds.back_mut() {
            *last = last.saturating_add(amount);
        }
    }

    /// The remembered counts, oldest first, up to now.
    pub(super) fn series(&mut self, now: DateTime<Utc>) -> Vec<u32> {
        self.advance(now);
        self.seconds.iter().copied().collect()
    }

    /// The sum over the last `seconds`.
    pub(super) fn last(&mut self, now: DateTime<Utc>, seconds: usize) -> u64 {
        self.advance(now);
        self.seconds
            .iter()
            .rev()
            .take(seconds)
            .map(|count| u64::from(*count))
            .sum()
    }

    fn advance(&mut self, now: DateTime<Utc>) {
        let second = now.timestamp();
        if self.seconds.is_empty() || second - self.newest >= self.capacity as i64 {
            self.seconds.clear();
            self.seconds.push_back(0);
            self.newest = second;
        }
        while self.newest < second {
            self.seconds.push_back(0);
            self.newest += 1;
        }
        while self.seconds.len() > self.capacity {
            self.seconds.pop_front();
        }
    }
}
