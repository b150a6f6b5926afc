//! From a canonical value to the raw value a side takes, or the reason why it takes none.

use chrono::Datelike;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::canon::{LABEL_SEPARATOR, midnight};
use super::equivalence::{Class, Rule, class};
use super::options::OptionTable;
use super::text::Limit;
use crate::model::{FailureClass, FieldInfo, FieldKind, Refusal, Side, Value};

/// Dynamics takes nothing before 1753; a four-digit year is all both wire formats have.
const YEARS: std::ops::RangeInclusive<i32> = 1753..=9999;

/// Dynamics' widest money column.
const LARGEST_AMOUNT: i64 = 922_337_203_685_477;

/// Marketo keeps floats as binary doubles: more digits would come back changed.
const EXACT_DIGITS: u32 = 15;

/// Labels an error lists before it stops.
pub(super) const LABELS_SHOWN: usize = 12;

/// The raw form of `value` for `side`, whose field is `info`.
pub(super) fn render(
    rule: &Rule,
    side: Side,
    info: &FieldInfo,
    value: &Value,
) -> Result<Value, Refusal> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match class(info.kind) {
        Class::Text => as_text(rule, side, info, value),
        Class::Integer => as_integer(info, value),
        Class::Decimal => as_decimal(side, info, value),
        Class::Boolean => match value {
            Value::Boolean(flag) => Ok(Value::Boolean(*flag)),
            _ => Err(refuse("not_boolean", info, "takes only true or false")),
        },
        Class::Date => match value {
            Value::Date(day) => in_years(info, day.year(), Value::Date(*day)),
            _ => Err(refuse("not_a_date", info, "takes only a calendar day")),
        },
        Class::DateTime => match value {
            Value::DateTime(moment) => in_years(info, moment.year(), Value::DateTime(*moment)),
            Value::Date(day) => in_years(info, day.year(), Value::DateTime(midnight(*day))),
            _ => Err(refuse("not_a_date", info, "takes only a date and time")),
        },
        Class::Choice => as_choice(rule, info, value),
        Class::Choices => as_choices(rule, info, value),
        Class::Id => match value {
            Value::Id(id) => Ok(Value::Id(*id)),
            _ => Err(refuse("not_an_id", info, "takes only a GUID")),
        },
        Class::Other => Err(refuse(
            "unsupported_type",
            info,
            "has a type that cannot be mapped",
        )),
    }
}

/// A mapping refusal about `info`, without the value: it may be personal data.
fn refuse(code: &str, info: &FieldInfo, what: &str) -> Refusal {
    Refusal {
        class: FailureClass::Mapping,
        code: code.to_owned(),
        message: format!("{} {what}", info.name),
        request: None,
    }
}

fn in_years(info: &FieldInfo, year: i32, value: Value) -> Result<Value, Refusal> {
    if YEARS.contains(&year) {
        Ok(value)
    } else {
        let what = "takes only years from 1753 to 9999";
        Err(refuse("out_of_range", info, what))
    }
}

fn as_text(rule: &Rule, side: Side, info: &FieldInfo, value: &Value) -> Result<Value, Refusal> {
    let text = match (rule, value) {
        (_, Value::Text(text)) => text.clone(),
        (Rule::Choice(table), Value::Integer(code)) => label(table, info, *code)?,
        (Rule::Choices(table), Value::Options(codes)) => {
            let labels: Vec<String> = codes
                .iter()
                .map(|code| label(table, info, *code))
                .collect::<Result<_, _>>()?;
            if labels.iter().any(|label| label.contains(LABEL_SEPARATOR)) {
                let what = "cannot hold a label with a semicolon in a list";
                return Err(refuse("unknown_option", info, what));
            }
            labels.join(&LABEL_SEPARATOR.to_string())
        }
        (_, Value::Date(day)) => {
            in_years(info, day.year(), Value::Null).map(|_| day.to_string())?
        }
        (_, Value::DateTime(moment)) => {
            in_years(info, moment.year(), Value::Null).map(|_| value.to_string())?
        }
        (_, other) => other.to_string(),
    };
    if side == Side::Marketo && info.kind == FieldKind::Email && !text.is_ascii() {
        let what = "takes only ASCII letters in an e-mail address";
        return Err(refuse("email_not_ascii", info, what));
    }
    match Limit::of(info) {
        Some(limit) if !limit.holds(&text) => {
            let what = format!("takes at most {}, and this must not be cut", limit.words());
            Err(refuse("too_long", info, &what))
        }
        _ => Ok(Value::Text(text)),
    }
}

fn label(table: &OptionTable, info: &FieldInfo, code: i64) -> Result<String, Refusal> {
    let label = table.label(code).map(str::to_owned);
    label.ok_or_else(|| {
        let what = format!("cannot hold option {code}: it has no label");
        refuse("unknown_option", info, &what)
    })
}

fn as_integer(info: &FieldInfo, value: &Value) -> Result<Value, Refusal> {
    let number = match value {
        Value::Integer(number) => Some(*number),
        Value::Decimal(number) if number.is_integer() => number.to_i64(),
        Value::Boolean(flag) => Some(i64::from(*flag)),
        _ => {
            let what = "takes only whole numbers";
            return Err(refuse("not_a_number", info, what));
        }
    };
    match number {
        // Both vendors' whole numbers are 32 bits wide.
        Some(number) if i32::try_from(number).is_ok() => Ok(Value::Integer(number)),
        _ => {
            let what = "takes only numbers from -2147483648 to 2147483647";
            Err(refuse("out_of_range", info, what))
        }
    }
}

fn as_decimal(side: Side, info: &FieldInfo, value: &Value) -> Result<Value, Refusal> {
    let number = match value {
        Value::Integer(number) => Decimal::from(*number),
        Value::Decimal(number) => *number,
        _ => return Err(refuse("not_a_number", info, "takes only numbers")),
    };
    if number.abs() > Decimal::from(LARGEST_AMOUNT) {
        let what = format!("takes only amounts up to {LARGEST_AMOUNT}");
        return Err(refuse("out_of_range", info, &what));
    }
    let digits = number.normalize().mantissa().unsigned_abs();
    if side == Side::Marketo && digits >= 10_u128.pow(EXACT_DIGITS) {
        let what = format!("keeps only {EXACT_DIGITS} digits exactly");
        return Err(refuse("out_of_range", info, &what));
    }
    Ok(Value::Decimal(number))
}

fn as_choice(rule: &Rule, info: &FieldInfo, value: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Integer(code) if is_option(info, *code) => Ok(Value::Integer(*code)),
        other => Err(unknown_option(rule, info, other)),
    }
}

fn as_choices(rule: &Rule, info: &FieldInfo, value: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Options(codes) => match codes.iter().find(|code| !is_option(info, **code)) {
            None => Ok(value.clone()),
            Some(code) => Err(unknown_option(rule, info, &Value::Integer(*code))),
        },
        other => Err(unknown_option(rule, info, other)),
    }
}

fn is_option(info: &FieldInfo, code: i64) -> bool {
    info.options.is_empty() || info.options.iter().any(|item| item.code == code)
}

fn unknown_option(rule: &Rule, info: &FieldInfo, value: &Value) -> Refusal {
    let options = match rule {
        Rule::Choice(table) | Rule::Choices(table) => table.words(LABELS_SHOWN),
        _ => String::new(),
    };
    // A label is the organisation's word, not a person's data, and the admin has to know which one to add.
    let shown: String = value.to_string().chars().take(40).collect();
    let what = format!("has no option '{shown}'; it takes: {options}");
    refuse("unknown_option", info, &what)
}
