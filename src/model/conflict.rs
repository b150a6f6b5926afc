//! Both sides moved apart: what was seen, what was decided, how it ended.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ConflictId, Entity, LinkId, MarketoId, Side, Value};

/// Why a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// One field was changed on both sides, to different values.
    Field,
    /// A record was deleted on one side and edited on the other.
    DeleteEdit,
    /// More than one record matches; `candidates` are in the note.
    AmbiguousMatch,
    /// Two Dynamics rows are the same Marketo person; only one of them can be kept in step with it.
    TwoRows,
    /// A write of ours replaced a value somebody had just set; the lost value is kept here.
    Overwritten,
    /// Two linked records were merged on one side only.
    SplitMerge,
    /// A unique key is held by another record.
    KeyClash,
    /// Two automations keep changing one field back and forth.
    Oscillation,
    /// Not a collision: the admin typed a value for a field that was refused. Decided from the start.
    Edit,
    /// Not a collision: a decision is taken back. Decided from the start.
    Undo,
    /// Not a collision: what a cycle wrote is taken back. Decided from the start.
    Rollback,
}

impl ConflictKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Field,
        Self::DeleteEdit,
        Self::AmbiguousMatch,
        Self::TwoRows,
        Self::Overwritten,
        Self::SplitMerge,
        Self::KeyClash,
        Self::Oscillation,
        Self::Edit,
        Self::Undo,
        Self::Rollback,
    ];

    /// The word in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::DeleteEdit => "delete_edit",
            Self::AmbiguousMatch => "ambiguous_match",
            Self::TwoRows => "two_rows",
            Self::Overwritten => "overwritten",
            Self::SplitMerge => "split_merge",
            Self::KeyClash => "key_clash",
            Self::Oscillation => "oscillation",
            Self::Edit => "edit",
            Self::Undo => "undo",
            Self::Rollback => "rollback",
        }
    }

    /// The kind a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it asks which records belong together: decided by a side, or by typing whom.
    pub fn is_match(self) -> bool {
        matches!(
            self,
            Self::AmbiguousMatch | Self::TwoRows | Self::SplitMerge
        )
    }

    /// Whether it is a correction: a decision of the admin's own that no collision asked for. It beats whatever else
    /// is open about its field, is never pending, and gives up where the sides no longer hold what it was made on.
    pub fn is_correction(self) -> bool {
        matches!(self, Self::Edit | Self::Undo | Self::Rollback)
    }
}

/// Where a conflict stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictStatus {
    /// Waits for a decision; the field is frozen on both sides.
    Pending,
    /// Decided; its write is not confirmed yet.
    Resolved,
    /// The decision is confirmed on both sides.
    Applied,
    /// Both sides came to agree by themselves.
    Converged,
    /// A side moved again, so the values shown were no longer true; a new conflict took its place.
    Superseded,
}

impl ConflictStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Resolved,
        Self::Applied,
        Self::Converged,
        Self::Superseded,
    ];

    /// The word on screen, in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Resolved => "resolved",
            Self::Applied => "applied",
            Self::Converged => "converged",
            Self::Superseded => "superseded",
        }
    }

    /// The status a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether the conflict still freezes its field.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Resolved)
    }
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The value of one side.
    Side(Side),
    /// A typed value, written to both sides.
    Value(Value),
    /// Each side its own value again: a decision taken back.
    Each {
        /// What Dynamics held before.
        dynamics: Value,
        /// What Marketo held before.
        marketo: Value,
    },
    /// One side its own value again, and the other one left as it is: a write of a field that travels one way only.
    Alone {
        /// The side that is written.
        side: Side,
        /// What it held before.
        value: Value,
    },
}

/// A decision, bound to the two values the admin saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What was chosen.
    pub take: Take,
    /// Who decided: a user name, or `policy <word>` for an automatic decision.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Take {
    /// What was chosen, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Side(side) => side.word().to_owned(),
            Self::Value(value) => format!("value {value}"),
            Self::Each { .. } => "what each side held before".to_owned(),
            Self::Alone { side, .. } => format!("what {side} held before"),
        }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.take.words())
    }
}

/// A conflict as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// The link it belongs to; none for a match that could not be made.
    pub link: Option<LinkId>,
    /// Its entity.
    pub entity: Entity,
    /// Why a person has to look.
    pub kind: ConflictKind,
    /// The logical field (its map's name); empty for conflicts about whole records.
    pub field: String,
    /// The Dynamics row, when known.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person, when known.
    pub marketo_id: Option<MarketoId>,
    /// Who it is about: the name or e-mail the list shows.
    pub label: String,
    /// The last agreed value; none when it is not known.
    pub base: Option<Value>,
    /// The Dynamics value that was seen.
    pub dynamics: Value,
    /// The Marketo value that was seen.
    pub marketo: Value,
    /// Where it stands.
    pub status: ConflictStatus,
    /// When it was detected.
    pub detected: DateTime<Utc>,
    /// What was decided.
    pub resolution: Option<Resolution>,
    /// More for the admin: the candidates of an ambiguous match, who changed what.
    pub note: String,
}
