//! What the engine tells the console: the newest picture of itself, and a lossy stream of news.

use chrono::{DateTime, Utc};

use super::backfill::BackfillProgress;
use crate::model::{
    BatchProgress, ConflictId, CycleId, CycleReport, Direction, EngineState, Entity, Pause, Policy,
    Quota,
};

/// Seconds of throughput history a snapshot carries.
pub const THROUGHPUT_SECONDS: usize = 600;

/// The newest picture of the engine. Sent through a `watch` channel: the newest wins, nothing queues,
/// the engine never waits for a reader.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// The profile's name; `sandbox` for the embedded one.
    pub profile: String,
    /// What the engine is doing.
    pub state: EngineState,
    /// Why, where that needs saying: what would release a halt, which quota is waited for, an error.
    pub reason: Option<String>,
    /// Until when a vendor's limit is waited for.
    pub waiting_until: Option<DateTime<Utc>>,
    /// The plan that waits for approval, by name.
    pub plan: Option<String>,
    /// The running cycle, else the last one.
    pub cycle: Option<CycleId>,
    /// When the running cycle began.
    pub cycle_began: Option<DateTime<Utc>>,
    /// When the next cycle starts; none while one runs or the engine is paused.
    pub next_cycle: Option<DateTime<Utc>>,
    /// Each entity's state, in the order of writing.
    pub entities: Vec<EntityStatus>,
    /// The batches that are being written.
    pub batches: Vec<BatchProgress>,
    /// Records the running cycle has finished, of those it knows it has to look at.
    pub done: u64,
    /// Records the running cycle knows it has to look at (grows while it pulls).
    pub total: u64,
    /// Both vendors' limits.
    pub quotas: Vec<Quota>,
    /// Today's errors of the Marketo instance by code, of all integrations, as it counts them.
    pub marketo_errors: std::collections::BTreeMap<String, u64>,
    /// Records written in each of the last seconds, oldest first, newest last (at most [`THROUGHPUT_SECONDS`]).
    pub throughput: Vec<u32>,
    /// Conflicts that wait for the admin.
    pub conflicts: u64,
    /// Failures that wait or are parked.
    pub failures: u64,
    /// How the last cycle ended.
    pub last: Option<CycleReport>,
    /// What the admin holds back.
    pub pauses: Vec<Pause>,
    /// Rises whenever rows the panes list (conflicts, entities, mappings, failures) may have changed in the store.
    pub revision: u64,
    /// Whether this process is only attached: another one runs the engine (its pid and machine).
    pub attached_to: Option<String>,
}

/// One entity's row in the overview.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityStatus {
    /// Which entity.
    pub entity: Entity,
    /// Which way changes travel.
    pub direction: Direction,
    /// Who wins a conflict.
    pub policy: Policy,
    /// What its lane is doing.
    pub state: EngineState,
    /// Linked records.
    pub links: u64,
    /// Records that still have to be looked at.
    pub backlog: u64,
    /// Since when the oldest of them waits.
    pub oldest_pending: Option<DateTime<Utc>>,
    /// Records written a minute, over the last minute.
    pub rate_per_minute: f64,
    /// Records finished in the running cycle.
    pub done: u64,
    /// Records known to be looked at in the running cycle.
    pub total: u64,
    /// Conflicts that wait for the admin.
    pub conflicts: u64,
    /// Failures that wait or are parked.
    pub failures: u64,
    /// The backfill that runs.
    pub backfill: Option<BackfillProgress>,
}

/// How loud a piece of news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsKind {
    /// Something was done.
    Done,
    /// The engine waits or tries again by itself.
    Waiting,
    /// A conflict was found.
    Conflict,
    /// A record failed, or the engine halted.
    Trouble,
}

/// One line for the events list. Lossy: whoever lags misses some. Carries no personal data but a conflict's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// When.
    pub at: DateTime<Utc>,
    /// How loud.
    pub kind: NewsKind,
    /// The entity it is about.
    pub entity: Option<Entity>,
    /// The conflict it is about.
    pub conflict: Option<ConflictId>,
    /// One line, no line breaks.
    pub text: String,
}
