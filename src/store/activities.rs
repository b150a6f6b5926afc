//! Activities of Marketo's feeds that were looked at already.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::columns::At;
use super::{Reader, StoreError, Tx};

impl Reader<'_> {
    /// Which of these activities were looked at before.
    pub fn seen_activities(&self, guids: &[String]) -> Result<HashSet<String>, StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("SELECT 1 FROM activity WHERE guid = ?1")?;
        let mut seen = HashSet::new();
        for guid in guids {
            if statement.exists([guid])? {
                seen.insert(guid.clone());
            }
        }
        Ok(seen)
    }
}

impl Tx<'_> {
    /// Notes that these activities were looked at.
    pub fn see_activities(&self, guids: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("INSERT OR IGNORE INTO activity(guid, at) VALUES(?1, ?2)")?;
        for guid in guids {
            statement.execute((guid, At(at)))?;
        }
        Ok(())
    }

    /// Forgets activities looked at before `before`, at most `limit` of them; how many were forgotten.
    pub fn forget_activities(
        &self,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.run(
            "DELETE FROM activity WHERE guid IN (SELECT guid FROM activity WHERE at < ?1 LIMIT ?2)",
            (At(before), limit as i64),
        )
    }
}
