//! Flagging a record whose row was deleted needs a field on the object. Marketo's API makes fields of people and custom
//! objects, none of companies and opportunities: where the admin has made none, the record is kept, and that is said.

use super::describe;
use super::end::ObjectEnd;
use super::prepare::can_flag;
use crate::connectors::marketo::Object;
use crate::engine::checking::Check;
use crate::engine::context::Context;
use crate::engine::stamp;
use crate::mapping::EntityMap;
use crate::model::{DeletePolicy, Direction, EntitySettings, LeavePolicy};
use crate::store::{Reader, StoreError};

/// The object whose records are to be flagged, and the name Marketo's administration has for it; none where nothing is.
fn flagged(settings: &EntitySettings) -> Option<(Object, &'static str)> {
    let rules = &settings.rules;
    let flags = rules.deleted_in_dynamics == DeletePolicy::Flag || rules.leave == LeavePolicy::Flag;
    if !flags || settings.direction == Direction::Off || settings.entity.is_person() {
        return None;
    }
    let map = EntityMap::standard(&settings.entity)?.ok()?;
    match ObjectEnd::named(&map.object).object {
        object @ Object::Company => Some((object, "Company")),
        object @ Object::Opportunity => Some((object, "Opportunity")),
        _ => None,
    }
}

fn words(object: &str) -> String {
    let field = stamp::DELETED;
    format!(
        "records of deleted rows are kept without a flag: Marketo has no writable field {field} on the {object} object, \
         and its API makes none there; make one in Marketo's administration (API name {field}, type Boolean, object \
         {object}), or set the entity's deleted_in_dynamics to delete, unlink or ask"
    )
}

/// What is to be said of an entity whose records cannot be flagged, as far as the object is known.
pub(in crate::engine) fn unflagged(
    reader: &Reader<'_>,
    settings: &EntitySettings,
) -> Result<Option<String>, StoreError> {
    let Some((object, name)) = flagged(settings) else {
        return Ok(None);
    };
    let fields = describe::remembered(reader, &object)?;
    Ok(fields
        .filter(|fields| !can_flag(fields))
        .map(|_| words(name)))
}

/// The line of the check list. Without the field everything else works, so the line does not fail.
pub(in crate::engine) async fn check(
    context: &Context,
    settings: &EntitySettings,
) -> Option<Check> {
    let (object, name) = flagged(settings)?;
    let line = format!("{}: flag of deleted rows", settings.entity);
    let fields = match context.marketo.describe_object(&object).await {
        Ok(described) => described.fields,
        Err(error) => {
            let remedy = "give the API user's role read access to the object";
            return Some(Check::new(line, false, error.to_string(), remedy));
        }
    };
    let found = if can_flag(&fields) {
        format!("{} is there", stamp::DELETED)
    } else {
        words(name)
    };
    Some(Check::new(line, true, found, ""))
}
