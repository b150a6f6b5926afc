//! One record that could not be written: why, how often, and what happens next.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Entity, FailureId, MarketoId, Side};

/// What kind of trouble a record is in; decides who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The record's own values were refused.
    Data,
    /// The field map cannot turn the value into one the other side takes.
    Mapping,
    /// A record this one points to is not there yet.
    MissingParent,
    /// The other side already has one.
    Duplicate,
    /// Our user may not do this.
    Privilege,
    /// The vendor asked us to slow down.
    Throttled,
    /// The vendor failed.
    Vendor,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Data,
        Self::Mapping,
        Self::MissingParent,
        Self::Duplicate,
        Self::Privilege,
        Self::Throttled,
        Self::Vendor,
    ];

    /// The word on screen, in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Mapping => "mapping",
            Self::MissingParent => "missing_parent",
            Self::Duplicate => "duplicate",
            Self::Privilege => "privilege",
            Self::Throttled => "throttled",
            Self::Vendor => "vendor",
        }
    }

    /// The class a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// Where a failure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureStatus {
    /// Will be tried again at `next_try`.
    Waiting,
    /// Tried often enough: waits for the admin.
    Parked,
    /// Written at last, or no longer needed.
    Healed,
}

impl FailureStatus {
    /// The word on screen, in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Healed => "healed",
        }
    }

    /// The status a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Parked, Self::Healed]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// One record's write, refused by a vendor (or by the mapping before it was sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of trouble.
    pub class: FailureClass,
    /// The vendor's own code (`0x80044331`, `1007`), or a word of ours.
    pub code: String,
    /// The vendor's own message.
    pub message: String,
    /// The vendor's id of the call that was refused, which its support asks for; none where nothing was sent.
    #[serde(default)]
    pub request: Option<String>,
}

impl Refusal {
    /// The message, and by which id the vendor's support finds the call.
    pub fn words(&self) -> String {
        match &self.request {
            Some(request) => format!("{} [request {request}]", self.message),
            None => self.message.clone(),
        }
    }
}

/// A failure as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its id.
    pub id: FailureId,
    /// Its entity.
    pub entity: Entity,
    /// The side the write was meant for.
    pub direction: Side,
    /// What was refused, and why.
    pub refusal: Refusal,
    /// The Dynamics row, when known.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person, when known.
    pub marketo_id: Option<MarketoId>,
    /// The logical field that was refused, where that is known.
    #[serde(default)]
    pub field: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again; none when it is parked or healed.
    pub next_try: Option<DateTime<Utc>>,
    /// Where it stands.
    pub status: FailureStatus,
}
