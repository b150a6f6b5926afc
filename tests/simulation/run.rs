//! Many lives, spread over threads; what failed, and the command that lives it again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::life;
use syncdeck::engine::Mutant;

/// Failed lives that are told in full.
const TOLD: usize = 3;

/// Which lives.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    pub first: u64,
    pub count: u64,
    /// A deliberate mistake they are lived with; the first life that finds it ends the run.
    pub mutant: Option<Mutant>,
}

/// What came of them.
pub struct Outcome {
    /// Seeds that broke an invariant, and how.
    pub failed: Vec<(u64, Vec<String>)>,
    pub lived: u64,
    pub seconds: f64,
}

impl Outcome {
    /// Lives a second, all threads together.
    pub fn pace(&self) -> f64 {
        self.lived as f64 / self.seconds.max(0.001)
    }

    /// What to print about the failed ones; `again` is the command that replays `{seed}`.
    pub fn told(&self, again: &str) -> String {
        let seeds: Vec<u64> = self.failed.iter().map(|(seed, _)| *seed).collect();
        let told = self.failed.iter().take(TOLD).map(|(seed, found)| {
            let again = again.replace("{seed}", &seed.to_string());
            format!("\n{again}\n  {}", found.join("\n  "))
        });
        let told: String = told.collect();
        format!(
            "{} of {} lives failed: {seeds:?}{told}",
            seeds.len(),
            self.lived
        )
    }
}

/// Lives them all.
pub fn live_all(lives: Lives) -> Outcome {
    let began = Instant::now();
    let (next, lived) = (AtomicU64::new(lives.first), AtomicU64::new(0));
    let (failed, found) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !found.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= lives.first + lives.count {
                        return;
                    }
                    let violations = live_with(seed, lives.mutant);
                    lived.fetch_add(1, Ordering::Relaxed);
                    if !violations.is_empty() {
                        failed.lock().unwrap().push((seed, violations));
                        found.store(lives.mutant.is_some(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    Outcome {
        failed,
        lived: lived.into_inner(),
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// What a life broke; with a mistake, only what the same life does not break without it.
fn live_with(seed: u64, mutant: Option<Mutant>) -> Vec<String> {
    arm(mutant);
    let violations = broken_in(seed);
    arm(None);
    let sane = violations.is_empty() || mutant.is_none();
    if sane || broken_in(seed).is_empty() {
        return violations;
    }
    Vec::new()
}

/// What a life broke; one that panics has broken everything, and the others go on.
fn broken_in(seed: u64) -> Vec<String> {
    let life = std::panic::catch_unwind(|| life::live(seed).violations);
    life.unwrap_or_else(|_| vec!["it panicked: see above".to_owned()])
}

#[cfg(debug_assertions)]
use syncdeck::engine::arm;

/// There are no mistakes to make without debug assertions.
#[cfg(not(debug_assertions))]
fn arm(_: Option<Mutant>) {}
