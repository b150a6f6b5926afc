//! From a raw value to its canonical form. What does not fit the rule stays cleaned text, equal to nothing else.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use super::equivalence::{Fold, Rule};
use super::options::OptionTable;
use super::text::{clean, shorten};
use crate::model::Value;

/// What stands between the labels of a multi-select in a text.
pub(super) const LABEL_SEPARATOR: char = ';';

/// The canonical form of `raw`.
pub(super) fn canonical(rule: &Rule, raw: &Value) -> Value {
    read(rule, raw, true)
}

/// As [`canonical`], but text keeps its case and punctuation: what is sent.
pub(super) fn kept(rule: &Rule, raw: &Value) -> Value {
    read(rule, raw, false)
}

fn read(rule: &Rule, raw: &Value, fold: bool) -> Value {
    if is_nothing(raw) {
        return match rule {
            Rule::Boolean {
                null_is_false: true,
            } => Value::Boolean(false),
            _ => Value::Null,
        };
    }
    if let Some(value) = interpret(rule, raw) {
        return value;
    }
    // A value of another type, or text with something to clean away, may still mean something once it is plain text.
    let text = plain(raw);
    let value = Value::Text(text);
    interpret(rule, &value).unwrap_or_else(|| within(rule, value, fold))
}

/// What `raw` is under the rule; none for text rules and for what the rule cannot make sense of.
fn interpret(rule: &Rule, raw: &Value) -> Option<Value> {
    match rule {
        Rule::Text { .. } => None,
        Rule::Number { scale } => number(raw).map(|found| at_scale(found, *scale)),
        Rule::Boolean { .. } => boolean(raw).map(Value::Boolean),
        Rule::Date => day(raw).map(Value::Date),
        Rule::DateTime => moment(raw).map(Value::DateTime),
        Rule::Choice(table) => choice(table, raw),
        Rule::Choices(table) => choices(table, raw),
        Rule::Id => id(raw).map(Value::Id),
    }
}

/// Whether there is nothing in it: null, blanks, an empty set.
fn is_nothing(raw: &Value) -> bool {
    match raw {
        Value::Null => true,
        Value::Text(text) => clean(text).is_empty(),
        Value::Options(codes) => codes.is_empty(),
        _ => false,
    }
}

/// Any value as clean text.
fn plain(raw: &Value) -> String {
    match raw {
        Value::Text(text) => clean(text),
        Value::Decimal(amount) => amount.normalize().to_string(),
        other => other.to_string(),
    }
}

/// Clean text under a text rule: shortened and folded. Under any other rule it stays as it is.
fn within(rule: &Rule, value: Value, fold: bool) -> Value {
    let Rule::Text {
        fold: how,
        shorten: short,
        limits,
    } = rule
    else {
        return value;
    };
    let Value::Text(mut text) = value else {
        return value;
    };
    if *short {
        shorten(&mut text, limits);
    }
    match how {
        Fold::Case if fold => text.make_ascii_lowercase(),
        Fold::Punctuation if fold => {
            text.retain(|letter| !is_phone_punctuation(letter));
            // What stood apart may compose now.
            text = clean(&text);
        }
        _ => {}
    }
    Value::text(text)
}

fn is_phone_punctuation(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '.' | '/' | '(' | ')')
}

fn number(raw: &Value) -> Option<Decimal> {
    match raw {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Text(text) => {
            let text = text.trim();
            Decimal::from_str(text)
                .or_else(|_| Decimal::from_scientific(text))
                .ok()
        }
        _ => None,
    }
}

/// Rounded half away from zero; whole numbers as integers where they fit.
fn at_scale(number: Decimal, scale: u32) -> Value {
    let rounded = number
        .round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
        .normalize();
    if scale == 0
        && let Ok(whole) = i64::try_from(rounded)
    {
        return Value::Integer(whole);
    }
    Value::Decimal(rounded)
}

fn boolean(raw: &Value) -> Option<bool> {
    match raw {
        Value::Boolean(flag) => Some(*flag),
        Value::Integer(0) => Some(false),
        Value::Integer(1) => Some(true),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn day(raw: &Value) -> Option<NaiveDate> {
    match raw {
        Value::Date(day) => Some(*day),
        Value::DateTime(moment) => Some(moment.date_naive()),
        Value::Text(text) => {
            let text = text.trim();
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            day.or_else(|| Some(utc(text)?.date_naive()))
        }
        _ => None,
    }
}

/// Whole seconds of UTC; a wall clock comes dressed as UTC and is never shifted, a day is its midnight.
fn moment(raw: &Value) -> Option<DateTime<Utc>> {
    let moment = match raw {
        Value::DateTime(moment) => *moment,
        Value::Date(day) => midnight(*day),
        Value::Text(text) => utc(text.trim()).or_else(|| Some(midnight(day(raw)?)))?,
        _ => return None,
    };
    moment.with_nanosecond(0)
}

fn utc(text: &str) -> Option<DateTime<Utc>> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(moment.with_timezone(&Utc))
}

/// The first moment of a day, UTC.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn choice(table: &OptionTable, raw: &Value) -> Option<Value> {
    let code = match raw {
        Value::Integer(code) => table.same(*code),
        Value::Text(label) => table.code(label)?,
        _ => return None,
    };
    Some(Value::Integer(code))
}

fn choices(table: &OptionTable, raw: &Value) -> Option<Value> {
    let codes: BTreeSet<i64> = match raw {
        Value::Options(codes) => codes.iter().map(|code| table.same(*code)).collect(),
        Value::Integer(code) => BTreeSet::from([table.same(*code)]),
        Value::Text(labels) => labels
            .split(LABEL_SEPARATOR)
            .filter(|label| !clean(label).is_empty())
            .map(|label| table.code(label))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    Some(if codes.is_empty() {
        Value::Null
    } else {
        Value::Options(codes)
    })
}

fn id(raw: &Value) -> Option<Uuid> {
    match raw {
        Value::Id(id) => Some(*id),
        Value::Text(text) => Uuid::parse_str(text.trim()).ok(),
        _ => None,
    }
}
