//! What is done to a value on its way: case, digits, a default, a constant, a translation table, an expression.
//!
//! Case and digits hold for both sides alike, so that neither is taken for an edit of the other. A table is read in
//! both directions. A default, a constant and an expression cannot be undone: they want a pair that travels one way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::Expression;
use crate::model::{Direction, Side, Value};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
    /// A capital letter at the start of each word.
    Title,
    /// Only the digits, and a leading plus: a phone number.
    PhoneDigits,
    /// This text where there is no value.
    Default(String),
    /// This text, whatever the value.
    Constant(String),
    /// The Dynamics value (an option's code) on the left becomes the Marketo text on the right, and back. A value that
    /// is not listed stays as it is.
    Table(BTreeMap<String, String>),
    /// A CEL expression of the value, named `value`.
    Expression(String),
}

impl Transform {
    /// Whether it can only be done towards one side.
    fn is_one_way(&self) -> bool {
        matches!(
            self,
            Self::Default(_) | Self::Constant(_) | Self::Expression(_)
        )
    }
}

/// Transforms ready to be used.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Steps {
    steps: Vec<(Transform, Option<Expression>)>,
    /// The side values come from, for what is done one way.
    source: Option<Side>,
}

impl Steps {
    /// Prepares transforms for a pair of this direction; the error says what is wrong with them.
    pub(super) fn of(transforms: &[Transform], direction: Direction) -> Result<Self, String> {
        let source = match direction {
            Direction::ToMarketo => Some(Side::Dynamics),
            Direction::ToDynamics => Some(Side::Marketo),
            Direction::Both | Direction::Off => None,
        };
        let mut steps = Vec::with_capacity(transforms.len());
        for transform in transforms {
            if transform.is_one_way() && source.is_none() {
                return Err(
                    "a default, a constant and an expression need a direction of \
                            to_marketo or to_dynamics"
                        .to_owned(),
                );
            }
            let expression = match transform {
                Transform::Expression(text) => Some(
                    Expression::over(text, |name| name == "value")
                        .map_err(|error| error.to_string())?,
                ),
                _ => None,
            };
            steps.push((transform.clone(), expression));
        }
        Ok(Self { steps, source })
    }

    /// Whether a value is translated by a table, and so is text on the way.
    pub(super) fn translates(&self) -> bool {
        self.steps
            .iter()
            .any(|(step, _)| matches!(step, Transform::Table(_)))
    }

    /// A raw value of `side` in the words both sides are compared in.
    pub(super) fn meant(&self, side: Side, raw: &Value) -> Value {
        self.fold(raw, |value, step| match step {
            (Transform::Table(table), _) if side == Side::Dynamics => forth(table, &value),
            (one, expression) if self.source == Some(side) && one.is_one_way() => {
                worked_out(one, expression.as_ref(), value)
            }
            (one, _) => alike(one, value),
        })
    }

    /// A value that is in those words already; the same again.
    pub(super) fn settled(&self, value: &Value) -> Value {
        self.fold(value, |value, (step, _)| alike(step, value))
    }

    /// Back from those words to the raw value of `side`.
    pub(super) fn raw(&self, side: Side, value: Value) -> Value {
        if side == Side::Marketo {
            return value;
        }
        self.steps
            .iter()
            .rev()
            .fold(value, |value, (step, _)| match step {
                Transform::Table(table) => back(table, value),
                _ => value,
            })
    }

    fn fold(
        &self,
        value: &Value,
        step: impl Fn(Value, &(Transform, Option<Expression>)) -> Value,
    ) -> Value {
        self.steps.iter().fold(value.clone(), step)
    }
}

fn worked_out(step: &Transform, expression: Option<&Expression>, value: Value) -> Value {
    match step {
        Transform::Default(text) if value.is_null() => Value::text(text),
        Transform::Constant(text) => Value::text(text),
        Transform::Expression(_) => expression
            .and_then(|expression| expression.of(&value))
            .unwrap_or_default(),
        _ => value,
    }
}

/// What both sides' values go through alike; doing it twice changes nothing more.
fn alike(step: &Transform, value: Value) -> Value {
    let Value::Text(text) = &value else {
        return value;
    };
    match step {
        Transform::Lower => Value::text(text.to_lowercase()),
        Transform::Upper => Value::text(text.to_uppercase()),
        Transform::Title => Value::text(title(text)),
        Transform::PhoneDigits => Value::text(digits(text)),
        _ => value,
    }
}

fn title(text: &str) -> String {
    let mut start = true;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if start {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        start = !letter.is_alphanumeric();
    }
    out
}

fn digits(text: &str) -> String {
    let plus = text.trim_start().starts_with('+').then_some('+');
    let digits = text.chars().filter(char::is_ascii_digit);
    plus.into_iter().chain(digits).collect()
}

fn forth(table: &BTreeMap<String, String>, value: &Value) -> Value {
    let key = value.to_string();
    match table.get(key.trim()) {
        Some(text) => Value::text(text),
        None => Value::text(key),
    }
}

fn back(table: &BTreeMap<String, String>, value: Value) -> Value {
    let text = value.to_string();
    let found = table.iter().find(|(_, right)| **right == text);
    match found {
        Some((left, _)) => Value::text(left),
        None => value,
    }
}
