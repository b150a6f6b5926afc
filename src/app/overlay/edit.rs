//! A value is typed for one conflict, or for several about the same field.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use tui_input::Input;
use uuid::Uuid;

use crate::app::{Code, Effect, Key, State, panes};
use crate::model::{Conflict, ConflictId, Value};

/// A value being typed.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What is edited: who and which field.
    pub title: String,
    /// The text.
    pub input: Input,
    /// What kind of value is expected, in words.
    pub expects: &'static str,
    /// Why the text was not taken.
    pub error: Option<String>,
    /// The field both sides know it by.
    pub field: String,
    sample: Value,
    conflicts: Vec<ConflictId>,
}

impl Edit {
    pub(in crate::app) fn new(first: &Conflict, conflicts: Vec<ConflictId>, alone: bool) -> Self {
        let known = [&first.dynamics, &first.marketo];
        let sample = known
            .into_iter()
            .chain(&first.base)
            .find(|value| !value.is_null());
        let sample = sample.cloned().unwrap_or_default();
        let title = if alone {
            format!("{}: {}", first.label, first.field)
        } else {
            format!("{} in {} conflicts", first.field, conflicts.len())
        };
        let start = if alone {
            first.dynamics.to_string()
        } else {
            String::new()
        };
        Self {
            title,
            input: Input::new(start),
            expects: expects(&sample),
            error: None,
            field: first.field.clone(),
            sample,
            conflicts,
        }
    }
}

fn expects(sample: &Value) -> &'static str {
    match sample {
        Value::Null | Value::Text(_) => "text; empty for no value",
        Value::Integer(_) => "a whole number; empty for no value",
        Value::Decimal(_) => "a number, such as 1250.50; empty for no value",
        Value::Boolean(_) => "yes or no; empty for no value",
        Value::Date(_) => "a day, such as 2026-11-22; empty for no value",
        Value::DateTime(_) => "a moment, such as 2026-11-22T09:30:00Z; empty for no value",
        Value::Options(_) => "option codes, such as 1,4; empty for none",
        Value::Id(_) => "a GUID; empty for no value",
    }
}

/// Reads typed text as a value of the same kind as `sample`.
fn parse(text: &str, sample: &Value) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Value::Null);
    }
    Some(match sample {
        Value::Null | Value::Text(_) => Value::text(text),
        Value::Integer(_) => Value::Integer(text.parse().ok()?),
        Value::Decimal(_) => Value::Decimal(text.parse().ok()?),
        Value::Boolean(_) => Value::Boolean(match text.to_lowercase().as_str() {
            "yes" | "true" | "1" | "y" => true,
            "no" | "false" | "0" | "n" => false,
            _ => return None,
        }),
        Value::Date(_) => Value::Date(text.parse::<NaiveDate>().ok()?),
        Value::DateTime(_) => Value::DateTime(text.parse::<DateTime<Utc>>().ok()?),
        Value::Options(_) => {
            let codes = text.split(',').map(|code| code.trim().parse::<i64>());
            Value::Options(codes.collect::<Result<BTreeSet<_>, _>>().ok()?)
        }
        Value::Id(_) => Value::Id(Uuid::parse_str(text).ok()?),
    })
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    match key.code {
        Code::Esc => {
            state.overlays.pop();
            Vec::new()
        }
        Code::Enter => submit(state),
        _ => super::type_key(state, key),
    }
}

fn submit(state: &mut State) -> Vec<Effect> {
    let Some(super::Overlay::Edit(edit)) = state.overlays.last_mut() else {
        return Vec::new();
    };
    let Some(value) = parse(edit.input.value(), &edit.sample) else {
        edit.error = Some(format!("expected {}", edit.expects));
        return Vec::new();
    };
    let text = value.as_text().unwrap_or_default();
    if let Some(longest) = longest(&state.panes, &edit.field)
        && text.chars().count() > longest
    {
        edit.error = Some(format!(
            "too long: both sides take {longest} characters at most"
        ));
        return Vec::new();
    }
    let conflicts = edit.conflicts.clone();
    state.overlays.pop();
    panes::conflicts::decide::take_value(state, conflicts, value)
}

/// The shorter length of the two sides, when the entity's mapping is loaded.
fn longest(panes: &crate::app::Panes, field: &str) -> Option<usize> {
    let conflict = panes.conflicts.selected()?;
    let view = panes.mappings.view.as_ref()?;
    if view.entity != conflict.entity {
        return None;
    }
    let row = view.rows.iter().find(|row| row.field == field)?;
    let sides = [&row.dynamics, &row.marketo].into_iter().flatten();
    let shortest = sides.filter_map(|info| info.max_length).min()?;
    usize::try_from(shortest).ok()
}
