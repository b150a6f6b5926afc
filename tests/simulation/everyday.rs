//! The lives of an ordinary test run.

#[cfg(debug_assertions)]
use syncdeck::engine::Mutant;

use super::live;
use super::run::{Lives, live_all};

/// Lives of an everyday run, unless `SYNCDECK_SEEDS` says otherwise.
const SEEDS: u64 = 60;
/// Where they begin, unless `SYNCDECK_FIRST` says otherwise: the same lives in every run, so that a run that fails was
/// made to fail by the change it tests. Fresh lives are the bench's.
const FIRST: u64 = 1;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_seeded_life_ends_in_step_with_nothing_lost_or_doubled() {
    let (first, count) = match number("SYNCDECK_SEED") {
        Some(seed) => (seed, 1),
        None => (
            number("SYNCDECK_FIRST").unwrap_or(FIRST),
            number("SYNCDECK_SEEDS").unwrap_or(SEEDS),
        ),
    };
    let outcome = live_all(Lives {
        first,
        count,
        mutant: None,
    });
    eprintln!(
        "{} lives from seed {first}, {:.1} a second",
        outcome.lived,
        outcome.pace()
    );
    let again = "SYNCDECK_SEED={seed} cargo test --test suite simulation::every -- --nocapture";
    assert!(outcome.failed.is_empty(), "{}", outcome.told(again));
}

#[test]
fn the_same_seed_lives_the_same_life_twice() {
    for seed in 1..7 {
        let (one, two) = (live(seed).trace, live(seed).trace);
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

/// The mistakes that most lives meet; `cargo bench --profile sim --bench simulation -- --mutants` makes the others, too.
#[cfg(debug_assertions)]
const COMMON: [Mutant; 4] = [
    Mutant::SendsAllFields,
    Mutant::NoIfMatch,
    Mutant::BasePerRecord,
    Mutant::NoOldValue,
];
/// They are found within so many lives.
#[cfg(debug_assertions)]
const FOUND_WITHIN: u64 = 80;

#[test]
#[cfg(debug_assertions)]
fn a_shortcut_in_the_engine_is_found_out() {
    for mutant in COMMON {
        let lives = Lives {
            first: 1,
            count: FOUND_WITHIN,
            mutant: Some(mutant),
        };
        let outcome = live_all(lives);
        assert!(!outcome.failed.is_empty(), "{mutant:?} was not found");
    }
}
