//! Field values, from Marketo's JSON and back.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::times;
use crate::model::{FailureClass, FieldInfo, FieldKind, LengthUnit, Refusal, Value};

/// What a field that is absent or `null` holds. Booleans are never empty in Marketo: they read `false`.
pub(super) fn absent(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Boolean => Value::Boolean(false),
        _ => Value::Null,
    }
}

/// The text inside a JSON scalar: a string's content, or a number or `true` as written. None for `null`.
fn scalar(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first() {
        Some(b'"') => {
            let inside = raw.get(1..raw.len() - 1)?;
            if inside.contains('\\') {
                serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inside))
            }
        }
        _ if raw == "null" => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// Turns a wire value into ours. What does not fit the kind stays readable as text: nothing is lost or invented.
pub(super) fn read(kind: FieldKind, raw: &RawValue) -> Value {
    let raw = raw.get().trim();
    let Some(text) = scalar(raw) else {
        return absent(kind);
    };
    if kind == FieldKind::Other && !raw.starts_with('"') {
        let scalar = whole(&text).map(Value::Integer);
        let scalar = scalar.or_else(|| boolean(&text).map(Value::Boolean));
        return scalar.unwrap_or_else(|| Value::Text(text.into_owned()));
    }
    typed(kind, &text)
}

/// Turns a value written as text into ours; empty is no value.
pub(super) fn typed(kind: FieldKind, text: &str) -> Value {
    if text.is_empty() {
        return absent(kind);
    }
    let typed = match kind {
        FieldKind::Integer | FieldKind::Option | FieldKind::State | FieldKind::Status => {
            whole(text).map(Value::Integer)
        }
        FieldKind::Decimal => decimal(text).map(Value::Decimal),
        FieldKind::Boolean => boolean(text).map(Value::Boolean),
        FieldKind::Date => times::day(text).map(Value::Date),
        FieldKind::DateTime | FieldKind::WallClock => times::moment(text).map(Value::DateTime),
        FieldKind::Id | FieldKind::Lookup => Uuid::try_parse(text).ok().map(Value::Id),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let exact = decimal(text)?;
        exact.is_integer().then(|| i64::try_from(exact).ok())?
    })
}

fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// Appends the wire form. No value, and an empty text, is `null`, which clears the field; `""` is never sent.
pub(super) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) if text.is_empty() => out.extend_from_slice(b"null"),
        Value::Text(text) => quote(out, text),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        // Our decimals print as digits with a point, never with an exponent: a JSON number, exact.
        Value::Decimal(amount) => out.extend_from_slice(amount.to_string().as_bytes()),
        Value::Boolean(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Date(day) => quote(out, &day.to_string()),
        Value::DateTime(moment) => quote(out, &date_time(*moment)),
        Value::Options(codes) => {
            let codes: Vec<String> = codes.iter().map(i64::to_string).collect();
            quote(out, &codes.join(";"));
        }
        Value::Id(id) => quote(out, &id.to_string()),
    }
}

fn date_time(moment: DateTime<Utc>) -> String {
    times::wire(moment)
}

/// Appends a JSON string.
pub(super) fn quote(out: &mut Vec<u8>, text: &str) {
    // A string into a vector cannot fail; if it ever did, the server would refuse the body.
    let _cannot_fail = serde_json::to_writer(out, text);
}

/// Appends a record as a JSON object.
pub(super) fn object(out: &mut Vec<u8>, fields: &[(String, Value)]) {
    out.push(b'{');
    for (place, (name, value)) in fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        quote(out, name);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

/// Appends records as a JSON array of objects.
pub(super) fn array(out: &mut Vec<u8>, records: &[Vec<(String, Value)>]) {
    out.push(b'[');
    for (place, record) in records.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        object(out, record);
    }
    out.push(b']');
}

/// Whether Marketo would take `value` for `field`, so that a record is not sent in vain: lengths in the field's
/// unit, 32-bit whole numbers, ASCII e-mail addresses.
pub fn fits(field: &FieldInfo, value: &Value) -> Result<(), Refusal> {
    let refuse = |code: &str, message: String| {
        Err(Refusal {
            class: FailureClass::Data,
            code: code.to_owned(),
            message,
            request: None,
        })
    };
    match value {
        Value::Text(text) => {
            let length = match field.length_unit {
                LengthUnit::Bytes => text.len(),
                LengthUnit::Chars => text.chars().count(),
                LengthUnit::Utf16 => text.encode_utf16().count(),
            };
            let longest = field.max_length.unwrap_or(u32::MAX) as usize;
            if length > longest {
                return refuse(
                    "1077",
                    format!("{} takes {longest}, the value has {length}", field.name),
                );
            }
            if field.kind == FieldKind::Email && !text.is_ascii() {
                return refuse("1003", format!("{} takes only ASCII addresses", field.name));
            }
        }
        Value::Integer(number) if i32::try_from(*number).is_err() => {
            return refuse("1003", format!("{} takes only 32-bit numbers", field.name));
        }
        _ => {}
    }
    Ok(())
}
