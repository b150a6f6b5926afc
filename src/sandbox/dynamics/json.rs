//! Values on the wire: JSON to cells with every rule a column has, and cells to JSON.

use std::borrow::Cow;
use std::io::Write as _;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::cell::{Cell, Owned};
use super::reply::Fault;
use super::schema::{Column, Kind, Table};

/// Decimal places money is written with.
const MONEY_PLACES: u32 = 4;

/// Days from 0001-01-01 to 1970-01-01 as chrono counts them.
const EPOCH: i32 = 719_163;

/// The year before which dates are refused.
const FIRST_YEAR: i32 = 1753;

/// Most choices of a multi-select column.
const CHOICES_MAX: usize = 150;

/// Reads a value meant for `column`, checking type, length, range and choices.
pub fn read(table: &Table, column: &Column, value: &Value) -> Result<Owned, Fault> {
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let wrong = || wrong_type(table, column, value);
    match column.kind {
        Kind::String | Kind::Memo => text(table, column, value.as_str().ok_or_else(wrong)?),
        Kind::Integer => integer(table, column, value.as_i64().ok_or_else(wrong)?),
        Kind::Picklist | Kind::State | Kind::Status => {
            choice(table, column, value.as_i64().ok_or_else(wrong)?)
        }
        Kind::BigInt => Ok(Cell::Big(value.as_i64().ok_or_else(wrong)?)),
        Kind::Boolean => Ok(Cell::Bool(value.as_bool().ok_or_else(wrong)?)),
        Kind::Double => Ok(Cell::Double(value.as_f64().ok_or_else(wrong)?)),
        Kind::Decimal | Kind::Money => number(table, column, value),
        Kind::DateTime | Kind::TimeZoneIndependent => {
            let time = value.as_str().and_then(time).ok_or_else(wrong)?;
            dated(table, column, Cell::Time(time))
        }
        Kind::DateOnly => {
            let day = value.as_str().and_then(day).ok_or_else(wrong)?;
            dated(table, column, Cell::Date(day))
        }
        Kind::Uniqueidentifier => {
            let id = value.as_str().and_then(|text| Uuid::parse_str(text).ok());
            Ok(Cell::Guid(id.ok_or_else(wrong)?))
        }
        Kind::MultiSelectPicklist => several(table, column, value.as_str().ok_or_else(wrong)?),
        Kind::Lookup | Kind::Customer | Kind::Owner => Err(wrong()),
    }
}

fn wrong_type(table: &Table, column: &Column, value: &Value) -> Fault {
    let text = format!(
        "Cannot convert the literal '{}' to the expected type '{}'.",
        value.to_string().trim_matches('"'),
        edm(column.kind)
    );
    Fault::payload(&table.name, &text)
}

/// The Edm type of a kind of column.
pub fn edm(kind: Kind) -> &'static str {
    match kind {
        Kind::String | Kind::Memo | Kind::MultiSelectPicklist => "Edm.String",
        Kind::Integer | Kind::Picklist | Kind::State | Kind::Status => "Edm.Int32",
        Kind::BigInt => "Edm.Int64",
        Kind::Decimal | Kind::Money => "Edm.Decimal",
        Kind::Double => "Edm.Double",
        Kind::Boolean => "Edm.Boolean",
        Kind::DateTime | Kind::TimeZoneIndependent => "Edm.DateTimeOffset",
        Kind::DateOnly => "Edm.Date",
        Kind::Uniqueidentifier | Kind::Lookup | Kind::Customer | Kind::Owner => "Edm.Guid",
    }
}

fn text(table: &Table, column: &Column, text: &str) -> Result<Owned, Fault> {
    if text.is_empty() {
        return Ok(Cell::Null);
    }
    let control = |c: char| (c < ' ' && !matches!(c, '\t' | '\r' | '\n')) || c == '\u{fffe}';
    if text.contains(control) {
        return Err(Fault::new(
            400,
            "0x80040278",
            "InvalidCharactersInField",
            format!(
                "Invalid character in field '{}': '{}', hexadecimal value is an invalid character.",
                column.name, column.name
            ),
        ));
    }
    if text.encode_utf16().count() > column.max_length {
        return Err(Fault::new(
            400,
            "0x80044331",
            "StringLengthTooLong",
            format!(
                "A validation error occurred. The length of the '{}' attribute of the '{}' entity exceeded the maximum allowed length of '{}'.",
                column.name, table.name, column.max_length
            ),
        ));
    }
    Ok(Cell::Text(Cow::Owned(text.to_owned())))
}

fn integer(table: &Table, column: &Column, value: i64) -> Result<Owned, Fault> {
    let small = i32::try_from(value).map_err(|_| wrong_type(table, column, &value.into()))?;
    if f64::from(small) < column.min || f64::from(small) > column.max {
        return Err(out_of_range("0x8004432f", table, column));
    }
    Ok(Cell::Int(small))
}

fn out_of_range(code: &'static str, table: &Table, column: &Column) -> Fault {
    let text = format!(
        "A validation error occurred. The value of '{}' on record of type '{}' is outside the valid range. Please enter a value between {} and {}.",
        column.name, table.name, column.min, column.max
    );
    Fault::new(400, code, "IntegerOutOfRange", text)
}

fn choice(table: &Table, column: &Column, value: i64) -> Result<Owned, Fault> {
    match column
        .choices
        .iter()
        .find(|choice| i64::from(choice.value) == value)
    {
        Some(choice) => Ok(Cell::Int(choice.value)),
        None => Err(unknown_choice(table, column, &value.to_string())),
    }
}

fn unknown_choice(table: &Table, column: &Column, value: &str) -> Fault {
    let text = format!(
        "A validation error occurred. The value {value} of '{}' on record of type '{}' is outside the valid range. Accepted Values: {}",
        column.name,
        table.name,
        column
            .choices
            .iter()
            .map(|c| c.value.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
    Fault::new(400, "0x8004431a", "PicklistValueOutOfRange", text)
}

fn several(table: &Table, column: &Column, text: &str) -> Result<Owned, Fault> {
    let mut chosen = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let value: i32 = part
            .parse()
            .map_err(|_| unknown_choice(table, column, part))?;
        if !column.choices.iter().any(|choice| choice.value == value) {
            return Err(unknown_choice(table, column, part));
        }
        if !chosen.contains(&value) {
            chosen.push(value);
        }
    }
    if chosen.len() > CHOICES_MAX {
        return Err(unknown_choice(table, column, text));
    }
    chosen.sort_unstable();
    let wire = chosen
        .iter()
        .map(i32::to_string)
        .collect::<Vec<_>>()
        .join(",");
    Ok(if wire.is_empty() {
        Cell::Null
    } else {
        Cell::Text(Cow::Owned(wire))
    })
}

fn number(table: &Table, column: &Column, value: &Value) -> Result<Owned, Fault> {
    let Value::Number(number) = value else {
        return Err(wrong_type(table, column, value));
    };
    let text = number.to_string();
    let parsed = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text));
    let parsed = parsed.map_err(|_| wrong_type(table, column, value))?;
    let size: f64 = text.parse().unwrap_or_default();
    if size < column.min || size > column.max {
        return Err(out_of_range("0x80044330", table, column));
    }
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    Ok(Cell::Number(
        parsed.round_dp_with_strategy(column.precision, strategy),
    ))
}

fn dated(table: &Table, column: &Column, cell: Owned) -> Result<Owned, Fault> {
    let days = match cell {
        Cell::Time(seconds) => seconds.div_euclid(86_400) as i32,
        Cell::Date(days) => days,
        _ => 0,
    };
    let year = NaiveDate::from_num_days_from_ce_opt(days + EPOCH).map_or(0, |d| d.year());
    if year < FIRST_YEAR {
        let text = format!(
            "A validation error occurred. The value of '{}' on record of type '{}' is outside the valid range. Earliest supported date: 01/01/1753 00:00:00.",
            column.name, table.name
        );
        return Err(Fault::new(400, "0x80044332", "DateTimeOutOfRange", text));
    }
    Ok(cell)
}

/// Seconds since 1970 of an ISO time; without an offset it is taken as UTC.
pub fn time(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    for format in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time.and_utc().timestamp());
        }
    }
    day(text).map(|days| i64::from(days) * 86_400)
}

/// Days since 1970 of `yyyy-MM-dd`.
pub fn day(text: &str) -> Option<i32> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.num_days_from_ce() - EPOCH)
}

/// Writes a value as JSON. Writing to memory cannot fail, so results are dropped.
pub fn write(out: &mut Vec<u8>, kind: Kind, cell: &Cell) {
    match cell {
        Cell::Null => out.extend(b"null"),
        Cell::Text(text) => string(out, text),
        Cell::Int(n) => drop(write!(out, "{n}")),
        Cell::Big(n) => drop(write!(out, "{n}")),
        Cell::Number(n) => {
            let mut n = *n;
            if kind == Kind::Money {
                n.rescale(MONEY_PLACES.max(n.scale()));
            }
            drop(write!(out, "{n}"));
        }
        Cell::Double(n) => drop(serde_json::to_writer(out, n)),
        Cell::Bool(b) => out.extend(if *b { &b"true"[..] } else { b"false" }),
        Cell::Time(seconds) => {
            let days = seconds.div_euclid(86_400) as i32;
            let rest = seconds.rem_euclid(86_400);
            let (y, m, d) = civil(days);
            drop(write!(
                out,
                "\"{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z\"",
                rest / 3600,
                rest / 60 % 60,
                rest % 60
            ));
        }
        Cell::Date(days) => {
            let (y, m, d) = civil(*days);
            drop(write!(out, "\"{y:04}-{m:02}-{d:02}\""));
        }
        Cell::Guid(id) | Cell::Link(_, id) => {
            let mut buffer = Uuid::encode_buffer();
            out.push(b'"');
            out.extend(id.hyphenated().encode_lower(&mut buffer).as_bytes());
            out.push(b'"');
        }
    }
}

/// Writes a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    drop(serde_json::to_writer(out, text));
}

/// Year, month and day of a day since 1970.
pub fn civil(days: i32) -> (i32, u32, u32) {
    NaiveDate::from_num_days_from_ce_opt(days + EPOCH)
        .map_or((1, 1, 1), |date| (date.year(), date.month(), date.day()))
}
