//! Drafted settings: what the admin changed and has not applied yet.

use std::collections::BTreeMap;

use crate::engine::{Command, EntityStatus};
use crate::model::{Direction, Entity, Policy};

/// The drafted settings, by entity; only what differs from what is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    directions: BTreeMap<Entity, Direction>,
    policies: BTreeMap<Entity, Policy>,
}

impl Draft {
    /// Whether nothing is drafted.
    pub fn is_empty(&self) -> bool {
        self.directions.is_empty() && self.policies.is_empty()
    }

    /// How many settings are drafted.
    pub fn len(&self) -> usize {
        self.directions.len() + self.policies.len()
    }

    /// The direction drafted for an entity.
    pub fn direction(&self, entity: &Entity) -> Option<Direction> {
        self.directions.get(entity).copied()
    }

    /// The policy drafted for an entity.
    pub fn policy(&self, entity: &Entity) -> Option<Policy> {
        self.policies.get(entity).copied()
    }

    /// Drafts a direction.
    pub fn set_direction(&mut self, entity: Entity, direction: Direction) {
        self.directions.insert(entity, direction);
    }

    /// Drafts a policy.
    pub fn set_policy(&mut self, entity: Entity, policy: Policy) {
        self.policies.insert(entity, policy);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.directions.clear();
        self.policies.clear();
    }

    /// Forgets what is already in force.
    pub fn settle(&mut self, entities: &[EntityStatus]) {
        for row in entities {
            if self.direction(&row.entity) == Some(row.direction) {
                self.directions.remove(&row.entity);
            }
            if self.policy(&row.entity) == Some(row.policy) {
                self.policies.remove(&row.entity);
            }
        }
    }

    /// The commands that put the draft into force.
    pub fn commands(&self) -> Vec<Command> {
        let directions = self.directions.iter().map(|(entity, direction)| {
            let (entity, direction) = (entity.clone(), *direction);
            Command::SetDirection { entity, direction }
        });
        let policies = self.policies.iter().map(|(entity, policy)| {
            let (entity, policy) = (entity.clone(), *policy);
            Command::SetPolicy { entity, policy }
        });
        directions.chain(policies).collect()
    }
}
