//! `syncdeck check --role`: the least an application user of Dynamics and an API user of Marketo have to be allowed.

use super::output;
use crate::mapping::EntityMap;
use crate::model::{Direction, EntitySettings, Side};
use crate::store::Store;

/// Prints the two roles that the settings ask for.
pub(super) fn tell(store: &Store) -> anyhow::Result<()> {
    let settings = store.read_blocking(|reader| reader.entity_settings())?;
    let settings = crate::engine::ENTITIES.into_iter().map(|entity| {
        let stored = settings.iter().find(|one| one.entity == entity);
        stored
            .cloned()
            .unwrap_or_else(|| EntitySettings::initial(entity))
    });
    let settings: Vec<EntitySettings> = settings
        .filter(|one| one.direction != Direction::Off)
        .collect();
    output::line("Dynamics: a security role for the application user, organisation-wide")?;
    for one in &settings {
        let map = EntityMap::standard(&one.entity).and_then(Result::ok);
        let table = map.map_or_else(|| one.entity.name().to_owned(), |map| map.table);
        let writes = one.direction.writes(Side::Dynamics);
        let rights = if writes {
            "Read, Create, Write, Append, Append To, Assign"
        } else {
            "Read"
        };
        let deletes = writes && one.rules.deleted_in_marketo == crate::model::DeletePolicy::Delete;
        let delete = if deletes { ", Delete" } else { "" };
        output::line(&format!("  {table:<24} {rights}{delete}"))?;
    }
    output::line("  organization             Read")?;
    output::line("Marketo: a role for the API-only user")?;
    output::line(
        "  Read-Write Person, Read-Only Activity, Read-Write Schema Custom Field, Read-Write Schema Standard Field",
    )?;
    if settings.iter().any(|one| !one.entity.is_person()) {
        output::line(
            "  Read-Write Company, Read-Write Sales Person, Read-Write Opportunity, Read-Write Custom Object",
        )?;
    }
    Ok(())
}
