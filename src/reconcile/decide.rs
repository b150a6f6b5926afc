//! Who wins where the two sides hold different values and no open conflict freezes the field.

use chrono::{DateTime, TimeDelta, Utc};

use super::merge::{MergeInput, Seen};
use crate::model::{Cause, Direction, Entity, Policy, Side, Value};

/// Changes closer together than this cannot be told apart by two vendors' clocks: `newest` asks instead.
pub const SKEW_GUARD: TimeDelta = TimeDelta::seconds(120);

/// What is done about a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// This side's value goes to the other one.
    Take(Side, Cause),
    /// The admin decides.
    Ask,
    /// Nothing: the only write that would even it out must not happen.
    Leave,
}

/// When each side says its record last changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub dynamics: Option<DateTime<Utc>>,
    pub marketo: Option<DateTime<Utc>>,
}

/// Decides a field whose canonical values differ.
pub(super) fn decide(input: &MergeInput<'_>, seen: &Seen<'_>, moved: Moved) -> Decision {
    match seen.direction {
        Direction::Off => Decision::Leave,
        Direction::ToMarketo => one_way(seen, Side::Dynamics),
        Direction::ToDynamics => one_way(seen, Side::Marketo),
        Direction::Both => both_ways(input, seen, moved),
    }
}

/// Only `from` may be copied. What the other side drifted to is kept in the journal as the value replaced.
fn one_way(seen: &Seen<'_>, from: Side) -> Decision {
    let to = from.other();
    if seen.keeps(from) {
        return Decision::Leave;
    }
    if !seen.moved(to) {
        return Decision::Take(from, Cause::Change);
    }
    // A wish not to be contacted is never taken back by a copy, not even where the direction forbids passing it on.
    if seen.field.map.consent && is_true(seen.canonical(to)) {
        return Decision::Leave;
    }
    Decision::Take(from, by_policy("one_way"))
}

fn both_ways(input: &MergeInput<'_>, seen: &Seen<'_>, moved: Moved) -> Decision {
    if let Some(empty) = Side::BOTH.into_iter().find(|side| seen.keeps(*side)) {
        let full = empty.other();
        return if seen.moved(full) {
            Decision::Take(full, Cause::Change)
        } else {
            Decision::Leave
        };
    }
    for side in Side::BOTH {
        if !seen.moved(side.other()) {
            return Decision::Take(side, Cause::Change);
        }
    }
    if seen.field.map.consent
        && let Some(side) = Side::BOTH
            .into_iter()
            .find(|side| is_true(seen.canonical(*side)))
    {
        return Decision::Take(side, by_policy("true_wins"));
    }
    if input.fill_empty
        && seen.base.is_none()
        && let Some(empty) = Side::BOTH
            .into_iter()
            .find(|side| seen.canonical(*side).is_null())
    {
        return Decision::Take(empty.other(), by_policy("fill_empty"));
    }
    let policy = seen.field.map.policy.unwrap_or(input.policy);
    match winner(policy, &input.map.entity, moved) {
        Some(side) => Decision::Take(side, by_policy(policy.word())),
        None => Decision::Ask,
    }
}

/// The side a policy names; none where the admin decides.
fn winner(policy: Policy, entity: &Entity, moved: Moved) -> Option<Side> {
    match policy {
        Policy::Ask => None,
        Policy::Dynamics => Some(Side::Dynamics),
        Policy::Marketo => Some(Side::Marketo),
        Policy::Native => Some(native(entity)),
        Policy::Newest => {
            let ahead = moved.dynamics? - moved.marketo?;
            if ahead.abs() <= SKEW_GUARD {
                None
            } else if ahead > TimeDelta::zero() {
                Some(Side::Dynamics)
            } else {
                Some(Side::Marketo)
            }
        }
    }
}

/// Who wins with Marketo's own connector.
fn native(entity: &Entity) -> Side {
    if *entity == Entity::LEAD {
        Side::Marketo
    } else {
        Side::Dynamics
    }
}

fn by_policy(word: &str) -> Cause {
    Cause::Policy(word.to_owned())
}

fn is_true(value: &Value) -> bool {
    *value == Value::Boolean(true)
}
