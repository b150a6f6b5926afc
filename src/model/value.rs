//! One field's value as either side means it, free of wire forms.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A field's value. Connectors turn wire forms into it by the field's kind, and back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(tag = "t", content = "v", rename_all = "snake_case")]
pub enum Value {
    /// No value; an empty text read from either side is this too.
    #[default]
    Null,
    /// Text, e-mail, phone, URL, memo.
    Text(String),
    /// A whole number; also the code of an option, state or status.
    Integer(i64),
    /// A decimal or money amount, exact.
    Decimal(Decimal),
    /// Yes or no.
    Boolean(bool),
    /// A calendar day without a time zone.
    Date(NaiveDate),
    /// A moment, UTC, whole seconds.
    DateTime(DateTime<Utc>),
    /// A set of option codes.
    Options(BTreeSet<i64>),
    /// A row's GUID: lookup, customer, owner.
    Id(Uuid),
}

impl Value {
    /// Text, or [`Value::Null`] when it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text inside, when it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The plain JSON form for documents read by people and scripts
    /// (numbers and booleans as such, dates as text, no value as `null`).
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(flag) => (*flag).into(),
            Self::Integer(number) => (*number).into(),
            other => other.to_string().into(),
        }
    }
}

impl fmt::Display for Value {
    /// The value as a person reads it; nothing for no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(amount) => amount.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
            Self::Date(day) => day.fmt(f),
            Self::DateTime(moment) => {
                f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            Self::Options(codes) => {
                for (position, code) in codes.iter().enumerate() {
                    if position > 0 {
                        f.write_str(",")?;
                    }
                    code.fmt(f)?;
                }
                Ok(())
            }
            Self::Id(id) => id.fmt(f),
        }
    }
}
