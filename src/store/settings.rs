//! What the admin chose: per entity, and small settings by name. Never secrets.

use super::columns::Json;
use super::{Reader, StoreError, Tx};
use crate::model::{EntitySettings, Pause};

/// The setting that holds the engine, or a part of it, back.
const PAUSES: &str = "pauses";

impl Reader<'_> {
    /// Every entity's settings that were ever set, by name.
    pub fn entity_settings(&self) -> Result<Vec<EntitySettings>, StoreError> {
        self.all(
            "SELECT entity, direction, policy, rules FROM entity_setting ORDER BY entity",
            (),
            |row| {
                Ok(EntitySettings {
                    entity: row.get(0)?,
                    direction: row.get(1)?,
                    policy: row.get(2)?,
                    rules: row.get::<_, Json<_>>(3)?.0,
                })
            },
        )
    }

    /// Whether the admin holds the whole engine back from writing.
    pub fn paused(&self) -> Result<bool, StoreError> {
        Ok(self.pauses()?.iter().any(Pause::is_whole))
    }

    /// What the admin holds back.
    pub fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let Some(stored) = self.setting(PAUSES)? else {
            return Ok(Vec::new());
        };
        serde_json::from_str(&stored).map_err(|_| StoreError::Damaged("the pauses"))
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
            "INSERT OR REPLACE INTO entity_setting(entity, direction, policy, rules)
             VALUES(?1, ?2, ?3, ?4)",
            (
                &settings.entity,
                settings.direction,
                settings.policy,
                Json(&settings.rules),
            ),
        )
        .map(drop)
    }

    /// Holds the whole engine back from writing, or lets it go on; what is held back beside that stays.
    pub fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        let mut pauses = self.pauses()?;
        pauses.retain(|pause| !pause.is_whole());
        if paused {
            pauses.push(Pause::ALL);
        }
        self.set_pauses(&pauses)
    }

    /// Sets all that the admin holds back.
    pub fn set_pauses(&self, pauses: &[Pause]) -> Result<(), StoreError> {
        let text = serde_json::to_string(pauses).map_err(|_| StoreError::Damaged("the pauses"))?;
        self.set_setting(PAUSES, &text)
    }

    /// Sets a small setting.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO setting(key, value) VALUES(?1, ?2)";
        self.run(sql, (key, value)).map(drop)
    }
}
