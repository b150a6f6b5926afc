//! Fields an open conflict freezes: a decision is applied only to the two values it was made on.

use super::held::{self, held_as, held_mark};
use super::merge::{Merge, Seen, push, take, write};
use crate::model::{Cause, Conflict, ConflictKind, ConflictStatus, Side, Take, Value};

/// The open corrections and the open conflicts of `field`, oldest first.
pub(super) fn of_field<'a>(
    open: &'a [Conflict],
    field: &str,
) -> (Vec<&'a Conflict>, Vec<&'a Conflict>) {
    let mut found: Vec<&Conflict> = open
        .iter()
        .filter(|conflict| conflict.status.is_open() && conflict.field == field)
        .collect();
    found.sort_by_key(|conflict| conflict.id);
    found
        .into_iter()
        .partition(|conflict| conflict.kind.is_correction())
}

/// Whether the conflict still shows what the sides hold, so that it goes on freezing the field.
///
/// An overwritten value is nowhere any more: its conflict shows the value we wrote and the one we lost, and holds as
/// long as both sides still carry one of the two. What the admin typed holds whatever the sides carry; what is taken
/// back must still be there on both.
pub(super) fn holds(conflict: &Conflict, seen: &Seen<'_>) -> bool {
    let [dynamics, marketo] = shown(conflict, seen);
    let now = Side::BOTH.map(|side| seen.canonical(side));
    match conflict.kind {
        ConflictKind::Overwritten => now
            .into_iter()
            .all(|value| *value == dynamics || *value == marketo),
        ConflictKind::Edit => true,
        ConflictKind::Rollback if alone(conflict).is_some() => still_ours(conflict, seen),
        ConflictKind::Undo | ConflictKind::Rollback => *now[0] == dynamics && *now[1] == marketo,
        _ => !seen.equal() && *now[0] == dynamics && *now[1] == marketo,
    }
}

/// The side that a correction gives its own value back, and that value, where it leaves the other one as it is.
fn alone(correction: &Conflict) -> Option<(Side, &Value)> {
    match &correction.resolution.as_ref()?.take {
        Take::Alone { side, value } => Some((*side, value)),
        _ => None,
    }
}

/// Whether a side still holds what was written to it, or has its own value back already, and the other one has not moved.
fn still_ours(correction: &Conflict, seen: &Seen<'_>) -> bool {
    let Some((side, value)) = alone(correction) else {
        return false;
    };
    let now = seen.canonical(side);
    let written = &shown(correction, seen)[side as usize];
    let there = now == written || *now == seen.field.canonical(side, value);
    there && !seen.moved(side.other())
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
            even_out(merge, conflict, seen, [raw; 2]);
        }
        (Take::Side(side), _) => {
            if seen.direction.writes(side.other()) {
                let cause = Cause::Resolution(conflict.id.0);
                take(merge, seen, *side, cause, Some(conflict.id));
            }
        }
        (Take::Value(value), _) => {
            even_out(merge, conflict, seen, [value; 2]);
        }
        (Take::Each { dynamics, marketo }, _) => {
            even_out(merge, conflict, seen, [dynamics, marketo]);
        }
        // Corrections alone are such.
        (Take::Alone { .. }, _) => {}
    }
}

/// Carries out a correction that [`holds`]. False when it cannot be: it is dropped, and the field decided without it.
pub(super) fn apply_correction(merge: &mut Merge, correction: &Conflict, seen: &Seen<'_>) -> bool {
    let done = match correction.resolution.as_ref().map(|made| &made.take) {
        Some(Take::Value(value)) => even_out(merge, correction, seen, [value; 2]),
        Some(Take::Each { dynamics, marketo }) => {
            even_out(merge, correction, seen, [dynamics, marketo])
        }
        Some(Take::Alone { side, value }) => put_back(merge, correction, seen, (*side, value)),
        Some(Take::Side(_)) | None => false,
    };
    if !done {
        merge.dropped.push(correction.id);
    }
    done
}

/// Gives a side that only receives its own value back, and holds it there. False where the field travels otherwise by now.
fn put_back(
    merge: &mut Merge,
    correction: &Conflict,
    seen: &Seen<'_>,
    (side, value): (Side, &Value),
) -> bool {
    let from = side.other();
    if held::source(seen.direction) != Some(from) {
        return false;
    }
    let ours = seen.canonical(from).clone();
    if *seen.canonical(side) == seen.field.canonical(side, value) {
        merge.converged.push(correction.id);
    } else {
        let (cause, id) = (cause(correction), Some(correction.id));
        let mut back = write(seen, side, value.clone(), cause, id);
        // What is agreed is what the other side holds, so that only a change there is copied.
        back.canonical = ours.clone();
        push(merge, side, back);
    }
    let held = held_as(&seen.field.map.name);
    merge.agreed.push((held, held_mark(&ours)));
    true
}

fn cause(conflict: &Conflict) -> Cause {
    match conflict.kind {
        ConflictKind::Undo => Cause::Undo,
        ConflictKind::Rollback => Cause::Rollback(conflict.id.0),
        _ => Cause::Resolution(conflict.id.0),
    }
}

/// Writes to each side the value it is to hold, where it holds another one: all of these writes, or none. Whether it
/// could be done, or was done already.
fn even_out(merge: &mut Merge, conflict: &Conflict, seen: &Seen<'_>, values: [&Value; 2]) -> bool {
    let field = seen.field;
    let wanted = |side: Side| field.canonical(side, values[side as usize]);
    let targets: Vec<Side> = Side::BOTH
        .into_iter()
        .filter(|side| *seen.canonical(*side) != wanted(*side))
        .collect();
    if targets.is_empty() {
        merge.converged.push(conflict.id);
        if seen.equal() && seen.moved(Side::Dynamics) {
            let agreed = seen.canonical(Side::Dynamics).clone();
            merge.agreed.push((field.map.name.clone(), agreed));
        }
        return true;
    }
    if !targets.iter().all(|side| seen.direction.writes(*side)) {
        return false;
    }
    let mut writes = Vec::with_capacity(targets.len());
    for side in targets {
        // Converting from the other side keeps the case that was typed.
        match field.convert(side.other(), values[side as usize]) {
            Ok(after) => {
                let id = Some(conflict.id);
                writes.push((side, write(seen, side, after, cause(conflict), id)));
            }
            Err(refusal) => {
                merge.refused.push((side, field.map.name.clone(), refusal));
                return false;
            }
        }
    }
    for (side, write) in writes {
        push(merge, side, write);
    }
    true
}
