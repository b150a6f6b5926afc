//! How long a failed record waits before it is tried again, and when it is parked.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::FailureClass;

/// After so many tries a record is parked for the admin.
pub const ATTEMPTS_MAX: u32 = 8;
/// The pause after the first failure; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// When to try again after `attempts` failures; none: parked.
///
/// Never parked is what better weather heals without the admin: a vendor that is down or asks to slow down, and a parent
/// that has yet to arrive.
pub fn next_try(class: FailureClass, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let weather = matches!(
        class,
        FailureClass::Throttled | FailureClass::Vendor | FailureClass::MissingParent
    );
    if attempts >= ATTEMPTS_MAX && !weather {
        return None;
    }
    let doublings = attempts.saturating_sub(1).min(20);
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE);
    Some(now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX))
}
