//! Taking back what a cycle wrote to fields of people that travel one way: they are put back where they arrive alone.

use crate::model::{Direction, Side};
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
