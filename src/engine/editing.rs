//! A value the admin typed for a record that could not be created: part of the new record, and written back to the one
//! it is made of.

use super::lane::Lane;
use super::slice::Item;
use crate::model::{Cause, ConflictKind, ConflictStatus, Record, Side, Take};
use crate::store::OpField;

/// `record` of side `from` as the admin wants it, and the fields to be written back to it.
pub(super) fn edited(
    lane: &Lane,
    item: &Item,
    from: Side,
    record: &Record,
) -> (Record, Vec<OpField>) {
    let (mut wanted, mut back) = (record.clone(), Vec::new());
    for edit in &item.open {
        let made = edit.resolution.as_ref().map(|made| &made.take);
        let (ConflictKind::Edit, ConflictStatus::Resolved, Some(Take::Value(value))) =
            (edit.kind, edit.status, made)
        else {
            continue;
        };
        let Some(field) = lane.map.field(&edit.field) else {
            continue;
        };
        let direction = lane.direction().and(field.direction);
        // Read as if it came from the other side, so that it takes this side's form.
        let Ok(after) = field.convert(from.other(), value) else {
            continue;
        };
        let name = field.info(from).name.clone();
        if direction.writes(from) {
            back.push(OpField {
                field: edit.field.clone(),
                before: record.get(&name).clone(),
                canonical: field.canonical(from, &after),
                after: after.clone(),
                name: name.clone(),
                cause: Cause::Resolution(edit.id.0),
                conflict: Some(edit.id),
            });
        }
        wanted.fields.insert(name, after);
    }
    (wanted, back)
}
