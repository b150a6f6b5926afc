//! Which two ends this file belongs to, and the plan the admin approved.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::columns::{At, Json};
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

    /// The organisations this file was bound to before, oldest first.
    pub fn former_organizations(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.meta("former_organizations")?.unwrap_or_default())
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

    /// Forgets the two ends and all that is known of their records; what the admin set, the journal and the history of
    /// conflicts stay. The organisation it belonged to is remembered: its stamps on people are still ours.
    pub fn unbind(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if let Some(binding) = self.binding()? {
            let mut former = self.former_organizations()?;
            former.push(binding.organization);
            former.dedup();
            self.set_meta("former_organizations", &former)?;
        }
        self.run(
            "UPDATE conflict SET status = 'superseded', changed = ?1 WHERE status IN ('pending', 'resolved')",
            [At(now)],
        )?;
        for sql in [
            "UPDATE conflict SET link = NULL WHERE link IS NOT NULL",
            "UPDATE failure SET status = 'healed', next_try = NULL WHERE status <> 'healed'",
            "DELETE FROM outbox",
            "DELETE FROM dirty",
            "DELETE FROM wanted",
            "DELETE FROM conversion",
            "DELETE FROM dependant",
            "DELETE FROM belonging",
            "DELETE FROM account_role",
            "DELETE FROM alias",
            "DELETE FROM base",
            // One by one state first, so that the kept counts follow.
            "UPDATE link SET state = 2 WHERE state <> 2",
            "DELETE FROM link",
            "DELETE FROM cursor",
            "DELETE FROM activity",
            "DELETE FROM marketo_only",
            "DELETE FROM setting WHERE key LIKE 'copied/%' OR key LIKE 'first_copy/%' OR key LIKE 'schema/%'
                OR key LIKE 'quarantine/%' OR key LIKE 'table/%' OR key LIKE 'backfill/%'
                OR key LIKE 'filter_plan/%' OR key LIKE 'object/%' OR key LIKE 'mapping/%' OR key LIKE 'marketo/%'
                OR key = 'create_rules'",
            // Another Marketo has none of our types.
            "UPDATE custom_entity SET document = json_set(document, '$.state', 'wanted')
             WHERE document ->> '$.state' IN ('ready', 'growing')",
            "DELETE FROM meta WHERE key IN ('binding', 'approved_plan')",
        ] {
            self.run(sql, ())?;
        }
        Ok(())
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
