//! What the admin chose: per entity, and small settings by name. Never secrets.

use super::{Reader, StoreError, Tx};
use crate::model::EntitySettings;

/// The setting that holds the engine back.
const PAUSED: &str = "paused";

impl Reader<'_> {
    /// Every entity's settings that were ever set, by name.
    pub fn entity_settings(&self) -> Result<Vec<EntitySettings>, StoreError> {
        self.all(
            "SELECT entity, direction, policy FROM entity_setting ORDER BY entity",
            (),
            |row| {
                Ok(EntitySettings {
                    entity: row.get(0)?,
                    direction: row.get(1)?,
                    policy: row.get(2)?,
                })
            },
        )
    }

    /// Whether the admin holds the engine back from writing.
    pub fn paused(&self) -> Result<bool, StoreError> {
        Ok(self.setting(PAUSED)?.as_deref() == Some("1"))
    }

    /// A small setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.first("SELECT value FROM setting WHERE key = ?1", [key], |row| {
            row.get(0)
        })
    }
}

impl Tx<'_> {
    /// Sets one entity's settings.
    pub fn set_entity_settings(&self, settings: &EntitySettings) -> Result<(), StoreError> {
        self.run(
            "INSERT OR REPLACE INTO entity_setting(entity, direction, policy) VALUES(?1, ?2, ?3)",
            (&settings.entity, settings.direction, settings.policy),
        )
        .map(drop)
    }

    /// Holds the engine back from writing, or lets it go on.
    pub fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        self.set_setting(PAUSED, if paused { "1" } else { "0" })
    }

    /// Sets a small setting.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO setting(key, value) VALUES(?1, ?2)";
        self.run(sql, (key, value)).map(drop)
    }
}
