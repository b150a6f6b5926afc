//! One value between its JSON form and what it means, by the column's kind. Amounts go through
//! text, never floats.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::{FieldKind, Value};

/// Reads the JSON text of one member; none when it is not of that kind.
pub(super) fn from_json(kind: FieldKind, json: &str) -> Option<Value> {
    if json == "null" {
        return Some(Value::Null);
    }
    match kind {
        FieldKind::Text
        | FieldKind::Memo
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url => text(json).map(Value::text),
        FieldKind::Integer | FieldKind::Option | FieldKind::State | FieldKind::Status => {
            unquoted(json).parse().ok().map(Value::Integer)
        }
        FieldKind::Decimal => decimal(unquoted(json)).map(Value::Decimal),
        FieldKind::Boolean => json.parse().ok().map(Value::Boolean),
        FieldKind::Date => date(unquoted(json)),
        FieldKind::DateTime => moment(unquoted(json)),
        FieldKind::WallClock => wall_clock(unquoted(json)),
        FieldKind::Options => options(unquoted(json)),
        FieldKind::Lookup | FieldKind::Id => Uuid::try_parse(unquoted(json)).ok().map(Value::Id),
        FieldKind::Other => Some(text(json).map_or_else(|| Value::text(json), Value::text)),
    }
}

/// The JSON text to send for `value`; none when a column of that kind cannot hold it. Lookups are
/// not written as values (they are bound), so they have no form here.
pub(super) fn to_json(kind: FieldKind, value: &Value) -> Option<String> {
    let json = match (kind, value) {
        (FieldKind::Lookup | FieldKind::Other, _) => return None,
        (_, Value::Null) => "null".to_owned(),
        (
            FieldKind::Text
            | FieldKind::Memo
            | FieldKind::Email
            | FieldKind::Phone
            | FieldKind::Url,
            Value::Text(text),
        ) => serde_json::to_string(text).ok()?,
        (
            FieldKind::Integer
            | FieldKind::Option
            | FieldKind::State
            | FieldKind::Status
            | FieldKind::Decimal,
            Value::Integer(number),
        ) => number.to_string(),
        (FieldKind::Decimal, Value::Decimal(amount)) => amount.to_string(),
        (FieldKind::Boolean, Value::Boolean(flag)) => flag.to_string(),
        (FieldKind::Date, Value::Date(day)) => format!("\"{}\"", day.format("%Y-%m-%d")),
        (FieldKind::DateTime | FieldKind::WallClock, Value::DateTime(moment)) => {
            format!("\"{}\"", moment.to_rfc3339_opts(SecondsFormat::Secs, true))
        }
        (FieldKind::Options, Value::Options(codes)) => option_codes(codes),
        (FieldKind::Id, Value::Id(id)) => format!("\"{id}\""),
        _ => return None,
    };
    Some(json)
}

fn text(json: &str) -> Option<String> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(json).ok()
    } else {
        Some(inner.to_owned())
    }
}

/// Numbers may come as text (`IEEE754Compatible`), ids and dates always do; none of them needs
/// escapes.
fn unquoted(json: &str) -> &str {
    let inner = json.strip_prefix('"').and_then(|j| j.strip_suffix('"'));
    inner.unwrap_or(json).trim()
}

/// Money comes with trailing zeros (`20000.0000`); they say nothing.
fn decimal(text: &str) -> Option<Decimal> {
    let exact = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    let amount = exact.or_else(|_| Decimal::from_str(text)).ok()?;
    Some(amount.normalize())
}

fn date(text: &str) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    // A column switched from a moment to a day keeps answering with a time for a while.
    let day = text.get(..10)?;
    NaiveDate::parse_from_str(day, "%Y-%m-%d")
        .ok()
        .map(Value::Date)
}

/// UTC, whole seconds; a moment without an offset is UTC too.
fn moment(text: &str) -> Option<Value> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|moment| moment.with_timezone(&Utc));
    let moment = parsed.ok().or_else(|| naive(text).map(|n| n.and_utc()));
    moment.map(|moment| Value::DateTime(moment.trunc_subsecs(0)))
}

/// The digits of the clock on the wall, whatever offset stands behind them.
fn wall_clock(text: &str) -> Option<Value> {
    let digits = DateTime::parse_from_rfc3339(text).map(|moment| moment.naive_local());
    let digits = digits.ok().or_else(|| naive(text))?;
    Some(Value::DateTime(digits.and_utc().trunc_subsecs(0)))
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

fn options(text: &str) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    let codes: Result<BTreeSet<i64>, _> = text.split(',').map(|code| code.trim().parse()).collect();
    codes.ok().map(Value::Options)
}

fn option_codes(codes: &BTreeSet<i64>) -> String {
    if codes.is_empty() {
        return "null".to_owned();
    }
    let mut json = String::from("\"");
    for (position, code) in codes.iter().enumerate() {
        let comma = if position > 0 { "," } else { "" };
        // Writing into a String cannot fail.
        let _ = write!(json, "{comma}{code}");
    }
    json.push('"');
    json
}
