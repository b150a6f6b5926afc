//! Looking at one record of an object's lane, as it is now on both sides.

use std::collections::BTreeSet;

use super::gather;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen, Slice};
use crate::engine::stage::dirty;
use crate::model::Record;
use crate::store::{Base, DirtyReason, Link};

/// A row as it was read (with what is worked out from it) and Marketo's record of it, as far as they are there. A row
/// that is gone is found by its link.
pub(in crate::engine) async fn look(
    context: &Context,
    lane: &Lane,
    row: Option<&Record>,
    (link, base): (Option<Link>, Base),
) -> Result<(Option<Record>, Option<Record>), EngineError> {
    let Some(end) = &lane.object else {
        return Ok((row.cloned(), None));
    };
    let mut item = Item::of(link, base);
    item.row = row.cloned().map_or(Seen::Gone, Seen::Here);
    if let (Some(row), None) = (row, &item.link) {
        let (entity, now) = (lane.entity(), context.clock.now());
        item.dirty
            .push(dirty(entity, row.key, DirtyReason::Conflict, now));
    }
    let mut slice = Slice::of_one(item);
    gather(context, lane, end, &mut slice).await?;
    let Some(item) = slice.items.pop() else {
        return Ok((row.cloned(), None));
    };
    let person = item.person.record().cloned();
    let seen = match item.row {
        Seen::Here(mut seen) => {
            // What points to something that is not there was taken out: here it is to be seen.
            for (name, value) in row.iter().flat_map(|row| &row.fields) {
                let value = || value.clone();
                seen.fields.entry(name.clone()).or_insert_with(value);
            }
            Some(seen)
        }
        _ => None,
    };
    Ok((seen, person))
}

/// Without the fields Marketo's description does not name (yet).
pub(in crate::engine) fn keep_described(lane: &mut Lane) {
    let known: BTreeSet<&str> = lane.person.iter().map(|it| it.name.as_str()).collect();
    lane.fields.retain(|field| known.contains(field.as_str()));
}
