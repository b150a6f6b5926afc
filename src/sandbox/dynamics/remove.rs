//! Deletions: rows that go along, lookups that become empty, and rows that forbid it.

use std::collections::HashSet;

use uuid::Uuid;

use super::cell::Cell;
use super::data::Data;
use super::project::{matching, points_at};
use super::reply::Fault;
use super::schema::{OnDelete, Table};

/// Most rows one deletion takes along.
const DOOMED_MAX: usize = 100_000;

/// A row by table and id.
type Place = (u16, Uuid);

/// Deletes a row and all that goes with it: everything or, where a row forbids it, nothing.
pub fn remove(data: &mut Data, first: Place, now: i64) -> Result<(), Fault> {
    for (table, id) in doomed(data, first)?.into_iter().rev() {
        detach(data, table, id, now);
        if let Some(slot) = data.rows(table).slot(&id) {
            data.delete(table, slot);
        }
    }
    Ok(())
}

/// The row and those deleted with it, each after the one it points at.
fn doomed(data: &Data, first: Place) -> Result<Vec<Place>, Fault> {
    let mut all = vec![first];
    let mut seen = HashSet::from([first]);
    let mut at = 0;
    while let Some(place) = all.get(at).copied() {
        at += 1;
        holding(data, place, OnDelete::Cascade, |row| {
            if seen.insert(row) {
                all.push(row);
            }
            false
        });
        if all.len() > DOOMED_MAX {
            let text = "SQL timeout expired.";
            return Err(Fault::new(500, "0x80044151", "SqlTimeout", text.into()));
        }
    }
    // What is deleted along with the rest forbids nothing.
    for place in &all {
        if holding(data, *place, OnDelete::Restrict, |row| !seen.contains(&row)) {
            return Err(associated());
        }
    }
    Ok(all)
}

/// Shows the rows that point at one, along lookups of this behaviour, until `enough`.
fn holding(
    data: &Data,
    (table, id): Place,
    behaviour: OnDelete,
    mut enough: impl FnMut(Place) -> bool,
) -> bool {
    data.schema.incoming[usize::from(table)]
        .iter()
        .any(|incoming| {
            let other = data.schema.table(incoming.table);
            let condition = points_at(incoming.column, id);
            other.column(incoming.column).on_delete == behaviour
                && matching(data, other, &condition).any(|row| enough((other.number, row.id)))
        })
}

/// 405: another row holds on to this one.
fn associated() -> Fault {
    let text =
        "The object you tried to delete is associated with another object and cannot be deleted.";
    Fault::new(
        405,
        "0x80040227",
        "CannotDeleteDueToAssociation",
        text.into(),
    )
}

/// Empties every lookup at a row about to be deleted and removes its many-to-many rows.
fn detach(data: &mut Data, table: u16, id: Uuid, now: i64) {
    let schema = data.schema.clone();
    for incoming in &schema.incoming[usize::from(table)] {
        let other = schema.table(incoming.table);
        // Who wrote a row is kept, and a column without an index is rarely pointed at.
        if other.column(incoming.column).indexed {
            empty(data, other, incoming.column, id, now);
        }
    }
    for through in &schema.tables {
        let Some(ends) = &through.intersect else {
            continue;
        };
        let column = if ends.first == table {
            ends.first_column
        } else if ends.second == table {
            ends.second_column
        } else {
            continue;
        };
        let slots = data
            .rows(through.number)
            .candidates(column, &Cell::Guid(id));
        for slot in slots.unwrap_or_default() {
            data.delete(through.number, slot);
        }
    }
}

fn empty(data: &mut Data, other: &Table, column: u16, id: Uuid, now: i64) {
    let condition = points_at(column, id);
    let slots = condition.candidates(data, other).unwrap_or_default();
    for slot in slots {
        let Some(row) = data.rows(other.number).get(slot) else {
            continue;
        };
        let mut cells = row.cells.unpack();
        let before = cells.len();
        cells.retain(|(at, value)| *at != column || value.id() != Some(id));
        if cells.len() != before {
            data.update(other.number, slot, &cells, now);
        }
    }
}
