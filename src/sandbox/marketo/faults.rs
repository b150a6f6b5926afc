//! The instance's side of the fault dial: what the dial's kinds do to a call, a record, an activity.

use std::time::Duration;

use crate::sandbox::faults::Faults as Dial;

/// The instance's name on the dial.
const SIDE: &str = "marketo";
/// How long a slow answer takes, and how late an activity is, unless the dial says otherwise; milliseconds.
const SLOW_MS: u64 = 1000;
const LATE_MS: u64 = 5000;

/// What befalls one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Refused with this code.
    pub code: Option<u16>,
    /// HTTP 503.
    pub server_error: bool,
    /// With a refusal: the work is done all the same.
    pub done_anyway: bool,
    /// Before the answer.
    pub wait: Duration,
    /// The answer breaks off in its middle; or ends there as if it were whole; or is some proxy's page; or
    /// never comes. The work is done.
    pub cut: bool,
    pub truncated: bool,
    pub html: bool,
    pub lost: bool,
    pub reset: bool,
}

/// The dial, and a generator for what it leaves open.
#[derive(Debug)]
pub(crate) struct Faults {
    dial: Dial,
    rng: fastrand::Rng,
}

impl Faults {
    pub(crate) fn new(dial: Dial, seed: u64) -> Self {
        Self {
            dial,
            rng: fastrand::Rng::with_seed(seed ^ 0xfa17),
        }
    }

    fn strikes(&self, kind: &str) -> bool {
        self.dial.roll(SIDE, kind)
    }

    /// Decides about a call. Half of the calls that meet a code which leaves it open whether they were carried out
    /// (and half of those that meet a 503) have been, as with the vendor.
    pub(crate) fn fate(&mut self) -> Fate {
        let mut fate = Fate::default();
        if !self.dial.armed() {
            return fate;
        }
        if self.strikes("slow") {
            let wait = self.dial.number(SIDE, "slow_ms").unwrap_or(SLOW_MS);
            fate.wait = Duration::from_millis(wait);
        }
        for code in self.dial.codes(SIDE) {
            if self.strikes(&code.to_string()) {
                fate.code = Some(code);
                let unsure = matches!(code, 500 | 502 | 604 | 608 | 611 | 713);
                fate.done_anyway = unsure && self.rng.bool();
                return fate;
            }
        }
        fate.server_error = self.strikes("5xx");
        fate.done_anyway = fate.server_error && self.rng.bool();
        fate.reset = self.strikes("reset");
        fate.lost = self.strikes("lost");
        fate.cut = self.strikes("cut");
        fate.truncated = self.strikes("truncated");
        fate.html = self.strikes("html");
        fate
    }

    /// Which record of a batch of `count` is skipped, if any.
    pub(crate) fn skipped(&mut self, count: usize) -> Option<usize> {
        (count > 0 && self.strikes("partial")).then(|| self.rng.usize(..count))
    }

    /// Whether an activity is shown twice.
    pub(crate) fn duplicates(&self) -> bool {
        self.strikes("duplicate")
    }

    /// How late a new activity shows up, if it does.
    pub(crate) fn late_ms(&self) -> Option<i64> {
        let late = || self.dial.number(SIDE, "late_ms").unwrap_or(LATE_MS) as i64;
        self.strikes("late").then(late)
    }
}

/// The vendor's text for a code.
pub(crate) fn text(code: u16) -> &'static str {
    match code {
        500 => "Internal server error",
        502 => "Bad gateway",
        601 => "Access token invalid",
        602 => "Access token expired",
        604 => "Request timed out",
        608 => "API Temporarily Unavailable",
        611 => "System error",
        614 => "Invalid Subscription",
        713 => "Transient Error",
        719 => "Lock wait timeout exception",
        _ => "Request failed",
    }
}
