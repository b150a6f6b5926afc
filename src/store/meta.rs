//! Which two ends this file belongs to, and the plan the admin approved.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::columns::Json;
use super::{Reader, StoreError, Tx};

/// The two ends this file belongs to; another pair's halts the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The Dynamics organisation's id.
    pub organization: String,
    /// The Dynamics environment's id, where one is told.
    pub environment: Option<String>,
    /// The Dynamics URL.
    pub dynamics_url: String,
    /// The Marketo instance: its Munchkin id, or its host.
    pub marketo: String,
    /// When they were bound.
    pub bound: DateTime<Utc>,
}

impl Reader<'_> {
    /// The two ends this file belongs to; none before the first cycle.
    pub fn binding(&self) -> Result<Option<Binding>, StoreError> {
        self.meta("binding")
    }

    /// What SQLite says about the file's structure: `ok`, or the first things that are wrong.
    pub fn quick_check(&self) -> Result<String, StoreError> {
        let found = self.all("PRAGMA quick_check(3)", (), |row| row.get::<_, String>(0))?;
        Ok(found.join("; "))
    }

    /// The plan the admin approved, by name.
    pub fn approved_plan(&self) -> Result<Option<String>, StoreError> {
        Ok(self.meta::<Option<String>>("approved_plan")?.flatten())
    }

    fn meta<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let found = self.first("SELECT value FROM meta WHERE key = ?1", [key], |row| {
            row.get::<_, Json<T>>(0)
        })?;
        Ok(found.map(|json| json.0))
    }
}

impl Tx<'_> {
    /// Binds this file to two ends.
    pub fn bind(&self, binding: &Binding) -> Result<(), StoreError> {
        self.set_meta("binding", binding)
    }

    /// Approves the plan of this name; none takes the approval away.
    pub fn set_approved_plan(&self, plan: Option<&str>) -> Result<(), StoreError> {
        self.set_meta("approved_plan", &plan)
    }

    fn set_meta(&self, key: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)";
        self.run(sql, (key, Json(value))).map(drop)
    }
}
