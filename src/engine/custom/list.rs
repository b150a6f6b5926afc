//! Every entity there is: those every profile has, and the custom ones.

use serde::Serialize;

use crate::engine::objects;
use crate::engine::prepare::ENTITIES;
use crate::model::{CustomState, Direction, Entity, EntitySettings};
use crate::store::{Reader, StoreError};

/// One entity as `syncdeck entities list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityLine {
    /// Its name.
    pub entity: Entity,
    /// Which way its changes travel.
    pub direction: Direction,
    /// Rows that are linked.
    pub links: u64,
    /// `ready`, or how far a custom entity is.
    pub state: &'static str,
    /// Whether it was added by the admin.
    pub custom: bool,
    /// The custom object type in Marketo.
    pub object: Option<String>,
    /// The way to whom its rows belong.
    pub path: Option<String>,
    /// Why it is not further, or what cannot be done.
    pub note: Option<String>,
}

/// In the order of writing.
fn all_entities(reader: &Reader<'_>) -> Result<Vec<Entity>, StoreError> {
    let custom = reader.custom_entities()?.into_iter().map(|one| one.entity);
    Ok(ENTITIES.into_iter().chain(custom).collect())
}

/// The settings of every entity: the stored ones, else those a new profile starts with.
pub(in crate::engine) fn all_settings(
    reader: &Reader<'_>,
) -> Result<Vec<EntitySettings>, StoreError> {
    let stored = reader.entity_settings()?;
    let all = all_entities(reader)?.into_iter().map(|entity| {
        let known = stored.iter().find(|settings| settings.entity == entity);
        known
            .cloned()
            .unwrap_or_else(|| EntitySettings::initial(entity))
    });
    Ok(all.collect())
}

/// Every entity with how it stands, from the store alone.
pub fn entity_list(reader: &Reader<'_>) -> Result<Vec<EntityLine>, StoreError> {
    let custom = reader.custom_entities()?;
    let lines = all_settings(reader)?.into_iter().map(|settings| {
        let flag = objects::unflagged(reader, &settings)?;
        let entity = settings.entity;
        let own = custom.iter().find(|one| one.entity == entity);
        Ok(EntityLine {
            links: reader.link_count(&entity)?,
            direction: settings.direction,
            state: own.map_or(CustomState::Ready, |one| one.state).word(),
            custom: own.is_some(),
            object: own.map(|one| one.object.clone()),
            path: own
                .and_then(|one| one.path.as_ref())
                .map(ToString::to_string),
            note: own.and_then(|one| one.note.clone()).or(flag),
            entity,
        })
    });
    lines.collect()
}
