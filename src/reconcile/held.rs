//! A value put back on a side that only receives: held there until the field changes where it comes from.
//!
//! The agreed value stays what the other side holds. Beside it the base remembers that very value under another name; as
//! long as the other side still has it, the field is not copied again.

use super::merge::{Merge, MergeInput, Seen};
use crate::model::{Direction, Side, Value};

/// Where the base remembers the other side's value that a field put back is held against.
pub fn held_as(field: &str) -> String {
    format!("held/{field}")
}

/// How it remembers the canonical value.
pub fn held_mark(canonical: &Value) -> Value {
    Value::Text(format!("={canonical}"))
}

/// The side that a field's values come from, where they travel one way only.
pub(super) fn source(direction: Direction) -> Option<Side> {
    match direction {
        Direction::ToMarketo => Some(Side::Dynamics),
        Direction::ToDynamics => Some(Side::Marketo),
        Direction::Both | Direction::Off => None,
    }
}

/// What a field is held against, where it is held.
pub(super) fn mark<'a>(input: &MergeInput<'a>, field: &str) -> Option<&'a Value> {
    let mark = input.base.get(&held_as(field));
    mark.filter(|mark| !mark.is_null())
}

/// Whether the field is held; a hold that has come to its end is lifted.
pub(super) fn keeps(merge: &mut Merge, input: &MergeInput<'_>, seen: &Seen<'_>) -> bool {
    let field = &seen.field.map.name;
    let Some(mark) = mark(input, field) else {
        return false;
    };
    let from = source(seen.direction);
    if !seen.equal() && from.is_some_and(|from| *mark == held_mark(seen.canonical(from))) {
        return true;
    }
    merge.agreed.push((held_as(field), Value::Null));
    false
}
