//! How often and how long a call is tried again inside the connector.

use std::time::Duration;

/// Tries of one call, the first included.
pub(super) const TRIES: u32 = 4;
/// Before the second try; doubled before each later one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A wait longer than this is the engine's to plan, not ours to sit out.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait after try number `attempt` (from 1) failed: what the vendor wants, else growing
/// pauses. None when the vendor wants more patience than a call has.
pub(super) fn pause_before(attempt: u32, wanted: Option<Duration>) -> Option<Duration> {
    let pause = wanted.unwrap_or(FIRST_PAUSE * 2_u32.pow(attempt.clamp(1, 8) - 1));
    (pause <= PATIENCE).then_some(pause)
}
