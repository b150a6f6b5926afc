//! Many more lives than a test run has time for.
//!
//! `cargo bench --profile sim --bench simulation -- [--seeds N] [--first SEED] [--seed SEED] [--mutant NAME] [--mutants]`
//! lives N lives (2,000) and prints the pace and, of each that broke an invariant, the command that replays it. Without
//! `--first` they are fresh ones: every run begins at another seed, and prints it.
//! `--mutants` lives each deliberate mistake until a life finds it that is sound without it, from seed 1 and N lives
//! (50,000) at most, prints what it took, and fails if one is not found.
#![allow(
    missing_docs,
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "a bench"
)]

#[path = "../engine"]
mod engine {
    pub mod harness;
}
#[path = "../simulation/mod.rs"]
mod simulation;

use std::process::ExitCode;

use simulation::run::{Lives, live_all};
use syncdeck::engine::Mutant;

/// Lives, unless asked otherwise.
const SEEDS: u64 = 2_000;
/// Lives for each mistake, unless asked otherwise.
const SEEDS_A_MUTANT: u64 = 50_000;
/// Fresh lives begin here or beyond: the suite's own have smaller seeds.
const FRESH: std::ops::Range<u64> = 1_000_000..1_000_000_000;
/// Letters told of what a mistake broke.
const TOLD: usize = 160;
const AGAIN: &str = "cargo bench --profile sim --bench simulation -- --seed {seed}";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let number =
        |name: &str| after(name).and_then(|text| text.replace([',', '_'], "").parse().ok());
    let named = after("--mutant").map(|name| {
        let found = Mutant::ALL.iter().find(|(_, known)| *known == name);
        found
            .unwrap_or_else(|| panic!("no mutant {name}; there are {:?}", Mutant::ALL))
            .0
    });
    if named.is_some() || words.iter().any(|word| word == "--mutants") {
        let count = number("--seeds").unwrap_or(SEEDS_A_MUTANT);
        return mutants(named, number("--first").unwrap_or(1), count);
    }
    let (first, count) = match number("--seed") {
        Some(seed) => {
            for line in simulation::live(seed).trace {
                println!("{line}");
            }
            (seed, 1)
        }
        None => (
            number("--first").unwrap_or_else(|| fastrand::u64(FRESH)),
            number("--seeds").unwrap_or(SEEDS),
        ),
    };
    println!("{count} lives from seed {first}");
    let outcome = live_all(Lives {
        first,
        count,
        mutant: None,
    });
    let (lived, seconds) = (outcome.lived, outcome.seconds);
    println!(
        "{lived} lives from seed {first} in {seconds:.0} s: {:.1} a second",
        outcome.pace()
    );
    if outcome.failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{}", outcome.told(AGAIN));
    ExitCode::FAILURE
}

fn mutants(only: Option<Mutant>, first: u64, count: u64) -> ExitCode {
    if !cfg!(debug_assertions) {
        println!("the mistakes exist only with debug assertions: cargo bench --profile sim …");
        return ExitCode::FAILURE;
    }
    let mut ended = ExitCode::SUCCESS;
    println!(
        "{:<18} {:>6} {:>6} {:>5}  what it broke",
        "mistake", "seed", "lives", "s"
    );
    for (mutant, name) in Mutant::ALL {
        if only.is_some_and(|only| only != mutant) {
            continue;
        }
        let outcome = live_all(Lives {
            first,
            count,
            mutant: Some(mutant),
        });
        let (lived, seconds) = (outcome.lived, outcome.seconds);
        if let Some((seed, found)) = outcome.failed.first() {
            let why: String = found[0].chars().take(TOLD).collect();
            println!("{name:<18} {seed:>6} {lived:>6} {seconds:>5.0}  {why}");
        } else {
            println!("{name:<18} {:>6} {lived:>6} {seconds:>5.0}  NOT FOUND", "-");
            ended = ExitCode::FAILURE;
        }
    }
    ended
}
