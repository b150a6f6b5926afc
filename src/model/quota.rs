//! What a vendor allows and how much of it is used.

use chrono::{DateTime, Utc};
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
    /// When it starts again; none for a sliding window.
    pub resets: Option<DateTime<Utc>>,
}
