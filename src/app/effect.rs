//! Everything the outside must do for the console, and the documents that travel with it.

use chrono::{DateTime, Utc};

use crate::engine::{Alike, Command};
use crate::model::{
    Conflict, ConflictId, ConflictStatus, Direction, Entity, Failure, FieldInfo, Policy,
};

/// A query's number; a later number makes every earlier answer to the same question stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u64);

/// A command's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// Something the outside must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the store; the answer comes back as [`super::Event::Loaded`].
    Query(QueryId, Query),
    /// Tell the engine; the outcome comes back as [`super::Event::Done`].
    Send(CommandId, Command),
    /// Leave the console.
    Quit(QuitMode),
    /// Give the terminal back and stop this process until it is continued.
    Suspend,
    /// Paint everything anew.
    Redraw,
    /// Switch mouse reporting.
    Mouse(bool),
    /// Put text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Ring the terminal's bell.
    Bell,
}

/// How the console is left; what the front desk does with the engine then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuitMode {
    /// Finish the running batches, then end.
    Finish,
    /// End after the requests that are in flight.
    Stop,
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// What to do with the engine.
    pub mode: QuitMode,
    /// Whether the terminal is gone (hang-up): nothing may be printed any more.
    pub terminal_lost: bool,
}

/// Which statuses the conflict list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StatusFilter {
    /// Pending and resolved: everything that still freezes a field.
    #[default]
    Open,
    /// Only those that wait for a decision.
    Pending,
    /// Only those whose decision is being written.
    Resolved,
    /// Those whose decision is confirmed.
    Applied,
    /// Those that went away: converged or superseded.
    Closed,
    /// All of them.
    All,
}

impl StatusFilter {
    /// Every filter, in the order `s` walks through.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Pending,
        Self::Resolved,
        Self::Applied,
        Self::Closed,
        Self::All,
    ];

    /// The word on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Resolved => "resolved",
            Self::Applied => "applied",
            Self::Closed => "gone by themselves",
            Self::All => "all",
        }
    }

    /// The statuses it lets through.
    pub fn statuses(self) -> &'static [ConflictStatus] {
        match self {
            Self::Open => &[ConflictStatus::Pending, ConflictStatus::Resolved],
            Self::Pending => &[ConflictStatus::Pending],
            Self::Resolved => &[ConflictStatus::Resolved],
            Self::Applied => &[ConflictStatus::Applied],
            Self::Closed => &[ConflictStatus::Converged, ConflictStatus::Superseded],
            Self::All => &ConflictStatus::ALL,
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// What the conflict list asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConflictQuery {
    /// Only this entity's.
    pub entity: Option<Entity>,
    /// Only this logical field's.
    pub field: Option<String>,
    /// Only those whose label, field or one of the two values contains this, ignoring case; empty for all.
    pub text: String,
    /// Only those in these statuses.
    pub status: StatusFilter,
}

/// A question to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A page of conflicts, oldest id first; answered by [`Loaded::Conflicts`].
    Conflicts {
        /// Which ones.
        filter: ConflictQuery,
        /// Start behind this one (keyset paging); none for the first page.
        after: Option<ConflictId>,
        /// At most so many rows.
        limit: usize,
    },
    /// How many conflicts each field has (the query's own `field` is not set); answered by [`Loaded::Fields`].
    Fields(ConflictQuery),
    /// One entity's field maps beside what both sides say; answered by [`Loaded::Mapping`].
    Mapping(Entity),
    /// The failures that are open, alike together; answered by [`Loaded::Failures`].
    Failures {
        /// The group whose records are wanted, too; none for the first.
        of: Option<Alike>,
        /// At most so many records.
        limit: usize,
    },
}

/// A query's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// A page of conflicts.
    Conflicts {
        /// The rows, ascending by id.
        rows: Vec<Conflict>,
        /// How many the filter lets through in all.
        total: u64,
    },
    /// The fields that have conflicts.
    Fields(Vec<FieldCount>),
    /// One entity's mapping.
    Mapping(MappingView),
    /// Failures.
    Failures {
        /// The groups, the largest first.
        groups: Vec<FailureRow>,
        /// The group the records are of.
        of: Option<Alike>,
        /// The records, oldest first.
        records: Vec<Failure>,
    },
    /// The question could not be answered: why, in words for the admin.
    Failed(String),
}

/// Failures that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRow {
    /// What they have in common.
    pub which: Alike,
    /// How many there are.
    pub count: u64,
    /// How many of them are parked.
    pub parked: u64,
    /// When the first of the others is tried again.
    pub next_try: Option<DateTime<Utc>>,
    /// One of their messages.
    pub message: String,
}

/// How many conflicts one field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCount {
    /// The entity.
    pub entity: Entity,
    /// The logical field.
    pub field: String,
    /// How many.
    pub count: u64,
}

/// One entity's field maps beside what both sides say about the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingView {
    /// Which entity.
    pub entity: Entity,
    /// Its field maps, in their order.
    pub rows: Vec<MappingRow>,
}

/// One field map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRow {
    /// The map's name: the logical field.
    pub field: String,
    /// The Dynamics column's API name.
    pub dynamics_name: String,
    /// What Dynamics says about it; none when it is not there.
    pub dynamics: Option<FieldInfo>,
    /// The Marketo field's API name.
    pub marketo_name: String,
    /// What Marketo says about it; none when it is not there.
    pub marketo: Option<FieldInfo>,
    /// Which way its changes may travel, within what the entity allows.
    pub direction: Direction,
    /// Who wins; none for the entity's policy.
    pub policy: Option<Policy>,
    /// What is wrong or risky about it, in words.
    pub problems: Vec<String>,
}
