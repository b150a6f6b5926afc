//! What is kept in step, in which direction, and who wins when both sides moved.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::EntityRules;

/// A kind of record that is kept in step, by its Dynamics logical name (`lead`, `contact`, `new_project`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entity(Cow<'static, str>);

impl Entity {
    /// Dynamics `lead`, a person in Marketo.
    pub const LEAD: Self = Self(Cow::Borrowed("lead"));
    /// Dynamics `contact`, a person in Marketo.
    pub const CONTACT: Self = Self(Cow::Borrowed("contact"));

    /// The entity with this Dynamics logical name.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The Dynamics logical name; also the word on screen and in JSON.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which way an entity's changes may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Nothing is read or written.
    Off,
    /// Both ways.
    Both,
    /// Dynamics to Marketo only.
    ToMarketo,
    /// Marketo to Dynamics only.
    ToDynamics,
}

impl Direction {
    /// Every direction, in the order the console offers them.
    pub const ALL: [Self; 4] = [Self::Both, Self::ToMarketo, Self::ToDynamics, Self::Off];

    /// The word in JSON, in the store and in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Both => "both",
            Self::ToMarketo => "to_marketo",
            Self::ToDynamics => "to_dynamics",
        }
    }

    /// The direction a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.word() == word)
    }

    /// Whether writes towards `side` are allowed.
    pub fn writes(self, side: super::Side) -> bool {
        match side {
            super::Side::Dynamics => matches!(self, Self::Both | Self::ToDynamics),
            super::Side::Marketo => matches!(self, Self::Both | Self::ToMarketo),
        }
    }

    /// The narrower of two directions: what both an entity and its field allow.
    pub fn and(self, other: Self) -> Self {
        let writes = |side| self.writes(side) && other.writes(side);
        match (writes(super::Side::Dynamics), writes(super::Side::Marketo)) {
            (true, true) => Self::Both,
            (true, false) => Self::ToDynamics,
            (false, true) => Self::ToMarketo,
            (false, false) => Self::Off,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Who wins when both sides moved the same field apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The admin decides; the field is frozen on both sides until then.
    Ask,
    /// The Dynamics value.
    Dynamics,
    /// The Marketo value.
    Marketo,
    /// The later change; `ask` when the two moments are too close to tell.
    Newest,
    /// As Marketo's own connector: Marketo for leads, Dynamics for everything else.
    Native,
}

impl Policy {
    /// Every policy, in the order the console offers them.
    pub const ALL: [Self; 5] = [
        Self::Ask,
        Self::Dynamics,
        Self::Marketo,
        Self::Newest,
        Self::Native,
    ];

    /// The word on screen, in JSON, in the store and in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Dynamics => "dynamics",
            Self::Marketo => "marketo",
            Self::Newest => "newest",
            Self::Native => "native",
        }
    }

    /// The policy a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What the admin chose for one entity; obeyed from the next cycle on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitySettings {
    /// Which entity.
    pub entity: Entity,
    /// Which way changes travel.
    pub direction: Direction,
    /// Who wins a conflict where the field map does not say.
    pub policy: Policy,
    /// Deletes, scope, brakes and matching.
    #[serde(default)]
    pub rules: EntityRules,
}

impl EntitySettings {
    /// What a new profile starts with: both ways, the admin decides.
    pub fn initial(entity: Entity) -> Self {
        Self {
            entity,
            direction: Direction::Both,
            policy: Policy::Ask,
            rules: EntityRules::default(),
        }
    }
}
