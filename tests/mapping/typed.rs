//! Values the admin types.

use syncdeck::model::{FieldKind, LengthUnit, Side, Value};

use super::{at_most, column, field, pair, text, with_options};

#[test]
fn a_typed_value_becomes_what_each_side_takes() {
    let rating = pair(
        with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]),
        field(FieldKind::Text),
    );
    let typed = rating.parse("cold").unwrap();
    assert_eq!(typed, Value::Integer(2));
    assert_eq!(
        rating.to_side(Side::Dynamics, &typed),
        Ok(Value::Integer(2))
    );
    assert_eq!(rating.to_side(Side::Marketo, &typed), Ok(text("Cold")));
}

#[test]
fn typing_nothing_clears_the_field() {
    let name = pair(column(FieldKind::Text), field(FieldKind::Text));
    assert_eq!(name.parse("  "), Ok(Value::Null));
}

#[test]
fn what_is_expected_is_said() {
    let name = at_most(column(FieldKind::Text), 5, LengthUnit::Utf16);
    let options = with_options(column(FieldKind::Option), &[(1, "Hot"), (2, "Cold")]);
    let mut money = column(FieldKind::Decimal);
    money.precision = Some(2);
    let table = [
        (
            pair(name, field(FieldKind::Text)),
            "Maximilian",
            "expected text, at most 5 characters",
        ),
        (
            pair(column(FieldKind::Email), field(FieldKind::Email)),
            "nobody",
            "expected an e-mail address such as ada@example.com, ASCII letters only",
        ),
        (
            pair(column(FieldKind::Integer), field(FieldKind::Integer)),
            "many",
            "expected a whole number from -2147483648 to 2147483647",
        ),
        (
            pair(money, field(FieldKind::Decimal)),
            "1,5",
            "expected a number such as 1250.5, at most 2 digits after the point",
        ),
        (
            pair(column(FieldKind::Boolean), field(FieldKind::Boolean)),
            "perhaps",
            "expected true or false",
        ),
        (
            pair(column(FieldKind::Date), field(FieldKind::Date)),
            "3.2.2031",
            "expected a day such as 2031-02-03",
        ),
        (
            pair(column(FieldKind::DateTime), field(FieldKind::DateTime)),
            "noon",
            "expected a moment such as 2031-02-03T04:05:06Z",
        ),
        (
            pair(options, field(FieldKind::Text)),
            "Lukewarm",
            "expected one of: Hot, Cold",
        ),
    ];
    for (field, typed, message) in table {
        assert_eq!(field.parse(typed), Err(message.to_owned()));
    }
}
