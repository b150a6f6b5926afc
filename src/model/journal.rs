//! Every write to either side, with the value it replaced and who decided.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CycleId, Entity, LinkId, MarketoId, Side, Value};

/// Who or what decided a write.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Only the other side had moved.
    Change,
    /// A new record was copied to the other side.
    Create,
    /// Both had moved; the policy named decided (`dynamics`, `marketo`, `newest`, `native`, `true_wins`).
    Policy(String),
    /// The admin decided the conflict with this id.
    Resolution(i64),
    /// The record was deleted on the other side.
    Delete,
    /// A lead became a contact, or a lead again: the link was handed on.
    Conversion,
    /// A decision was taken back.
    Undo,
    /// What a cycle wrote was taken back; the correction with this id says which cycle and who wanted it.
    Rollback(i64),
}

impl Cause {
    /// Who decided, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Change => "change".to_owned(),
            Self::Create => "create".to_owned(),
            Self::Policy(policy) => format!("policy {policy}"),
            Self::Resolution(id) => format!("decision {id}"),
            Self::Delete => "delete".to_owned(),
            Self::Conversion => "conversion".to_owned(),
            Self::Undo => "undo".to_owned(),
            Self::Rollback(id) => format!("rollback {id}"),
        }
    }
}

/// One field of one write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When it was acknowledged.
    pub at: DateTime<Utc>,
    /// The cycle it belongs to.
    pub cycle: CycleId,
    /// The link, when there was one.
    pub link: Option<LinkId>,
    /// The entity.
    pub entity: Entity,
    /// The Dynamics row, when known.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person, when known.
    pub marketo_id: Option<MarketoId>,
    /// The side that was written.
    pub side: Side,
    /// The logical field (its map's name), or empty for the record as a whole.
    pub field: String,
    /// The value that was there, as far as we knew.
    pub before: Value,
    /// The value that was sent.
    pub after: Value,
    /// Who decided.
    pub cause: Cause,
}
