//! Fields an open conflict freezes: a decision is applied only to the two values it was made on.

use super::merge::{Merge, Seen, push, take, write};
use crate::model::{Cause, Conflict, ConflictKind, ConflictStatus, Side, Take, Value};

/// The open conflicts of `field`, oldest first.
pub(super) fn of_field<'a>(open: &'a [Conflict], field: &str) -> Vec<&'a Conflict> {
    let mut found: Vec<&Conflict> = open
        .iter()
        .filter(|conflict| conflict.status.is_open() && conflict.field == field)
        .collect();
    found.sort_by_key(|conflict| conflict.id);
    found
}

/// Whether the conflict still shows what the sides hold, so that it goes on freezing the field.
///
/// An overwritten value is nowhere any more: its conflict shows the value we wrote and the one we lost, and holds as
/// long as both sides still carry one of the two.
pub(super) fn holds(conflict: &Conflict, seen: &Seen<'_>) -> bool {
    let [dynamics, marketo] = shown(conflict, seen);
    let now = Side::BOTH.map(|side| seen.canonical(side));
    match conflict.kind {
        ConflictKind::Overwritten => now
            .into_iter()
            .all(|value| *value == dynamics || *value == marketo),
        _ => !seen.equal() && *now[0] == dynamics && *now[1] == marketo,
    }
}

fn shown(conflict: &Conflict, seen: &Seen<'_>) -> [Value; 2] {
    [
        seen.field.canonical(Side::Dynamics, &conflict.dynamics),
        seen.field.canonical(Side::Marketo, &conflict.marketo),
    ]
}

/// Applies the decision on a conflict that [`holds`]; without one, or where the direction forbids a write it needs,
/// the field stays frozen.
pub(super) fn apply(merge: &mut Merge, conflict: &Conflict, seen: &Seen<'_>) {
    let Some(resolution) = &conflict.resolution else {
        return;
    };
    if conflict.status != ConflictStatus::Resolved {
        return;
    }
    match (&resolution.take, conflict.kind) {
        (Take::Side(side), ConflictKind::Overwritten) => {
            let raw = match side {
                Side::Dynamics => &conflict.dynamics,
                Side::Marketo => &conflict.marketo,
            };
            even_out(merge, conflict, seen, raw);
        }
        (Take::Side(side), _) => {
            if seen.direction.writes(side.other()) {
                let cause = Cause::Resolution(conflict.id.0);
                take(merge, seen, *side, cause, Some(conflict.id));
            }
        }
        (Take::Value(value), _) => even_out(merge, conflict, seen, value),
    }
}

/// Writes `value` to each side that holds another one: all of these writes, or none.
fn even_out(merge: &mut Merge, conflict: &Conflict, seen: &Seen<'_>, value: &Value) {
    let field = seen.field;
    let wanted = field.canonical(Side::Dynamics, value);
    let targets: Vec<Side> = Side::BOTH
        .into_iter()
        .filter(|side| *seen.canonical(*side) != wanted)
        .collect();
    if targets.is_empty() {
        merge.converged.push(conflict.id);
        return;
    }
    if !targets.iter().all(|side| seen.direction.writes(*side)) {
        return;
    }
    let mut writes = Vec::with_capacity(targets.len());
    for side in targets {
        // Converting from the other side keeps the case that was typed.
        match field.convert(side.other(), value) {
            Ok(after) => {
                let cause = Cause::Resolution(conflict.id.0);
                writes.push((side, write(seen, side, after, cause, Some(conflict.id))));
            }
            Err(refusal) => {
                merge.refused.push((side, field.map.name.clone(), refusal));
                return;
            }
        }
    }
    for (side, write) in writes {
        push(merge, side, write);
    }
}
