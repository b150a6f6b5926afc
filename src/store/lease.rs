//! The engine's lease: one engine a file, with a heartbeat, and its picture for attached consoles.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use super::columns::{At, Json};
use super::{Reader, StoreError, Tx};

/// What became of asking for the lease.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaseOutcome {
    /// It is ours.
    Held,
    /// Another engine has it and is alive.
    HeldBy(Holder),
}

/// Who runs the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// A name no other process has.
    pub id: String,
    /// Its process id.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// Since when it holds the lease.
    pub since: DateTime<Utc>,
    /// When it last showed that it lives.
    pub beat: DateTime<Utc>,
    /// The engine's state, in a word.
    pub state: String,
    /// The engine's picture for attached consoles.
    pub snapshot: Option<serde_json::Value>,
}

impl Reader<'_> {
    /// Who holds the lease, alive or not.
    pub fn lease(&self) -> Result<Option<Holder>, StoreError> {
        self.first(
            "SELECT id, pid, host, since, beat, state, snapshot FROM lease",
            (),
            |row| {
                Ok(Holder {
                    id: row.get(0)?,
                    pid: row.get(1)?,
                    host: row.get(2)?,
                    since: row.get::<_, At>(3)?.0,
                    beat: row.get::<_, At>(4)?.0,
                    state: row.get(5)?,
                    snapshot: row.get::<_, Option<Json<_>>>(6)?.map(|json| json.0),
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Takes the lease, unless another holder's last beat is less than `stale_after` away from `now`.
    /// A beat that far in the future is stale too: a clock was set back.
    pub fn take_lease(
        &self,
        holder: &Holder,
        now: DateTime<Utc>,
        stale_after: Duration,
    ) -> Result<LeaseOutcome, StoreError> {
        let stale_after = TimeDelta::from_std(stale_after).unwrap_or(TimeDelta::MAX);
        if let Some(other) = self.lease()?
            && other.id != holder.id
            && (now - other.beat).abs() < stale_after
        {
            return Ok(LeaseOutcome::HeldBy(other));
        }
        self.run(
            "INSERT OR REPLACE INTO lease(one, id, pid, host, since, beat, state, snapshot)
             VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                holder.id,
                holder.pid,
                holder.host,
                At(holder.since),
                At(now),
                holder.state,
                holder.snapshot.as_ref().map(Json),
            ],
        )?;
        Ok(LeaseOutcome::Held)
    }

    /// Shows that the holder lives; `false` when the lease is another's by now: stop writing.
    pub fn beat_lease(
        &self,
        id: &str,
        now: DateTime<Utc>,
        state: &str,
        snapshot: Option<&serde_json::Value>,
    ) -> Result<bool, StoreError> {
        let changed = self.run(
            "UPDATE lease SET beat = ?2, state = ?3, snapshot = ?4 WHERE id = ?1",
            (id, At(now), state, snapshot.map(Json)),
        )?;
        Ok(changed > 0)
    }

    /// Gives the lease back, where it is still this holder's.
    pub fn release_lease(&self, id: &str) -> Result<(), StoreError> {
        self.run("DELETE FROM lease WHERE id = ?1", [id]).map(drop)
    }
}
