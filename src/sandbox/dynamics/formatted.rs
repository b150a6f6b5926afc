//! Values as a person reads them, for the `FormattedValue` annotation (English, UTC).

use super::cell::Cell;
use super::data::Data;
use super::json::civil;
use super::schema::{Column, Kind};

/// The text, or nothing for kinds that have none of their own.
pub fn value(data: &Data, column: &Column, cell: &Cell) -> Option<String> {
    let choice = |value: i32| {
        let found = column.choices.iter().find(|choice| choice.value == value);
        found.map(|choice| choice.label.clone())
    };
    match (column.kind, cell) {
        (Kind::Picklist | Kind::State | Kind::Status, Cell::Int(value)) => choice(*value),
        (Kind::Boolean, Cell::Bool(value)) => choice(i32::from(*value)),
        (Kind::MultiSelectPicklist, Cell::Text(text)) => {
            let labels = text.split(',').filter_map(|n| choice(n.parse().ok()?));
            Some(labels.collect::<Vec<_>>().join("; "))
        }
        (_, Cell::Link(table, id)) => data.label(*table, id),
        (Kind::Money, Cell::Number(number)) => {
            let rounded = number.round_dp(2);
            let mut rounded = rounded;
            rounded.rescale(2);
            let text = thousands(&rounded.to_string());
            Some(match text.strip_prefix('-') {
                Some(rest) => format!("-${rest}"),
                None => format!("${text}"),
            })
        }
        (_, Cell::Number(number)) => Some(thousands(&number.to_string())),
        (_, Cell::Int(number)) => Some(thousands(&number.to_string())),
        (_, Cell::Big(number)) => Some(thousands(&number.to_string())),
        (_, Cell::Double(number)) => Some(thousands(&number.to_string())),
        (_, Cell::Date(days)) => Some(day(*days)),
        (_, Cell::Time(seconds)) => {
            let minutes = seconds.rem_euclid(86_400) / 60;
            let (hour, minute) = (minutes / 60, minutes % 60);
            let half = if hour < 12 { "AM" } else { "PM" };
            let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
            let date = day(seconds.div_euclid(86_400) as i32);
            Some(format!("{date} {shown}:{minute:02} {half}"))
        }
        _ => None,
    }
}

fn day(days: i32) -> String {
    let (year, month, day) = civil(days);
    format!("{month}/{day}/{year}")
}

/// Digits grouped by commas.
pub fn thousands(number: &str) -> String {
    let (sign, rest) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, fraction) = match rest.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (rest, String::new()),
    };
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + &fraction
}
