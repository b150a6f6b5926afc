//! A map held against what both sides really have: canonical values and conversion, field by field.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::FieldMap;
use super::canon::{canonical, kept};
use super::equivalence::{Class, Rule, class};
use super::render::render;
use super::transform::Steps;
use crate::model::{Direction, Entity, FailureClass, FieldInfo, Refusal, Side, Value};

/// The usable fields of a map, and what is worth telling about the others.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedMap {
    /// Which entity.
    pub entity: Entity,
    /// The fields that can be kept in step, in the map's order.
    pub fields: Vec<CheckedField>,
    /// What the check found, in the map's order.
    pub problems: Vec<MappingProblem>,
}

/// One pair with both sides' types known.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedField {
    /// The pair as the admin wrote it.
    pub map: FieldMap,
    /// The Dynamics column.
    pub dynamics: FieldInfo,
    /// The Marketo field.
    pub marketo: FieldInfo,
    /// The pair's direction, narrowed by what is writable.
    pub direction: Direction,
    pub(super) rule: Rule,
    pub(super) steps: Steps,
}

/// How much a problem hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The field is left out until somebody mends the map.
    Error,
    /// Worth knowing: the field works with a restriction, or an instance lacks it.
    Warning,
}

impl Severity {
    /// The word on screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Something worth telling about one pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingProblem {
    /// The logical field.
    pub field: String,
    /// How much it hurts.
    pub severity: Severity,
    /// What it is and what follows from it.
    pub text: String,
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text)
    }
}

impl CheckedField {
    /// The field on `side`.
    pub fn info(&self, side: Side) -> &FieldInfo {
        match side {
            Side::Dynamics => &self.dynamics,
            Side::Marketo => &self.marketo,
        }
    }

    /// The canonical form of a raw value of `side`: the only form that is ever compared.
    /// Idempotent, and stable under what the other side stores of [`CheckedField::convert`]'s result.
    pub fn canonical(&self, side: Side, raw: &Value) -> Value {
        canonical(&self.rule, &self.steps.meant(side, raw))
    }

    /// The canonical form of a value that was canonical under an older map: perhaps finer than today's.
    pub fn settled(&self, value: &Value) -> Value {
        canonical(&self.rule, &self.steps.settled(value))
    }

    /// Whether the other side is too short for a raw value of `from`, so that it is cut on its way.
    pub fn cuts(&self, from: Side, raw: &Value) -> bool {
        self.was_cut(&self.steps.meant(from, raw))
    }

    /// The raw value to send to the other side for a raw value of `from`: case kept, text shortened to fit, option
    /// code to label and back. Refused with class `Mapping` where the other side has no such value.
    pub fn convert(&self, from: Side, raw: &Value) -> Result<Value, Refusal> {
        let meant = self.steps.meant(from, raw);
        self.to_side(from.other(), &kept(&self.rule, &meant))
    }

    /// The raw form of a canonical value for `side`, e.g. of a value the admin typed. Refused as
    /// [`CheckedField::convert`].
    pub fn to_side(&self, side: Side, canonical: &Value) -> Result<Value, Refusal> {
        if side == Side::Dynamics && self.steps.translates() {
            let raw = self.steps.raw(side, canonical.clone());
            return match (class(self.dynamics.kind), raw.as_text()) {
                (Class::Choice, Some(code)) => code.parse().map(Value::Integer).map_err(|_| {
                    let name = &self.dynamics.name;
                    Refusal {
                        class: FailureClass::Mapping,
                        code: "unknown_option".to_owned(),
                        message: format!("{name} has no option the table translates this to"),
                        request: None,
                    }
                }),
                _ => render(&self.rule, side, self.info(side), &raw),
            };
        }
        render(&self.rule, side, self.info(side), canonical)
    }
}

impl CheckedMap {
    /// The API names to read from `side`, each once; fields that are off are not read.
    pub fn columns(&self, side: Side) -> Vec<String> {
        let mut names: Vec<String> = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let name = &field.info(side).name;
            if field.direction != Direction::Off && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The field with this logical name.
    pub fn field(&self, logical: &str) -> Option<&CheckedField> {
        self.fields.iter().find(|field| field.map.name == logical)
    }

    /// Sixteen hexadecimal digits that change when the map, or what both sides say about its fields, changes what would
    /// be compared or written.
    pub fn fingerprint(&self) -> String {
        let parts: Vec<_> = self
            .fields
            .iter()
            .map(|field| {
                let side = |info: &FieldInfo| {
                    let limit = (info.max_length, info.length_unit, info.precision);
                    (info.name.clone(), info.kind, limit, info.options.clone())
                };
                let sides = (side(&field.dynamics), side(&field.marketo));
                (&field.map, field.direction, sides)
            })
            .collect();
        // Texts, words and numbers only: always has a JSON form.
        let document = serde_json::to_vec(&(&self.entity, parts)).unwrap_or_default();
        format!("{:016x}", xxh3_64(&document))
    }
}
