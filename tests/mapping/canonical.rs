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

#[test]
fn the_pairs_of_the_table_mean_the_same() {
    let plain = pair(column(FieldKind::Text), field(FieldKind::Text));
    let email = pair(column(FieldKind::Email), field(FieldKind::Email));
    let phone = pair_as(
        Equivalence::Phone,
        column(FieldKind::Phone),
        field(FieldKind::Phone),
    );
    let flag = pair(column(FieldKind::Boolean), field(FieldKind::Boolean));
    let mut money = column(FieldKind::Decimal);
    money.precision = Some(2);
    let money = pair(money, field(FieldKind::Decimal));
    let whole = pair(column(FieldKind::Integer), field(FieldKind::Integer));
    let score = pair(column(FieldKind::Text), field(FieldKind::Integer));
    let instant = pair(column(FieldKind::DateTime), field(FieldKind::DateTime));
    let wall = pair(column(FieldKind::WallClock), field(FieldKind::DateTime));
    let date = pair(column(FieldKind::Date), field(FieldKind::Date));
    let rating = pair(
        with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]),
        field(FieldKind::Text),
    );
    let several = pair(
        with_options(column(FieldKind::Options), &[(1, "Red"), (9, "Blue")]),
        field(FieldKind::Memo),
    );
    let table: &[(&str, &CheckedField, Value, Value)] = &[
        ("null and empty", &plain, Value::Null, text("")),
        ("null and blanks", &plain, Value::Null, text(" \t ")),
        ("blanks at the ends", &plain, text(" Ada "), text("Ada")),
        ("line ends", &plain, text("a\r\nb"), text("a\nb")),
        (
            "composition",
            &plain,
            text("Jos\u{e9}"),
            text("Jose\u{301}"),
        ),
        ("control characters", &plain, text("a\u{7}b"), text("ab")),
        (
            "case of an e-mail",
            &email,
            text("Ada@Example.com"),
            text("ada@example.COM"),
        ),
        (
            "phone punctuation",
            &phone,
            text("+49 (89) 12-34"),
            text("+49891234"),
        ),
        (
            "no and never set",
            &flag,
            Value::Boolean(false),
            Value::Null,
        ),
        ("yes as text", &flag, Value::Boolean(true), text("true")),
        (
            "trailing zeros",
            &money,
            amount("20000.0000"),
            Value::Integer(20_000),
        ),
        (
            "money as text",
            &money,
            amount("1604.47"),
            text("1604.4700"),
        ),
        (
            "digits beyond the scale",
            &money,
            amount("1.01"),
            amount("1.0149"),
        ),
        ("a number as text", &whole, Value::Integer(7), text("7")),
        (
            "a text column with a score",
            &score,
            text("007"),
            Value::Integer(7),
        ),
        (
            "fractions of a second",
            &instant,
            moment("2031-02-03T04:05:06.789Z"),
            moment("2031-02-03T04:05:06Z"),
        ),
        (
            "another offset",
            &instant,
            moment("2031-02-03T04:05:06Z"),
            text("2031-02-03T06:05:06+02:00"),
        ),
        (
            "a wall clock",
            &wall,
            moment("2031-02-03T04:05:06Z"),
            moment("2031-02-03T04:05:06Z"),
        ),
        (
            "a day as text",
            &date,
            day("2031-02-03"),
            text("2031-02-03"),
        ),
        ("code and label", &rating, Value::Integer(1), text("Hot")),
        ("case of a label", &rating, Value::Integer(2), text(" cold")),
        (
            "order of a set",
            &several,
            Value::Options([1, 9].into()),
            text("Blue;Red"),
        ),
        (
            "an empty set",
            &several,
            Value::Options([].into()),
            Value::Null,
        ),
    ];
    for (what, field, dynamics, marketo) in table {
        assert!(
            same(field, dynamics, marketo),
            "{what}: {dynamics:?} {marketo:?}"
        );
    }
}

#[test]
fn what_differs_in_substance_stays_different() {
    let plain = pair(column(FieldKind::Text), field(FieldKind::Text));
    let rating = pair(
        with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]),
        field(FieldKind::Text),
    );
    let text_flag = pair(column(FieldKind::Boolean), field(FieldKind::Text));
    let table: &[(&str, &CheckedField, Value, Value)] = &[
        ("case of a name", &plain, text("ada"), text("Ada")),
        ("blanks inside", &plain, text("a b"), text("a  b")),
        ("another option", &rating, Value::Integer(1), text("Cold")),
        ("a label nobody has", &rating, Value::Integer(1), text("1")),
        (
            "no and nothing, where text can say both",
            &text_flag,
            Value::Boolean(false),
            Value::Null,
        ),
    ];
    for (what, field, dynamics, marketo) in table {
        assert!(
            !same(field, dynamics, marketo),
            "{what}: {dynamics:?} {marketo:?}"
        );
    }
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
