//! Rows whose person is gone from Marketo, as long as the admin has not said what becomes of the row.
//!
//! Their links stay as they are, so that the answer can be carried out; but nobody may be told to belong to such a person.

use std::collections::HashMap;

use crate::model::{Conflict, ConflictKind, RecordKey};
use crate::store::{Link, Reader, StoreError};

/// What a delete/edit conflict says of the side the record was deleted in.
pub(in crate::engine) const DELETED: &str = "deleted";

/// Whether a conflict asks about a person that was deleted in Marketo.
pub(in crate::engine) fn asks_about_the_gone(kind: ConflictKind, marketo: Option<&str>) -> bool {
    kind == ConflictKind::DeleteEdit && marketo == Some(DELETED)
}

/// Links as those who point to their rows are to see them: without a person that is gone.
pub(in crate::engine) fn without_the_gone(
    reader: &Reader<'_>,
    links: &mut HashMap<RecordKey, Link>,
) -> Result<(), StoreError> {
    let people = links.values().filter(|link| link.entity.is_person());
    let people: Vec<_> = people.map(|link| link.id).collect();
    let asked = reader.open_conflicts(&people)?;
    let about = |one: &Conflict| asks_about_the_gone(one.kind, one.marketo.as_text());
    for link in links.values_mut() {
        if asked
            .get(&link.id)
            .is_some_and(|open| open.iter().any(about))
        {
            link.marketo = None;
        }
    }
    Ok(())
}
