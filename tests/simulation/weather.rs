//! What goes wrong in a life: the dials of both ends, and the wire between them and the engine.

use std::time::Duration;

use fastrand::Rng;

use crate::engine::harness::wire::{Fate, Sent, is_record};

/// Kinds of the Dynamics dial; each is on in one life of eight.
const DYNAMICS: [&str; 18] = [
    "429",
    "429time",
    "429concurrency",
    "500",
    "deadlock",
    "timeout",
    "503",
    "403",
    "412",
    "401",
    "expired",
    "slow",
    "bad",
    "plugin",
    "cut",
    "truncated",
    "html",
    "type",
];
/// Kinds of the Marketo dial.
const MARKETO: [&str; 20] = [
    "601",
    "602",
    "604",
    "606",
    "608",
    "611",
    "615",
    "713",
    "500",
    "502",
    "5xx",
    "slow",
    "cut",
    "truncated",
    "html",
    "lost",
    "reset",
    "partial",
    "duplicate",
    "late",
];
/// How often a fault strikes that is on.
const RATE: &str = "0.05";
/// Answers that tell of a limit: where one of these is on, being told is no fault of the engine's.
const OF_LIMITS: [&str; 4] = ["606", "615", "429", "607"];

/// Kinds that make no answer untrue: activities come late or twice.
const OF_FEEDS: [&str; 2] = ["late", "duplicate"];

/// Ways the wire spoils a call, see [`fate`].
const WAYS: u8 = 6;

/// One life's faults, drawn by seed: swarms of a few kinds, so that rare pairs meet.
pub struct Weather {
    pub dial: String,
    /// Calls out of a hundred that the wire spoils.
    pub harm: u32,
    /// In which ways, of [`WAYS`].
    pub ways: Vec<u8>,
    /// Out of a hundred times that a call travels, somebody edits something.
    pub busy: u32,
    /// Seconds until an activity shows.
    pub lag: u64,
    /// The vendors' limits hold.
    pub limits: bool,
}

impl Weather {
    pub fn new(random: &mut Rng) -> Self {
        let mut dial: Vec<String> = Vec::new();
        let calm = random.u8(..4) == 0;
        for (side, kinds) in [("dynamics", &DYNAMICS[..]), ("marketo", &MARKETO[..])] {
            let on = kinds
                .iter()
                .filter(|kind| random.u8(..8) == 0 && (!calm || OF_FEEDS.contains(kind)));
            dial.extend(on.map(|kind| format!("{side}:{kind}={RATE}")));
        }
        let mut ways: Vec<u8> = (0..WAYS).filter(|_| random.bool()).collect();
        if ways.is_empty() {
            ways.extend(0..WAYS);
        }
        let late = [5_000, 90_000][random.usize(..2)];
        dial.push(format!("marketo:late_ms={late}"));
        Self {
            ways,
            dial: dial.join(","),
            harm: if calm {
                0
            } else {
                [0, 2, 5][random.usize(..3)]
            },
            busy: [0, 20, 60][random.usize(..3)],
            lag: [0, 2, 2, 30, 200][random.usize(..5)],
            limits: random.u8(..4) == 0,
        }
    }

    /// Whether answers about limits come from the dial.
    pub fn limits_are_dialled(&self) -> bool {
        OF_LIMITS
            .iter()
            .any(|kind| self.dial.contains(&format!(":{kind}")))
    }

    /// How long until nothing of what happened is on its way any more: writes without an answer have rested, activities
    /// show, and the engine is due to read again what came late.
    pub fn settled_after(&self) -> u64 {
        700 + self.lag
    }
}

/// What the wire does to one call.
pub fn fate(random: &mut Rng, (harm, ways): (u32, &[u8]), sent: &Sent) -> Fate {
    if random.u32(..100) >= harm {
        return Fate::Pass;
    }
    match ways[random.usize(..ways.len())] {
        0 => Fate::Lost,
        1 => Fate::Swallowed,
        3 => Fate::Held(Duration::from_secs(random.u64(1..30))),
        4 => Fate::Slow(Duration::from_secs(random.u64(1..60))),
        2 if sent.writes.iter().any(is_record) => {
            Fate::Late(Duration::from_secs(random.u64(1..100)))
        }
        _ => Fate::Refused,
    }
}

/// One call as a life's trace tells it.
pub fn line(sent: &Sent, fate: Fate) -> String {
    let mut line = format!("{} {}", sent.side, sent.path);
    if fate != Fate::Pass {
        line += &format!(" {fate:?}");
    }
    for write in &sent.writes {
        let fields = serde_json::to_string(&write.fields).unwrap();
        line += &format!("\n            {} {} {fields}", write.what, write.key);
    }
    line
}
