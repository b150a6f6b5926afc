//! Field maps that are changed while running: the newest stored version, and what a change does to what was agreed.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::error::EngineError;
use super::snapshot::NewsKind;
use crate::mapping::{EntityMap, FieldMap, MappingError};
use crate::model::{ConflictStatus, Entity, LinkId};
use crate::store::{ConflictFilter, Order, Reader, StoreError, Tx};

/// Links or conflicts that are handled in one transaction.
const AT_ONCE: usize = 500;

/// A field map and its version; 0 is the one that ships with syncdeck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// The version.
    pub version: i64,
    /// The map.
    pub map: EntityMap,
}

/// The field map `entity` has now; none where nobody has written one. A stored version that cannot be read any more is
/// an error: nothing is written by another map than the admin's.
pub fn mapping(
    reader: &Reader<'_>,
    entity: &Entity,
) -> Result<Option<Result<Current, MappingError>>, StoreError> {
    let stored = reader.mappings(entity, 1)?.into_iter().next();
    Ok(match stored {
        Some(stored) => {
            let version = stored.version;
            let map = EntityMap::from_toml(&stored.document);
            Some(map.map(|map| Current { version, map }))
        }
        None => EntityMap::standard(entity).map(|map| map.map(|map| Current { version: 0, map })),
    })
}

/// Stores a new version of an entity's map; nothing is stored when it cannot be read or is another entity's.
pub fn set_mapping(
    tx: &Tx<'_>,
    entity: &Entity,
    document: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Result<i64, MappingError>, StoreError> {
    match EntityMap::from_toml(document) {
        Ok(map) if map.entity == *entity => tx.add_mapping(entity, document, by, at).map(Ok),
        Ok(map) => {
            let text = format!("it is the map of {}, not of {entity}", map.entity);
            Ok(Err(MappingError::Shape(text)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// The map of this cycle. What was agreed in fields that are gone or point elsewhere is forgotten, once.
pub(super) async fn current(
    context: &Context,
    entity: &Entity,
) -> Result<Option<Current>, EngineError> {
    let (named, key) = (entity.clone(), applied_key(entity));
    let (known, applied) = context
        .store
        .read(move |reader| Ok((mapping(reader, &named)?, reader.setting(&key)?)))
        .await?;
    let Some(current) = known.transpose()? else {
        return Ok(None);
    };
    let document = current.map.to_toml();
    if applied.as_deref() == Some(document.as_str()) {
        return Ok(Some(current));
    }
    let before = applied.and_then(|text| EntityMap::from_toml(&text).ok());
    if let Some(before) = before {
        let gone = changed(&before, &current.map);
        if !gone.is_empty() {
            forget(context, entity, &gone).await?;
        }
        let text = format!(
            "field map version {} is obeyed from now on",
            current.version
        );
        context.progress.tell(NewsKind::Done, Some(entity), text);
    }
    let key = applied_key(entity);
    context
        .store
        .transaction(move |tx| tx.set_setting(&key, &document))
        .await?;
    Ok(Some(current))
}

/// Fields that are no longer there, or mean something else now.
fn changed(before: &EntityMap, after: &EntityMap) -> Vec<String> {
    let same = |old: &&FieldMap, new: &FieldMap| {
        (&old.name, &old.dynamics, &old.marketo, &old.transform)
            == (&new.name, &new.dynamics, &new.marketo, &new.transform)
    };
    let gone = before
        .fields
        .iter()
        .filter(|old| !after.fields.iter().any(|new| same(old, new)));
    gone.map(|field| field.name.clone()).collect()
}

/// Drops what was agreed in these fields, and the conflicts about them.
async fn forget(context: &Context, entity: &Entity, fields: &[String]) -> Result<(), EngineError> {
    let now = context.clock.now();
    let mut after: Option<LinkId> = None;
    loop {
        let (entity, fields) = (entity.clone(), fields.to_vec());
        let last = context
            .store
            .transaction(move |tx| {
                let links = tx.links_page(&entity, after, AT_ONCE)?;
                for link in &links {
                    tx.forget_base(link.id, &fields)?;
                }
                Ok(links.last().map(|link| link.id))
            })
            .await?;
        if last.is_none() {
            break;
        }
        after = last;
    }
    for field in fields {
        let filter = ConflictFilter {
            entity: Some(entity.clone()),
            field: Some(field.clone()),
            status: Some(vec![ConflictStatus::Pending, ConflictStatus::Resolved]),
            ..ConflictFilter::default()
        };
        context
            .store
            .transaction(move |tx| {
                loop {
                    let open = tx.conflicts(&filter, Order::OldestFirst, None, AT_ONCE)?;
                    for conflict in &open {
                        tx.set_conflict_status(conflict.id, ConflictStatus::Superseded, now)?;
                    }
                    if open.len() < AT_ONCE {
                        return Ok(());
                    }
                }
            })
            .await?;
    }
    Ok(())
}

fn applied_key(entity: &Entity) -> String {
    format!("mapping_applied/{entity}")
}
