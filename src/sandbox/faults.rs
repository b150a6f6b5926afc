//! The fault dial: what goes wrong on purpose, how often, by seed.
//!
//! The grammar is a comma list of `side:kind=rate`, where side is `dynamics` or `marketo` and rate
//! is a probability from 0 to 1 a call, or `xN` for the next N chances: `dynamics:429=0.05,
//! marketo:606=x3`. `retry-after=SECONDS` sets what throttling answers say. An empty list is quiet.
//!
//! Kinds of `dynamics`: `429`, `429time`, `429concurrency`, `500`, `deadlock`, `timeout`, `503`,
//! `403`, `412`, `401` (tokens revoked), `expired` (delta tokens), `slow`, `bad` (one record of a
//! batch), `plugin` (a row's version moves right after our write), and, once the call is done, `cut` (mid-body), `truncated` (JSON), `html`, `type`.
//! `marketo` takes its vendor's codes (`601`, `602`, `606`, `608`, `611`, `713` …) and the same
//! transport kinds.

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
            if !matches!(side, "dynamics" | "marketo") || kind.is_empty() {
                return Err(bad());
            }
            let rate = match value.strip_prefix('x') {
                Some(times) => Rate::Next(times.parse().map_err(|_| bad())?),
                None => Rate::Chance(
                    value
                        .parse()
                        .ok()
                        .filter(|p| (0.0..=1.0).contains(p))
                        .ok_or_else(bad)?,
                ),
            };
            rates.insert(name.to_owned(), rate);
        }
        let mut dial = self.dial();
        self.0.armed.store(!rates.is_empty(), Ordering::Relaxed);
        (dial.rates, dial.retry_after) = (rates, retry_after);
        Ok(())
    }

    /// One side's chances as its own dial reads them: `606=0.02,cut=0.01`. Faults for the next N chances are left out.
    pub fn chances(&self, side: &str) -> String {
        let dial = self.dial();
        let chance = |(name, rate): (&String, &Rate)| match (name.split_once(':'), rate) {
            (Some((of, kind)), Rate::Chance(chance)) if of == side => {
                Some(format!("{kind}={chance}"))
            }
            _ => None,
        };
        let chances: Vec<String> = dial.rates.iter().filter_map(chance).collect();
        chances.join(",")
    }

    /// Whether this fault strikes now.
    pub fn roll(&self, side: &str, kind: &str) -> bool {
        if !self.0.armed.load(Ordering::Relaxed) {
            return false;
        }
        let mut dial = self.dial();
        let dial = &mut *dial;
        match dial.rates.get_mut(&format!("{side}:{kind}")) {
            None | Some(Rate::Next(0)) => false,
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
