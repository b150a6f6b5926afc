//! Commands that another process left for the engine.

use chrono::{DateTime, Utc};

use super::columns::{At, Json};
use super::{StoreError, Tx};

/// Commands that may wait; more than that means nobody takes them.
const WAITING: i64 = 10_000;

impl Tx<'_> {
    /// Leaves a command; [`StoreError::Full`] when far too many wait.
    pub fn post_command(
        &self,
        command: &serde_json::Value,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let waiting: Option<i64> =
            self.first("SELECT count(*) FROM command", (), |row| row.get(0))?;
        if waiting.unwrap_or(0) >= WAITING {
            return Err(StoreError::Full("commands"));
        }
        let sql = "INSERT INTO command(at, body) VALUES(?1, ?2)";
        self.run(sql, (At(at), Json(command))).map(drop)
    }

    /// Takes up to `limit` commands away, in the order they were left.
    pub fn drain_commands(&self, limit: usize) -> Result<Vec<serde_json::Value>, StoreError> {
        let taken: Vec<(i64, Json<serde_json::Value>)> = self.all(
            "SELECT id, body FROM command ORDER BY id LIMIT ?1",
            [limit as i64],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if let Some((last, _)) = taken.last() {
            self.run("DELETE FROM command WHERE id <= ?1", [last])?;
        }
        Ok(taken.into_iter().map(|(_, body)| body.0).collect())
    }
}
