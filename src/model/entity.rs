//! What is kept in step, in which direction, and who wins when both sides moved.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DeletePolicy, EntityRules};

/// A kind of record that is kept in step, by its Dynamics logical name (`lead`, `contact`, `new_project`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entity(Cow<'static, str>);

impl Entity {
    /// Dynamics `lead`, a person in Marketo.
    pub const LEAD: Self = Self(Cow::Borrowed("lead"));
    /// Dynamics `contact`, a person in Marketo.
    pub const CONTACT: Self = Self(Cow::Borrowed("contact"));
    /// Dynamics `systemuser`, a sales person in Marketo.
    pub const USER: Self = Self(Cow::Borrowed("systemuser"));
    /// Dynamics `team`, a sales person of a team's kind in Marketo.
    pub const TEAM: Self = Self(Cow::Borrowed("team"));
    /// Dynamics `account`, a company in Marketo.
    pub const ACCOUNT: Self = Self(Cow::Borrowed("account"));
    /// Dynamics `opportunity`, an opportunity in Marketo.
    pub const OPPORTUNITY: Self = Self(Cow::Borrowed("opportunity"));
    /// Who plays which part in an opportunity: its stakeholders, from Dynamics' connections.
    pub const ROLE: Self = Self(Cow::Borrowed("opportunityrole"));
    /// The part of an opportunity's customer, where that is a contact; read from the opportunities, whose rows are
    /// known here by GUIDs of their own.
    pub const CUSTOMER_ROLE: Self = Self(Cow::Borrowed("customerrole"));
    /// The parts the contacts of an account have in its opportunities, where the admin wants such roles; each is known
    /// by a GUID made of both.
    pub const ACCOUNT_ROLE: Self = Self(Cow::Borrowed("accountrole"));

    /// Those whose records are opportunity roles in Marketo.
    pub const ROLES: [Self; 3] = [Self::ROLE, Self::CUSTOMER_ROLE, Self::ACCOUNT_ROLE];

    /// The entity with this Dynamics logical name.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The Dynamics logical name; also the word on screen and in JSON.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether its records are people in Marketo; all others are objects beside them.
    pub fn is_person(&self) -> bool {
        *self == Self::LEAD || *self == Self::CONTACT
    }

    /// Whether its records are opportunity roles in Marketo.
    pub fn is_role(&self) -> bool {
        Self::ROLES.contains(self)
    }

    /// Which ways its changes may travel, in the order the console offers them. As with Marketo's own connector, only
    /// people travel both ways.
    pub fn directions(&self) -> &'static [Direction] {
        if self.is_person() {
            &Direction::ALL
        } else {
            &[Direction::ToMarketo, Direction::Off]
        }
    }

    /// Who may win a conflict, in the order the console offers them. What travels one way has no conflicts.
    pub fn policies(&self) -> &'static [Policy] {
        if self.is_person() {
            &Policy::ALL
        } else {
            &[Policy::Dynamics]
        }
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
    /// What a new profile starts with: people both ways, where the admin decides; all others to Marketo.
    pub fn initial(entity: Entity) -> Self {
        let (direction, policy) = if entity.is_person() {
            (Direction::Both, Policy::Ask)
        } else {
            (Direction::ToMarketo, Policy::Dynamics)
        };
        let mut rules = EntityRules::default();
        // People may belong to a company or a sales person for ever; what is only reported on goes with its row.
        let kept = [Entity::USER, Entity::TEAM, Entity::ACCOUNT];
        if !entity.is_person() && !kept.contains(&entity) {
            rules.deleted_in_dynamics = DeletePolicy::Delete;
        }
        Self {
            entity,
            direction,
            policy,
            rules,
        }
    }
}
