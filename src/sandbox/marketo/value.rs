//! Typed values: from JSON with the vendor's checks, to JSON, to the text of activities and files,
//! and to the compact bytes of a row.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value as Json;

/// The vendor's field types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Text,
    Email,
    Phone,
    Url,
    Integer,
    Score,
    Percent,
    Reference,
    Float,
    Currency,
    Boolean,
    Date,
    DateTime,
}

/// Longest text area, in bytes of UTF-8.
pub(crate) const TEXT_AREA_BYTES: usize = 30_000;

impl Kind {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::String,
            "text" => Self::Text,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "integer" => Self::Integer,
            "score" => Self::Score,
            "percent" => Self::Percent,
            "reference" => Self::Reference,
            "float" => Self::Float,
            "currency" => Self::Currency,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Text => "text",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Integer => "integer",
            Self::Score => "score",
            Self::Percent => "percent",
            Self::Reference => "reference",
            Self::Float => "float",
            Self::Currency => "currency",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
        }
    }

    /// Length of a field of this type when nothing else is said; text areas state none.
    pub(crate) fn usual_length(self) -> Option<usize> {
        matches!(self, Self::String | Self::Email | Self::Phone | Self::Url).then_some(255)
    }
}

/// One value; an empty field has none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Seconds since 1970-01-01, UTC.
    Time(i64),
}

/// Why a value cannot go into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The wrong type or form.
    Invalid,
    /// More than the field holds.
    TooLong,
}

/// Reads a JSON value as a value of `kind`; null and "" are no value. `zone_hours` places times without an offset.
pub(crate) fn read(
    kind: Kind,
    length: Option<usize>,
    json: &Json,
    zone_hours: i32,
) -> Result<Option<Value>, Misfit> {
    let number;
    let text = match json {
        Json::Null => return Ok(None),
        Json::String(text) => text.as_str(),
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Number(n) => {
            number = n.to_string();
            number.as_str()
        }
        Json::Array(_) | Json::Object(_) => return Err(Misfit::Invalid),
    };
    if text.is_empty() {
        return Ok(None);
    }
    read_text(kind, length, text, zone_hours).map(Some)
}

fn read_text(
    kind: Kind,
    length: Option<usize>,
    text: &str,
    zone_hours: i32,
) -> Result<Value, Misfit> {
    match kind {
        // Text areas of people are measured in bytes, those of custom objects in characters.
        Kind::Text if length.is_none() && text.len() > TEXT_AREA_BYTES => Err(Misfit::TooLong),
        Kind::String | Kind::Phone | Kind::Url | Kind::Text => within(length, text),
        Kind::Email => {
            if !text.is_ascii() || !is_mail(text) {
                return Err(Misfit::Invalid);
            }
            within(length, text)
        }
        Kind::Integer | Kind::Score | Kind::Percent | Kind::Reference => {
            let whole: i32 = text.trim().parse().map_err(|_| Misfit::Invalid)?;
            Ok(Value::Int(i64::from(whole)))
        }
        Kind::Float | Kind::Currency => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(Misfit::Invalid),
        },
        Kind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(Value::Bool(true)),
            "false" | "0" | "no" => Ok(Value::Bool(false)),
            _ => Err(Misfit::Invalid),
        },
        Kind::Date => {
            let day = text.get(..10).unwrap_or(text);
            let date: NaiveDate = day.parse().map_err(|_| Misfit::Invalid)?;
            if text.len() > 10 {
                instant(text, zone_hours).ok_or(Misfit::Invalid)?;
            }
            Ok(Value::Date(days(date)))
        }
        Kind::DateTime => instant(text, zone_hours)
            .map(Value::Time)
            .ok_or(Misfit::Invalid),
    }
}

fn within(length: Option<usize>, text: &str) -> Result<Value, Misfit> {
    if length.is_some_and(|most| text.len() > most && text.chars().count() > most) {
        return Err(Misfit::TooLong);
    }
    Ok(Value::Text(text.to_owned()))
}

fn is_mail(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

/// Reads a date-time in any of the forms clients send: `T` or a blank, with a fraction or without,
/// `Z`, `+02:00`, `+0200` or no offset, or a bare date.
pub(crate) fn instant(text: &str, zone_hours: i32) -> Option<i64> {
    let text = text.trim();
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f%:z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f%z",
    ] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return Some(time.timestamp());
        }
    }
    if let Some(bare) = text.strip_suffix(['Z', 'z']) {
        return naive(bare).map(|time| time.and_utc().timestamp());
    }
    let local = naive(text).or_else(|| {
        text.parse::<NaiveDate>()
            .ok()
            .and_then(|day| day.and_hms_opt(0, 0, 0))
    })?;
    Some(local.and_utc().timestamp() - i64::from(zone_hours) * 3600)
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn days(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days() as i32
}

fn date(days: i32) -> NaiveDate {
    NaiveDate::default() + chrono::Duration::days(i64::from(days))
}

/// Seconds since 1970 as `2026-08-17T09:15:02Z`.
pub(crate) fn stamp(seconds: i64) -> String {
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Value {
    /// The value as JSON.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Int(number) => Json::from(*number),
            Self::Float(number) => Json::from(*number),
            Self::Bool(truth) => Json::from(*truth),
            Self::Date(_) | Self::Time(_) => Json::from(self.text()),
        }
    }

    /// The value as a bulk file shows it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Date(days) => date(*days).to_string(),
            Self::Time(seconds) => stamp(*seconds),
        }
    }

    /// The value as old and new values of activities show it: `True`, `2026-08-17 09:20:31`.
    pub(crate) fn activity_text(&self) -> String {
        match self {
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Time(seconds) => {
                let time = DateTime::from_timestamp(*seconds, 0).unwrap_or_default();
                time.format("%Y-%m-%d %H:%M:%S").to_string()
            }
            other => other.text(),
        }
    }

    /// The bytes kept in a row.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Int(number) | Self::Time(number) => number.to_le_bytes().to_vec(),
            Self::Float(number) => number.to_le_bytes().to_vec(),
            Self::Bool(truth) => vec![u8::from(*truth)],
            Self::Date(days) => days.to_le_bytes().to_vec(),
        }
    }

    /// The value of a field of `kind` from the bytes kept in a row.
    pub(crate) fn from_bytes(kind: Kind, bytes: &[u8]) -> Self {
        let eight = || bytes.try_into().unwrap_or_default();
        match kind {
            Kind::String | Kind::Text | Kind::Email | Kind::Phone | Kind::Url => {
                Self::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            Kind::Integer | Kind::Score | Kind::Percent | Kind::Reference => {
                Self::Int(i64::from_le_bytes(eight()))
            }
            Kind::Float | Kind::Currency => Self::Float(f64::from_le_bytes(eight())),
            Kind::Boolean => Self::Bool(bytes.first() == Some(&1)),
            Kind::Date => Self::Date(i32::from_le_bytes(bytes.try_into().unwrap_or_default())),
            Kind::DateTime => Self::Time(i64::from_le_bytes(eight())),
        }
    }
}
