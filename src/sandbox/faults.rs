//! The fault dial: what goes wrong on purpose, how often, by seed.
//!
//! The grammar is a comma list of `side:kind=rate`, where side is `dynamics` or `marketo` and rate
//! is a probability from 0 to 1 a chance, or `xN` for the next N chances: `dynamics:429=0.05,
//! marketo:606=x3`. A chance is a call unless said otherwise. `retry-after=SECONDS` sets what throttling answers of
//! Dynamics say. An empty list is quiet. The dial can be turned while the servers run (`POST /sandbox/faults`).
//!
//! Kinds of `dynamics`: `429`, `429time`, `429concurrency`, `500`, `deadlock`, `timeout`, `503`,
//! `403`, `412`, `401` (tokens revoked), `expired` (delta tokens), `slow`, `bad` (one record of a
//! batch), `plugin` (a row's version moves right after our write), and, once the call is done, `cut` (mid-body), `truncated` (JSON), `html`, `type`.
//!
//! Kinds of `marketo`: its vendor's codes (`601` and `602`, which also end the token, `606`, `607`, `608`, `611`, `615`,
//! `713`, …), `5xx` (HTTP 503), `slow` (for `slow_ms=` milliseconds), `reset` (the connection breaks before anything is
//! done) and, once the call is done, `cut`, `truncated`, `html` and `lost` (no answer at all); a batch write: `partial` (one record is
//! skipped); an activity: `late` (by `late_ms=` milliseconds, with its true date), `duplicate` (shown twice).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds a throttling answer says to wait when the dial does not.
const RETRY_AFTER: u64 = 2;

/// A shared dial; a clone turns the same one.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    armed: AtomicBool,
    dial: Mutex<Dial>,
}

struct Dial {
    rates: BTreeMap<String, Rate>,
    random: fastrand::Rng,
    retry_after: u64,
}

#[derive(Clone, Copy)]
enum Rate {
    Chance(f64),
    Next(u32),
    /// No fault, but how long one of them takes.
    Millis(u64),
}

/// Kinds of Dynamics.
const DYNAMICS: [&str; 18] = [
    "401",
    "403",
    "412",
    "429",
    "429concurrency",
    "429time",
    "500",
    "503",
    "bad",
    "cut",
    "deadlock",
    "expired",
    "html",
    "plugin",
    "slow",
    "timeout",
    "truncated",
    "type",
];
/// Kinds of Marketo beside its codes.
const MARKETO: [&str; 10] = [
    "5xx",
    "cut",
    "duplicate",
    "html",
    "late",
    "lost",
    "partial",
    "reset",
    "slow",
    "truncated",
];
/// Lengths of time of Marketo's.
const MILLIS: [&str; 2] = ["late_ms", "slow_ms"];

impl Rate {
    /// The rate of one `side:kind`; none when there is no such kind or the rate cannot be read.
    fn read(side: &str, kind: &str, value: &str) -> Option<Self> {
        match side {
            "dynamics" if DYNAMICS.contains(&kind) => {}
            "marketo" if MILLIS.contains(&kind) => return value.parse().ok().map(Self::Millis),
            "marketo" if MARKETO.contains(&kind) || kind.parse::<u16>().is_ok() => {}
            _ => return None,
        }
        if let Some(times) = value.strip_prefix('x') {
            return times.parse().ok().map(Self::Next);
        }
        let chance = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
        chance.map(Self::Chance)
    }
}

/// A dial setting that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the fault '{0}': expected side:kind=rate, such as dynamics:429=0.05")]
pub struct FaultsError(String);

impl Faults {
    /// A quiet dial.
    pub fn none() -> Self {
        Self::seeded(0)
    }

    /// A quiet dial whose chances follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed ^ 0xfa17);
        let dial = Dial {
            rates: BTreeMap::new(),
            random,
            retry_after: RETRY_AFTER,
        };
        Self(Arc::new(Shared {
            armed: AtomicBool::new(false),
            dial: Mutex::new(dial),
        }))
    }

    /// A dial set from text.
    pub fn parse(text: &str, seed: u64) -> Result<Self, FaultsError> {
        let faults = Self::seeded(seed);
        faults.set(text)?;
        Ok(faults)
    }

    /// Sets the whole dial anew.
    pub fn set(&self, text: &str) -> Result<(), FaultsError> {
        let (mut rates, mut retry_after) = (BTreeMap::new(), RETRY_AFTER);
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let bad = || FaultsError(item.to_owned());
            let (name, value) = item.split_once('=').ok_or_else(bad)?;
            if name == "retry-after" {
                retry_after = value.parse().map_err(|_| bad())?;
                continue;
            }
            let (side, kind) = name.split_once(':').ok_or_else(bad)?;
            let rate = Rate::read(side, kind, value).ok_or_else(bad)?;
            rates.insert(name.to_owned(), rate);
        }
        let mut dial = self.dial();
        self.0.armed.store(!rates.is_empty(), Ordering::Relaxed);
        (dial.rates, dial.retry_after) = (rates, retry_after);
        Ok(())
    }

    /// Whether anything is dialled at all.
    pub fn armed(&self) -> bool {
        self.0.armed.load(Ordering::Relaxed)
    }

    /// The codes that are dialled for a side.
    pub fn codes(&self, side: &str) -> Vec<u16> {
        let dial = self.dial();
        let code = |name: &String| name.strip_prefix(side)?.strip_prefix(':')?.parse().ok();
        dial.rates.keys().filter_map(code).collect()
    }

    /// A length of time of a side, milliseconds, where it is dialled.
    pub fn number(&self, side: &str, kind: &str) -> Option<u64> {
        match self.dial().rates.get(&format!("{side}:{kind}")) {
            Some(Rate::Millis(millis)) => Some(*millis),
            _ => None,
        }
    }

    /// Whether this fault strikes now.
    pub fn roll(&self, side: &str, kind: &str) -> bool {
        if !self.armed() {
            return false;
        }
        let mut dial = self.dial();
        let dial = &mut *dial;
        match dial.rates.get_mut(&format!("{side}:{kind}")) {
            None | Some(Rate::Next(0) | Rate::Millis(_)) => false,
            Some(Rate::Chance(chance)) => dial.random.f64() < *chance,
            Some(Rate::Next(left)) => {
                *left -= 1;
                true
            }
        }
    }

    /// Seconds a throttling answer says to wait.
    pub fn retry_after(&self) -> u64 {
        self.dial().retry_after
    }

    /// The dial as text that [`Faults::set`] reads.
    pub fn describe(&self) -> String {
        let dial = self.dial();
        let rates = dial.rates.iter().map(|(name, rate)| match rate {
            Rate::Chance(chance) => format!("{name}={chance}"),
            Rate::Next(left) => format!("{name}=x{left}"),
            Rate::Millis(millis) => format!("{name}={millis}"),
        });
        rates.collect::<Vec<_>>().join(",")
    }

    fn dial(&self) -> std::sync::MutexGuard<'_, Dial> {
        self.0.dial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Faults({})", self.describe())
    }
}
