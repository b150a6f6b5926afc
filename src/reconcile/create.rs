//! The values a new record starts with on the other side.

use super::merge::FieldWrite;
use crate::mapping::CheckedMap;
use crate::model::{Cause, Direction, Record, Refusal, Side, Value};

/// The non-empty values of `record` (of side `from`) for a new record on the other side, in the map's order, and the
/// fields that side takes no such value for. `direction` is the entity's.
pub fn create_fields(
    map: &CheckedMap,
    direction: Direction,
    from: Side,
    record: &Record,
) -> (Vec<FieldWrite>, Vec<(String, Refusal)>) {
    let to = from.other();
    let mut writes = Vec::new();
    let mut refused = Vec::new();
    for field in &map.fields {
        let raw = record.get(&field.info(from).name);
        let allowed = direction.and(field.direction).writes(to) && field.info(to).creatable;
        // A transform may make something of nothing.
        let empty = raw.is_null()
            && (field.map.transform.is_empty() || field.canonical(from, raw).is_null());
        if empty || !allowed {
            continue;
        }
        match field.convert(from, raw) {
            Ok(after) if after.is_null() => {}
            Ok(after) => writes.push(FieldWrite {
                field: field.map.name.clone(),
                name: field.info(to).name.clone(),
                before: Value::Null,
                canonical: field.canonical(to, &after),
                after,
                cause: Cause::Create,
                conflict: None,
            }),
            Err(refusal) => refused.push((field.map.name.clone(), refusal)),
        }
    }
    (writes, refused)
}
