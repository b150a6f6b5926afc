//! How the engine is doing: its state, a batch's progress, a cycle's counts.

use serde::{Deserialize, Serialize};

use super::{CycleId, Entity, Side};

/// What the engine is doing; the same word on screen, in the store and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// Waits for the next cycle.
    #[default]
    Idle,
    /// Reads what changed.
    Pulling,
    /// Compares both sides.
    Deciding,
    /// Sends batches.
    Writing,
    /// Waits until a vendor's limit allows more.
    #[serde(rename = "waiting for quota", alias = "waiting_for_quota")]
    WaitingForQuota,
    /// Held by the admin; nothing is written.
    Paused,
    /// Held by a brake or a configuration problem; says what would release it.
    Halted,
    /// No engine runs.
    Stopped,
}

impl EngineState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Pulling,
        Self::Deciding,
        Self::Writing,
        Self::WaitingForQuota,
        Self::Paused,
        Self::Halted,
        Self::Stopped,
    ];

    /// Whether it reads, compares or writes.
    pub fn is_busy(self) -> bool {
        matches!(self, Self::Pulling | Self::Deciding | Self::Writing)
    }

    /// The words people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pulling => "pulling",
            Self::Deciding => "deciding",
            Self::Writing => "writing",
            Self::WaitingForQuota => "waiting for quota",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Stopped => "stopped",
        }
    }

    /// The state a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A count a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PerSide {
    /// On or towards Dynamics.
    pub dynamics: u64,
    /// On or towards Marketo.
    pub marketo: u64,
}

impl std::ops::Sub for PerSide {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            dynamics: self.dynamics.saturating_sub(other.dynamics),
            marketo: self.marketo.saturating_sub(other.marketo),
        }
    }
}

impl PerSide {
    /// The count of `side`, to be changed.
    pub fn of(&mut self, side: Side) -> &mut u64 {
        match side {
            Side::Dynamics => &mut self.dynamics,
            Side::Marketo => &mut self.marketo,
        }
    }

    /// Both together.
    pub fn total(self) -> u64 {
        self.dynamics + self.marketo
    }
}

/// What one cycle did to one entity; the shape of `syncdeck sync --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityCounts {
    /// Which entity.
    pub entity: Entity,
    /// Records a side's feed named.
    pub pulled: PerSide,
    /// Records updated on a side.
    pub written: PerSide,
    /// Records created on a side.
    pub created: PerSide,
    /// Records deleted, or flagged as deleted, on a side.
    pub deleted: PerSide,
    /// Records looked at that needed nothing.
    pub skipped: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Failures recorded.
    pub failures: u64,
    /// Records a feed named that were as agreed already: our own writes coming back.
    #[serde(default)]
    pub echoes: u64,
    /// HTTP requests made for it.
    #[serde(default)]
    pub calls: PerSide,
}

impl EntityCounts {
    /// All zero.
    pub fn new(entity: Entity) -> Self {
        Self {
            entity,
            pulled: PerSide::default(),
            written: PerSide::default(),
            created: PerSide::default(),
            deleted: PerSide::default(),
            skipped: 0,
            conflicts: 0,
            failures: 0,
            echoes: 0,
            calls: PerSide::default(),
        }
    }

    /// Whether nothing was written to either side.
    pub fn wrote_nothing(&self) -> bool {
        self.written.total() + self.created.total() + self.deleted.total() == 0
    }
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleOutcome {
    /// Everything is in step.
    Clean,
    /// Conflicts or failures wait for the admin.
    Waiting,
    /// A brake or a first copy waits for approval.
    Halted,
    /// It could not be finished.
    Error,
}

impl CycleOutcome {
    /// The word in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Waiting => "waiting",
            Self::Halted => "halted",
            Self::Error => "error",
        }
    }

    /// The outcome a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Clean, Self::Waiting, Self::Halted, Self::Error]
            .into_iter()
            .find(|outcome| outcome.word() == word)
    }
}

/// What one cycle did; what `syncdeck sync --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleReport {
    /// Which cycle.
    pub cycle: CycleId,
    /// How it ended.
    pub outcome: CycleOutcome,
    /// How long it took.
    pub seconds: f64,
    /// HTTP requests a side.
    pub calls: PerSide,
    /// What it did, entity by entity.
    pub entities: Vec<EntityCounts>,
    /// Why it halted or failed, and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The running batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchProgress {
    /// Counted from 1 within the cycle.
    pub number: u64,
    /// Its entity.
    pub entity: Entity,
    /// The side that is written.
    pub side: Side,
    /// Records in it.
    pub records: u64,
}
