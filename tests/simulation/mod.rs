//! Seeded lives: people edit both sides, admins decide, everything fails now and then, the engine is killed. After
//! each life the invariants of the sync must hold. A failing seed prints the command that replays exactly it.
//!
//! `SYNCDECK_SEEDS=100000 cargo test --release --test suite simulation -- --nocapture` runs more of them,
//! `SYNCDECK_SEED=123 …` one.

mod check;
mod crowd;
mod life;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds of an everyday run of the suite: about half a minute unoptimised.
const SEEDS: u64 = 24;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_seeded_life_ends_in_step_with_nothing_lost_or_doubled() {
    let (first, count) = match number("SYNCDECK_SEED") {
        Some(seed) => (seed, 1),
        None => (
            number("SYNCDECK_FIRST").unwrap_or(1),
            number("SYNCDECK_SEEDS").unwrap_or(SEEDS),
        ),
    };
    let (next, failed) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let found = life::live(seed).violations;
                    if !found.is_empty() {
                        failed.lock().unwrap().push((seed, found));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let told: Vec<String> = failed
        .iter()
        .take(5)
        .map(|(seed, found)| {
            format!("SYNCDECK_SEED={seed} cargo test --test suite simulation::every -- --nocapture\n  {}", found.join("\n  "))
        })
        .collect();
    let seeds: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    assert!(
        failed.is_empty(),
        "{} of {count} seeds failed {seeds:?}:\n{}",
        failed.len(),
        told.join("\n")
    );
}

#[test]
fn the_same_seed_lives_the_same_life_twice() {
    for seed in [7, 8, 9, 10] {
        let (one, two) = (life::live(seed).trace, life::live(seed).trace);
        assert!(!one.is_empty());
        let apart = one.iter().zip(&two).position(|(one, two)| one != two);
        let at = apart.unwrap_or(one.len().min(two.len()));
        assert!(
            one == two,
            "seed {seed} parts at {at}:\n{:#?}\n{:#?}",
            one.get(at),
            two.get(at)
        );
    }
}
