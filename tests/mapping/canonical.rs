//! When two values mean the same, as one table.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use syncdeck::mapping::{CheckedField, Equivalence};
use syncdeck::model::{FieldKind, LengthUnit, Side, Value};

use super::{at_most, column, field, pair, pair_as, text, with_options};

fn moment(text: &str) -> Value {
    Value::DateTime(text.parse::<DateTime<Utc>>().unwrap())
}

fn day(text: &str) -> Value {
    Value::Date(text.parse::<NaiveDate>().unwrap())
}

fn amount(text: &str) -> Value {
    Value::Decimal(text.parse::<Decimal>().unwrap())
}

fn same(field: &CheckedField, dynamics: &Value, marketo: &Value) -> bool {
    field.canonical(Side::Dynamics, dynamics) == field.canonical(Side::Marketo, marketo)
}

/// Fails for the first row whose two values differ (`wanted`: whether they are to mean the same).
fn holds(wanted: bool, field: &CheckedField, rows: &[(&str, Value, Value)]) {
    for (what, dynamics, marketo) in rows {
        let found = same(field, dynamics, marketo);
        assert_eq!(found, wanted, "{what}: {dynamics:?} {marketo:?}");
    }
}

#[test]
fn texts_mean_the_same_whatever_their_wrapping() {
    let rows = [
        ("null and empty", Value::Null, text("")),
        ("null and blanks", Value::Null, text(" \t ")),
        ("blanks at the ends", text(" Ada "), text("Ada")),
        ("line ends", text("a\r\nb"), text("a\nb")),
        ("composition", text("Jos\u{e9}"), text("Jose\u{301}")),
        ("control characters", text("a\u{7}b"), text("ab")),
    ];
    holds(
        true,
        &pair(column(FieldKind::Text), field(FieldKind::Text)),
        &rows,
    );
    let email = pair(column(FieldKind::Email), field(FieldKind::Email));
    let row = (
        "case of an e-mail",
        text("Ada@Example.com"),
        text("ada@example.COM"),
    );
    holds(true, &email, &[row]);
    let (one, other) = (column(FieldKind::Phone), field(FieldKind::Phone));
    let row = ("punctuation", text("+49 (89) 12-34"), text("+49891234"));
    holds(
        false,
        &pair(one.clone(), other.clone()),
        std::slice::from_ref(&row),
    );
    holds(true, &pair_as(Equivalence::Phone, one, other), &[row]);
}

#[test]
fn punctuation_taken_out_of_a_phone_number_leaves_composed_letters() {
    let phone = pair_as(
        Equivalence::Phone,
        column(FieldKind::Phone),
        field(FieldKind::Phone),
    );
    let once = phone.canonical(Side::Dynamics, &text("a-\u{301}"));
    assert_eq!(phone.canonical(Side::Marketo, &once), once);
}

#[test]
fn numbers_and_flags_mean_the_same_whatever_their_type() {
    let mut money = column(FieldKind::Decimal);
    money.precision = Some(2);
    let rows = [
        (
            "trailing zeros",
            amount("20000.0000"),
            Value::Integer(20_000),
        ),
        ("money as text", amount("1604.47"), text("1604.4700")),
        ("digits beyond the scale", amount("1.01"), amount("1.0149")),
    ];
    holds(true, &pair(money, field(FieldKind::Decimal)), &rows);
    let rows = [("a number as text", Value::Integer(7), text("7"))];
    holds(
        true,
        &pair(column(FieldKind::Integer), field(FieldKind::Integer)),
        &rows,
    );
    let rows = [("a score in a text column", text("007"), Value::Integer(7))];
    holds(
        true,
        &pair(column(FieldKind::Text), field(FieldKind::Integer)),
        &rows,
    );
    let rows = [
        ("no and never set", Value::Boolean(false), Value::Null),
        ("yes as text", Value::Boolean(true), text("true")),
    ];
    holds(
        true,
        &pair(column(FieldKind::Boolean), field(FieldKind::Boolean)),
        &rows,
    );
}

#[test]
fn moments_and_days_mean_the_same_wherever_they_are_read() {
    let noon = || moment("2031-02-03T12:05:06Z");
    let rows = [
        (
            "fractions of a second",
            moment("2031-02-03T12:05:06.789Z"),
            noon(),
        ),
        ("another offset", noon(), text("2031-02-03T14:05:06+02:00")),
    ];
    holds(
        true,
        &pair(column(FieldKind::DateTime), field(FieldKind::DateTime)),
        &rows,
    );
    let rows = [("a wall clock", noon(), noon())];
    holds(
        true,
        &pair(column(FieldKind::WallClock), field(FieldKind::DateTime)),
        &rows,
    );
    let rows = [("a day as text", day("2031-02-03"), text("2031-02-03"))];
    holds(
        true,
        &pair(column(FieldKind::Date), field(FieldKind::Date)),
        &rows,
    );
}

#[test]
fn options_mean_the_same_as_their_labels() {
    let rating = with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]);
    let rows = [
        ("code and label", Value::Integer(1), text("Hot")),
        ("case of a label", Value::Integer(2), text(" cold")),
    ];
    holds(true, &pair(rating, field(FieldKind::Text)), &rows);
    let several = with_options(column(FieldKind::Options), &[(1, "Red"), (9, "Blue")]);
    let rows = [
        (
            "order of a set",
            Value::Options([1, 9].into()),
            text("Blue;Red"),
        ),
        ("an empty set", Value::Options([].into()), Value::Null),
    ];
    holds(true, &pair(several, field(FieldKind::Memo)), &rows);
}

#[test]
fn what_differs_in_substance_stays_different() {
    let rows = [
        ("case of a name", text("ada"), text("Ada")),
        ("blanks inside", text("a b"), text("a  b")),
    ];
    holds(
        false,
        &pair(column(FieldKind::Text), field(FieldKind::Text)),
        &rows,
    );
    let rating = with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]);
    let rows = [
        ("another option", Value::Integer(1), text("Cold")),
        ("a label nobody has", Value::Integer(1), text("1")),
    ];
    holds(false, &pair(rating, field(FieldKind::Text)), &rows);
    let rows = [(
        "no and nothing, where text can say both",
        Value::Boolean(false),
        Value::Null,
    )];
    holds(
        false,
        &pair(column(FieldKind::Boolean), field(FieldKind::Text)),
        &rows,
    );
}

#[test]
fn texts_are_compared_at_the_shorter_length_of_both() {
    let short = at_most(column(FieldKind::Text), 5, LengthUnit::Utf16);
    let long = at_most(field(FieldKind::Text), 255, LengthUnit::Chars);
    let name = pair(short, long);
    assert!(same(&name, &text("Maxim"), &text("Maximilian")));
    assert!(!same(&name, &text("Maxim"), &text("Martha")));
}

#[test]
fn a_blank_left_at_the_cut_does_not_count() {
    let short = at_most(column(FieldKind::Text), 5, LengthUnit::Utf16);
    let name = pair(short, field(FieldKind::Text));
    assert!(same(&name, &text("Anna"), &text("Anna Maria")));
}

#[test]
fn options_that_share_a_label_are_one() {
    let twins = with_options(column(FieldKind::Option), &[(1, "Other"), (2, "other ")]);
    let source = pair(twins, field(FieldKind::Text));
    assert!(same(&source, &Value::Integer(2), &text("Other")));
}
