//! People whose entity is switched off: nothing of theirs is written, but what the feed tells about our earlier writes
//! is still understood, by the map their entity has and what the last cycle that used it found about the fields.

use super::mapping_facts::mapping_facts;
use super::maps;
use crate::mapping::CheckedMap;
use crate::model::{Entity, FieldInfo};
use crate::store::{Reader, StoreError};

/// The maps of the people that are not among `on`; none of an entity that was never on.
pub(super) fn maps(reader: &Reader<'_>, on: &[Entity]) -> Result<Vec<CheckedMap>, StoreError> {
    let mut found = Vec::new();
    for entity in [Entity::LEAD, Entity::CONTACT] {
        if on.contains(&entity) {
            continue;
        }
        // A version that cannot be read halts the entity as soon as it is on again.
        let Some(Ok(current)) = maps::mapping(reader, &entity)? else {
            continue;
        };
        let facts = mapping_facts(reader, &entity)?;
        let (columns, fields): (Vec<Option<FieldInfo>>, Vec<Option<FieldInfo>>) = facts
            .into_iter()
            .map(|fact| (fact.dynamics, fact.marketo))
            .unzip();
        let known = |infos: Vec<Option<FieldInfo>>| infos.into_iter().flatten().collect::<Vec<_>>();
        found.push(current.map.check(&known(columns), &known(fields)));
    }
    Ok(found)
}
