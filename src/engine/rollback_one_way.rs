//! Taking back what a cycle wrote to fields of people that travel one way: they are put back where they arrive alone.

use super::objects;
use crate::model::{Direction, Entity, Side, Take, Value};
use crate::store::JournalRow;

/// The side that a field arrives at, where it travels one way only.
pub(super) fn receiver(travels: Direction) -> Option<Side> {
    match travels {
        Direction::ToMarketo => Some(Side::Marketo),
        Direction::ToDynamics => Some(Side::Dynamics),
        Direction::Both | Direction::Off => None,
    }
}

/// What later cycles make of a value that was put back on `side`.
pub(super) fn held(side: Side) -> &'static str {
    match side {
        Side::Marketo => super::rollback_objects::HELD,
        Side::Dynamics => {
            "held until this field changes in Marketo: correct it there to make it last"
        }
    }
}

/// Why what was written to a field cannot be taken back, now that it travels like this.
pub(super) fn why_not(travels: Direction, writes: &[JournalRow]) -> Option<String> {
    let closed = |side: &Side| !travels.writes(*side);
    let mut written = writes.iter().map(|row| row.entry.side);
    let side = written.find(closed)?;
    Some(if travels == Direction::Off {
        "the field does not travel any more".to_owned()
    } else {
        format!("the cycle wrote it to {side}, and it is not written to {side} any more")
    })
}

/// Why a person keeps the company or the owner a cycle gave: Marketo moves people, and takes nobody out.
pub(super) fn stays(entity: &Entity, field: &str, take: &Take) -> Option<String> {
    let emptied = matches!(
        take,
        Take::Alone {
            value: Value::Null,
            ..
        } | Take::Value(Value::Null)
    );
    let held = entity.is_person() && objects::is_reference(field) && emptied;
    held.then(|| {
        "Marketo moves a person to another company or owner, and takes nobody out of one".to_owned()
    })
}
