//! What a vendor allows and how much of it is used.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Side;

/// One of a vendor's limits, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Whose limit.
    pub side: Side,
    /// What it counts, in words for a gauge: `calls today`, `calls in 20 s`, `requests in 5 min`.
    pub name: String,
    /// How much is used.
    pub used: u64,
    /// The vendor's limit.
    pub limit: u64,
    /// Our share of it.
    pub budget: u64,
    /// What background work leaves of our share, for pulling and for what an admin asks for.
    #[serde(default)]
    pub reserve: u64,
    /// When it starts again; none for a sliding window.
    pub resets: Option<DateTime<Utc>>,
}

/// A day's pace tells nothing before this much of it is over.
const TELLS_AFTER_MINUTES: i64 = 30;

impl Quota {
    /// How much will be used by the reset at the day's pace so far; none for a sliding window, and early in the day.
    pub fn forecast(&self, now: DateTime<Utc>) -> Option<u64> {
        let left = (self.resets? - now).num_minutes();
        let day = TimeDelta::days(1).num_minutes();
        let over = day - left;
        let used = i64::try_from(self.used).ok()?;
        let at_reset = used.checked_mul(day)? / over.max(1);
        (over >= TELLS_AFTER_MINUTES && left >= 0).then(|| at_reset.unsigned_abs())
    }
}
