//! Who is who: the two sides and the ids of everything that is stored or sent.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One of the two ends; never left/right or source/target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Microsoft Dynamics 365 (Dataverse).
    Dynamics,
    /// Adobe Marketo Engage.
    Marketo,
}

impl Side {
    /// Both sides, Dynamics first, as every screen and document lists them.
    pub const BOTH: [Self; 2] = [Self::Dynamics, Self::Marketo];

    /// The opposite end.
    pub fn other(self) -> Self {
        match self {
            Self::Dynamics => Self::Marketo,
            Self::Marketo => Self::Dynamics,
        }
    }

    /// The word on screen, in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dynamics => "dynamics",
            Self::Marketo => "marketo",
        }
    }

    /// The side a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|side| side.word() == word)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A Marketo person id: positive, assigned by Marketo.
pub type MarketoId = i64;

/// A record's identity on its own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKey {
    /// A Dynamics row's GUID.
    Dynamics(Uuid),
    /// A Marketo person's id.
    Marketo(MarketoId),
}

impl RecordKey {
    /// The key a person types: a GUID, or a person id.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        let row = text.parse().map(Self::Dynamics);
        row.ok().or_else(|| text.parse().map(Self::Marketo).ok())
    }

    /// The side this key belongs to.
    pub fn side(self) -> Side {
        match self {
            Self::Dynamics(_) => Side::Dynamics,
            Self::Marketo(_) => Side::Marketo,
        }
    }

    /// The GUID, when this is a Dynamics key.
    pub fn dynamics(self) -> Option<Uuid> {
        match self {
            Self::Dynamics(id) => Some(id),
            Self::Marketo(_) => None,
        }
    }

    /// The person id, when this is a Marketo key.
    pub fn marketo(self) -> Option<MarketoId> {
        match self {
            Self::Dynamics(_) => None,
            Self::Marketo(id) => Some(id),
        }
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dynamics(id) => id.fmt(f),
            Self::Marketo(id) => id.fmt(f),
        }
    }
}

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

row_id! {
    /// A link: one thing known by two ids.
    LinkId;
    /// An operation in the outbox.
    OpId;
    /// A conflict; what `syncdeck conflicts resolve` takes.
    ConflictId;
    /// A failure; what `syncdeck failures retry` takes.
    FailureId;
    /// A cycle, counted from 1.
    CycleId;
}
