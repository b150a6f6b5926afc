//! What the admin holds back: everything, one entity, one direction, until a time or until told otherwise.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Entity, Side};

/// One thing that is held back. Pulling goes on, so nothing is lost; only writes wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Only this entity; all where none is named.
    pub entity: Option<Entity>,
    /// Only writes to this side; both where none is named.
    pub side: Option<Side>,
    /// Only this logical field; the rest of each record goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Goes on by itself at this moment; never where none is named.
    pub until: Option<DateTime<Utc>>,
}

impl Pause {
    /// Everything, until told otherwise.
    pub const ALL: Self = Self {
        entity: None,
        side: None,
        field: None,
        until: None,
    };

    /// Whether it holds everything back.
    pub fn is_whole(&self) -> bool {
        self.entity.is_none() && self.side.is_none() && self.field.is_none()
    }

    /// Whether it holds whole writes of `entity` to `side` back.
    pub fn holds(&self, entity: &Entity, side: Side) -> bool {
        self.field.is_none() && self.covers(entity, side)
    }

    /// Whether it holds `field` of `entity` back on the way to `side`.
    pub fn holds_field(&self, entity: &Entity, side: Side, field: &str) -> bool {
        self.field.as_deref() == Some(field) && self.covers(entity, side)
    }

    fn covers(&self, entity: &Entity, side: Side) -> bool {
        self.entity.as_ref().is_none_or(|one| one == entity)
            && self.side.is_none_or(|one| one == side)
    }

    /// Whether it is over at `now`.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether both hold the same back, whatever their ends.
    pub fn same_scope(&self, other: &Self) -> bool {
        self.entity == other.entity && self.side == other.side && self.field == other.field
    }
}
