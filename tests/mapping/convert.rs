//! What is sent to the other side, and what is refused instead.

use chrono::NaiveDate;
use syncdeck::mapping::CheckedField;
use syncdeck::model::{FailureClass, FieldKind, LengthUnit, Side, Value};

use super::{at_most, column, field, pair, text, with_options};

fn sent(field: &CheckedField, from: Side, raw: &Value) -> Value {
    field.convert(from, raw).unwrap()
}

fn refused(field: &CheckedField, from: Side, raw: &Value) -> String {
    let refusal = field.convert(from, raw).unwrap_err();
    assert_eq!(refusal.class, FailureClass::Mapping);
    refusal.code
}

#[test]
fn the_case_of_an_email_address_is_kept() {
    let email = pair(column(FieldKind::Email), field(FieldKind::Email));
    let typed = text("Ada@Example.com");
    assert_eq!(sent(&email, Side::Dynamics, &typed), typed);
}

#[test]
fn a_non_ascii_email_address_never_goes_to_marketo() {
    let email = pair(column(FieldKind::Email), field(FieldKind::Email));
    let address = text("jörg@example.com");
    assert_eq!(refused(&email, Side::Dynamics, &address), "email_not_ascii");
    assert_eq!(sent(&email, Side::Marketo, &address), address);
}

#[test]
fn text_is_shortened_to_fit_in_the_unit_of_the_side() {
    // Each of these is one character, two UTF-16 units, four bytes.
    let horns = "\u{1f4ef}\u{1f4ef}\u{1f4ef}";
    let table = [
        (LengthUnit::Utf16, 3, 1),
        (LengthUnit::Utf16, 4, 2),
        (LengthUnit::Chars, 2, 2),
        (LengthUnit::Bytes, 11, 2),
        (LengthUnit::Bytes, 3, 0),
    ];
    for (unit, max, kept) in table {
        let notes = pair(
            at_most(column(FieldKind::Memo), max, unit),
            field(FieldKind::Memo),
        );
        let wanted = Value::text(horns.chars().take(kept).collect::<String>());
        assert_eq!(
            sent(&notes, Side::Marketo, &text(horns)),
            wanted,
            "{unit:?} {max}"
        );
    }
}

#[test]
fn an_address_or_number_that_is_too_long_is_refused_not_cut() {
    for kind in [FieldKind::Email, FieldKind::Phone, FieldKind::Url] {
        let short = at_most(column(kind), 8, LengthUnit::Utf16);
        let exact = pair(short, field(kind));
        assert_eq!(
            refused(&exact, Side::Marketo, &text("123456789")),
            "too_long"
        );
    }
}

#[test]
fn options_travel_as_labels_and_come_back_as_codes() {
    let rating = pair(
        with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]),
        field(FieldKind::Text),
    );
    assert_eq!(
        sent(&rating, Side::Dynamics, &Value::Integer(2)),
        text("Cold")
    );
    assert_eq!(
        sent(&rating, Side::Marketo, &text("hot")),
        Value::Integer(1)
    );
    assert_eq!(
        refused(&rating, Side::Marketo, &text("Lukewarm")),
        "unknown_option"
    );
    assert_eq!(
        refused(&rating, Side::Dynamics, &Value::Integer(77)),
        "unknown_option"
    );
}

#[test]
fn an_unknown_label_is_named_together_with_the_known_ones() {
    let rating = pair(
        with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]),
        field(FieldKind::Text),
    );
    let refusal = rating
        .convert(Side::Marketo, &text("Lukewarm"))
        .unwrap_err();
    assert_eq!(
        refusal.message,
        "column has no option 'Lukewarm'; it takes: Hot, Cold"
    );
}

#[test]
fn a_set_of_options_is_a_list_of_labels() {
    let colours = pair(
        with_options(column(FieldKind::Options), &[(1, "Red"), (9, "Blue")]),
        field(FieldKind::Memo),
    );
    let both = Value::Options([1, 9].into());
    assert_eq!(sent(&colours, Side::Dynamics, &both), text("Red;Blue"));
    assert_eq!(sent(&colours, Side::Marketo, &text("Blue; Red")), both);
}

#[test]
fn numbers_beyond_what_a_side_holds_are_refused() {
    let whole = pair(column(FieldKind::Integer), field(FieldKind::Integer));
    let beyond = Value::Integer(i64::from(i32::MAX) + 1);
    assert_eq!(refused(&whole, Side::Marketo, &beyond), "out_of_range");
    assert_eq!(
        refused(&whole, Side::Marketo, &text("many")),
        "not_a_number"
    );
}

#[test]
fn a_day_before_1753_is_refused() {
    let born = pair(column(FieldKind::Date), field(FieldKind::Date));
    let early = Value::Date(NaiveDate::from_ymd_opt(1752, 12, 31).unwrap());
    assert_eq!(refused(&born, Side::Marketo, &early), "out_of_range");
}

#[test]
fn an_empty_value_clears_the_other_side() {
    let name = pair(column(FieldKind::Text), field(FieldKind::Text));
    assert_eq!(sent(&name, Side::Marketo, &Value::Null), Value::Null);
    let flag = pair(column(FieldKind::Boolean), field(FieldKind::Boolean));
    assert_eq!(
        sent(&flag, Side::Dynamics, &Value::Null),
        Value::Boolean(false)
    );
}

#[test]
fn a_refusal_never_carries_the_value() {
    let email = pair(
        at_most(column(FieldKind::Email), 8, LengthUnit::Utf16),
        field(FieldKind::Email),
    );
    let refusal = email
        .convert(Side::Marketo, &text("secret@example.com"))
        .unwrap_err();
    assert!(!refusal.message.contains("secret"), "{}", refusal.message);
}
