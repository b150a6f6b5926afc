//! The map as the admin writes it: pairs of fields with direction, policy and equivalence, as TOML.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Equivalence, Transform};
use crate::model::{Direction, Entity, Policy};

/// One logical field: a Dynamics column and a Marketo field that mean the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMap {
    /// The logical name: what conflicts, the base and the journal are kept under. The Marketo name where none is given.
    #[serde(default)]
    pub name: String,
    /// The Dynamics column's logical name.
    pub dynamics: String,
    /// The Marketo field's REST name.
    pub marketo: String,
    /// Which way this field may travel; narrowed by the entity's direction and by what is writable.
    #[serde(default = "both", skip_serializing_if = "is_both")]
    pub direction: Direction,
    /// Who wins when both sides moved; the entity's policy where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// When two values mean the same; derived from both types where none is given.
    #[serde(default, skip_serializing_if = "Equivalence::is_auto")]
    pub equivalence: Equivalence,
    /// Whether it is a person's consent: when both sides moved, *true* (do not contact) wins whatever the policy says.
    #[serde(default, skip_serializing_if = "is_false")]
    pub consent: bool,
    /// What an empty value does to a full one on the other side.
    #[serde(default, skip_serializing_if = "NullPolicy::is_write")]
    pub nulls: NullPolicy,
    /// What is done with a text the other side is too short for; by type where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthPolicy>,
    /// What is done to a value on its way, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transform: Vec<Transform>,
}

/// What an empty value does to a full one on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullPolicy {
    /// It empties it.
    #[default]
    Write,
    /// It never overwrites it.
    Keep,
}

impl NullPolicy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_write(&self) -> bool {
        *self == Self::Write
    }
}

/// What is done with a text the other side is too short for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthPolicy {
    /// It is refused, as a failure of the record.
    Refuse,
    /// It is cut to fit; the journal says so.
    Truncate,
}

fn both() -> Direction {
    Direction::Both
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_both(direction: &Direction) -> bool {
    *direction == Direction::Both
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl FieldMap {
    /// A two-way pair without a policy of its own; its logical name is the Marketo name.
    pub fn new(dynamics: impl Into<String>, marketo: impl Into<String>) -> Self {
        let marketo = marketo.into();
        Self {
            name: marketo.clone(),
            dynamics: dynamics.into(),
            marketo,
            direction: Direction::Both,
            policy: None,
            equivalence: Equivalence::Auto,
            consent: false,
            nulls: NullPolicy::Write,
            length: None,
            transform: Vec::new(),
        }
    }
}

/// All fields of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityMap {
    /// Which entity.
    pub entity: Entity,
    /// The Dynamics table's logical name.
    pub table: String,
    /// The Marketo object: `person`, `company`, `salesperson`, `opportunity`, `role`, else a custom object's API name.
    pub object: String,
    /// The pairs, in the order they are shown and written.
    #[serde(default)]
    pub fields: Vec<FieldMap>,
}

/// Why a document is not a field map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or not of this shape; says where.
    #[error("the field map cannot be read: {0}")]
    Shape(String),
    /// Two pairs share a logical name.
    #[error("the field map names '{0}' twice; give one of the pairs a 'name' of its own")]
    DuplicateName(String),
    /// A pair without a column or field.
    #[error("pair {position} of the field map lacks its '{key}' name")]
    EmptyName {
        /// Counted from 1.
        position: usize,
        /// `dynamics` or `marketo`.
        key: &'static str,
    },
}

impl EntityMap {
    /// The default map of `entity`; none where we ship none (custom entities).
    pub fn standard(entity: &Entity) -> Option<Result<Self, MappingError>> {
        let document = match entity.name() {
            "lead" => include_str!("../../assets/mappings/lead.toml"),
            "contact" => include_str!("../../assets/mappings/contact.toml"),
            "systemuser" => include_str!("../../assets/mappings/systemuser.toml"),
            "team" => include_str!("../../assets/mappings/team.toml"),
            "account" => include_str!("../../assets/mappings/account.toml"),
            "opportunity" => include_str!("../../assets/mappings/opportunity.toml"),
            "opportunityrole" => include_str!("../../assets/mappings/role.toml"),
            "customerrole" => include_str!("../../assets/mappings/customerrole.toml"),
            "accountrole" => include_str!("../../assets/mappings/accountrole.toml"),
            _ => return None,
        };
        Some(Self::from_toml(document))
    }

    /// Reads a map from TOML: `entity`, `table`, `object` and `[[fields]]`.
    pub fn from_toml(document: &str) -> Result<Self, MappingError> {
        let mut map: Self = toml_edit::de::from_str(document)
            .map_err(|error| MappingError::Shape(error.to_string()))?;
        let mut names = BTreeSet::new();
        for (index, field) in map.fields.iter_mut().enumerate() {
            for (key, name) in [("dynamics", &field.dynamics), ("marketo", &field.marketo)] {
                if name.trim().is_empty() {
                    let position = index + 1;
                    return Err(MappingError::EmptyName { position, key });
                }
            }
            if field.name.is_empty() {
                field.name.clone_from(&field.marketo);
            }
            if !names.insert(field.name.clone()) {
                return Err(MappingError::DuplicateName(field.name.clone()));
            }
        }
        Ok(map)
    }

    /// The map as TOML; [`EntityMap::from_toml`] reads it back unchanged.
    pub fn to_toml(&self) -> String {
        // A struct of texts, words and flags always has a TOML form.
        toml_edit::ser::to_string_pretty(self).unwrap_or_default()
    }
}
