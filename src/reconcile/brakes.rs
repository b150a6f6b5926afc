//! The plan is measured before it is sent: too much at once halts a lane until the admin says go.

use std::fmt;

use crate::model::Entity;

/// What one cycle would do to one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Which entity.
    pub entity: Entity,
    /// Its links now.
    pub links: u64,
    /// Records the plan deletes, or flags as deleted.
    pub deletes: u64,
    /// Records the plan creates.
    pub creates: u64,
    /// Linked records the plan changes.
    pub changes: u64,
    /// Whether the first copy is running: creating and changing many is what it is for.
    pub first_copy: bool,
    /// How many records a side had when it was last read whole.
    pub side_count_before: Option<u64>,
    /// How many it has now.
    pub side_count_now: Option<u64>,
}

impl Measure {
    /// A plan that does nothing.
    pub fn nothing(entity: Entity, links: u64) -> Self {
        Self {
            entity,
            links,
            deletes: 0,
            creates: 0,
            changes: 0,
            first_copy: false,
            side_count_before: None,
            side_count_now: None,
        }
    }
}

/// A count that is always allowed, and the share of all links above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Always allowed.
    pub count: u64,
    /// Of all links, 0 to 1; the larger of both counts.
    pub share: f64,
}

impl Allowance {
    /// How many go through unasked.
    pub fn of(self, links: u64) -> u64 {
        let share = (links as f64 * self.share).floor();
        self.count.max(share as u64)
    }
}

/// When a plan is too much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrakeLimits {
    /// Deletes of one cycle.
    pub deletes: Allowance,
    /// Creates of one cycle, outside the first copy.
    pub creates: Allowance,
    /// Changed records of one cycle, outside the first copy.
    pub changes: Allowance,
    /// A side with less than this share of what it had looks emptied.
    pub remaining: f64,
    /// Below this many records only a side without any looks emptied.
    pub remaining_from: u64,
}

impl Default for BrakeLimits {
    fn default() -> Self {
        let allow = |count, share| Allowance { count, share };
        Self {
            deletes: allow(25, 0.01),
            creates: allow(500, 0.05),
            changes: allow(1_000, 0.30),
            remaining: 0.5,
            remaining_from: 25,
        }
    }
}

/// Why a lane halts. Its text says the reason and what releases it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brake {
    /// A side lost most of its records.
    Emptied {
        /// Which entity.
        entity: Entity,
        /// What it had.
        before: u64,
        /// What it has.
        now: u64,
    },
    /// Too many of one thing.
    TooMany {
        /// Which entity.
        entity: Entity,
        /// What: `deletes`, `creates`, `changes`.
        what: &'static str,
        /// How many the plan holds.
        planned: u64,
        /// How many go through unasked.
        allowed: u64,
        /// Links of the entity.
        links: u64,
    },
}

impl fmt::Display for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Emptied {
                entity,
                before,
                now,
            } => write!(
                f,
                "{entity}: a side had {before} records and now shows {now}. Check that both connections point to the \
                 right organisation and that our user still sees every record; if the records are really gone, approve \
                 this plan to go on."
            ),
            Self::TooMany {
                entity,
                what,
                planned,
                allowed,
                links,
            } => write!(
                f,
                "{entity}: {planned} {what} planned, of {links} links; up to {allowed} go through unasked. Look at the \
                 plan, then approve it to go on, or undo what caused it."
            ),
        }
    }
}

/// The first brake a plan trips, the gravest first; none when it may go on.
pub fn brake(measure: &Measure, limits: &BrakeLimits) -> Option<Brake> {
    emptied(measure, limits)
        .or_else(|| too_many(measure, "deletes", measure.deletes, limits.deletes))
        .or_else(|| growth(measure, limits))
}

/// Creating and changing many is what a first copy is for.
fn growth(measure: &Measure, limits: &BrakeLimits) -> Option<Brake> {
    if measure.first_copy {
        return None;
    }
    too_many(measure, "creates", measure.creates, limits.creates)
        .or_else(|| too_many(measure, "changes", measure.changes, limits.changes))
}

fn emptied(measure: &Measure, limits: &BrakeLimits) -> Option<Brake> {
    let (before, now) = (measure.side_count_before?, measure.side_count_now?);
    let gone = before > 0 && now == 0;
    let shrunk = before >= limits.remaining_from && (now as f64) < before as f64 * limits.remaining;
    (gone || shrunk).then(|| Brake::Emptied {
        entity: measure.entity.clone(),
        before,
        now,
    })
}

fn too_many(
    measure: &Measure,
    what: &'static str,
    planned: u64,
    allowance: Allowance,
) -> Option<Brake> {
    let allowed = allowance.of(measure.links);
    (planned > allowed).then(|| Brake::TooMany {
        entity: measure.entity.clone(),
        what,
        planned,
        allowed,
        links: measure.links,
    })
}
