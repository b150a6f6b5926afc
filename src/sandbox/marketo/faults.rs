//! The fault dial of the instance: what goes wrong, how often, decided by a seeded generator.

use std::str::FromStr;
use std::time::Duration;

/// How often each fault strikes, as probabilities of a call (0.0 to 1.0) unless said otherwise.
///
/// Written as `606=0.02,cut=0.01,slow=0.1,slow_ms=300`; names as the fields, codes bare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    /// Codes that refuse a call: 500, 502, 601, 602, 604, 606, 607, 608, 611, 614, 615, 713 and
    /// any other, with their probabilities. 601 and 602 also end the token. Half of the calls that meet 604, 608, 611
    /// or 713 have been carried out all the same, as with the vendor.
    pub codes: Vec<(u16, f64)>,
    /// Answers HTTP 503 without an envelope, half of them after the work was done (`5xx`).
    pub server_error: f64,
    /// Waits before the answer.
    pub slow: f64,
    /// How long a slow answer takes, milliseconds (1000 unless given).
    pub slow_ms: u64,
    /// The answer ends in the middle of its body, after the work was done.
    pub cut: f64,
    /// The connection breaks instead of an answer, after the work was done.
    pub lost: f64,
    /// The connection breaks before anything was done.
    pub reset: f64,
    /// One record of a batch write is skipped with a passing trouble (719).
    pub partial: f64,
    /// An activity is shown twice; probability of an activity.
    pub duplicate: f64,
    /// An activity shows up late, though with its true date; probability of an activity.
    pub late: f64,
    /// How late, milliseconds (5000 unless given).
    pub late_ms: u64,
}

/// A word of a fault plan that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fault: write name=probability, like 606=0.02 or cut=0.01")]
pub struct BadFault(String);

impl FromStr for FaultPlan {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let mut plan = Self::default();
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let bad = || BadFault(word.to_owned());
            let (name, value) = word.split_once('=').ok_or_else(bad)?;
            let chance: f64 = value.trim().parse().map_err(|_| bad())?;
            if !chance.is_finite() || chance < 0.0 {
                return Err(bad());
            }
            let place = match name.trim() {
                "5xx" | "server_error" => &mut plan.server_error,
                "slow" => &mut plan.slow,
                "cut" => &mut plan.cut,
                "lost" => &mut plan.lost,
                "reset" => &mut plan.reset,
                "partial" => &mut plan.partial,
                "duplicate" => &mut plan.duplicate,
                "late" => &mut plan.late,
                "slow_ms" => {
                    plan.slow_ms = chance as u64;
                    continue;
                }
                "late_ms" => {
                    plan.late_ms = chance as u64;
                    continue;
                }
                code => {
                    plan.codes.push((code.parse().map_err(|_| bad())?, chance));
                    continue;
                }
            };
            *place = chance;
        }
        Ok(plan)
    }
}

/// What befalls one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Refused with this code.
    pub code: Option<u16>,
    /// HTTP 503.
    pub server_error: bool,
    /// With a refusal: the work is done all the same.
    pub done_anyway: bool,
    pub wait: Duration,
    pub cut: bool,
    pub lost: bool,
    pub reset: bool,
}

/// The plan in force and its generator.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: FaultPlan,
    rng: fastrand::Rng,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            plan: FaultPlan::default(),
            rng: fastrand::Rng::with_seed(seed ^ 0xfa17),
        }
    }

    pub(crate) fn set(&mut self, plan: FaultPlan) {
        self.plan = plan;
    }

    fn strikes(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.rng.f64() < chance
    }

    /// Decides about a call.
    pub(crate) fn fate(&mut self) -> Fate {
        let mut fate = Fate::default();
        if self.strikes(self.plan.slow) {
            let wait = if self.plan.slow_ms == 0 {
                1000
            } else {
                self.plan.slow_ms
            };
            fate.wait = Duration::from_millis(wait);
        }
        for at in 0..self.plan.codes.len() {
            let (code, chance) = self.plan.codes[at];
            if self.strikes(chance) {
                fate.code = Some(code);
                let unsure = matches!(code, 500 | 502 | 604 | 608 | 611 | 713);
                fate.done_anyway = unsure && self.rng.bool();
                return fate;
            }
        }
        fate.server_error = self.strikes(self.plan.server_error);
        fate.done_anyway = fate.server_error && self.rng.bool();
        fate.reset = self.strikes(self.plan.reset);
        fate.lost = self.strikes(self.plan.lost);
        fate.cut = self.strikes(self.plan.cut);
        fate
    }

    /// Which record of a batch of `count` is skipped, if any.
    pub(crate) fn skipped(&mut self, count: usize) -> Option<usize> {
        (count > 0 && self.strikes(self.plan.partial)).then(|| self.rng.usize(..count))
    }

    /// Whether an activity is shown twice.
    pub(crate) fn duplicates(&mut self) -> bool {
        self.strikes(self.plan.duplicate)
    }

    /// How late a new activity shows up, if it does.
    pub(crate) fn late_ms(&mut self) -> Option<i64> {
        let late = if self.plan.late_ms == 0 {
            5000
        } else {
            self.plan.late_ms
        };
        self.strikes(self.plan.late).then_some(late as i64)
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
