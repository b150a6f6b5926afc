//! Values both ways: everything that is written comes back the same.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use syncdeck::connectors::marketo::{PeopleAction, PeopleWrite, fits};
use syncdeck::model::{FieldInfo, FieldKind, LengthUnit, Value};

use super::script::{Script, ran};

fn paused() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

/// What Marketo reads back as the field `x` of that kind when it holds `wire`.
fn read(kind: FieldKind, wire: &str) -> Value {
    let runtime = paused();
    runtime.block_on(async {
        let script = Script::answering([ran(&format!(r#"[{{"id":1,"x":{wire}}}]"#))]);
        let kinds = [FieldInfo::new("x", kind)];
        let one = ["a".to_owned()];
        let people = script
            .marketo()
            .people("id", &one, &["x".to_owned()], &kinds)
            .await;
        people.unwrap().remove(0).get("x").clone()
    })
}

/// How the field `x` is written when it is to hold `value`.
fn written(value: &Value) -> String {
    let runtime = paused();
    runtime.block_on(async {
        let script = Script::answering([ran(r#"[{"id":1,"status":"updated"}]"#)]);
        let write = PeopleWrite {
            partition_name: None,
            action: PeopleAction::UpdateOnly,
            lookup: "id".to_owned(),
            people: vec![vec![
                ("id".to_owned(), Value::Integer(1)),
                ("x".to_owned(), value.clone()),
            ]],
        };
        script.marketo().sync_people(&write).await.unwrap();
        let body = script.sent()[0].body.clone();
        let (_, rest) = body.split_once(r#""x":"#).unwrap();
        rest.strip_suffix("}]}").unwrap().to_owned()
    })
}

fn moment(text: &str) -> Value {
    Value::DateTime(text.parse().unwrap())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_documented_form_is_read() {
    use FieldKind as Kind;
    let day = Value::Date(NaiveDate::from_ymd_opt(2026, 8, 17).unwrap());
    let second = moment("2026-08-17T09:15:02Z");
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let table = [
        (Kind::Text, "null", Value::Null),
        (Kind::Text, r#""""#, Value::Null),
        (
            Kind::Text,
            r#""a\"b\u00e4\ud83d\ude00""#,
            Value::text("a\"bä\u{1F600}"),
        ),
        (Kind::Text, "71001", Value::text("71001")),
        (Kind::Phone, r#""+49 (0)30""#, Value::text("+49 (0)30")),
        (Kind::Boolean, "true", Value::Boolean(true)),
        (Kind::Boolean, r#""1""#, Value::Boolean(true)),
        (Kind::Boolean, r#""False""#, Value::Boolean(false)),
        (Kind::Boolean, "null", Value::Boolean(false)),
        (Kind::Integer, "-12", Value::Integer(-12)),
        (Kind::Integer, r#""12""#, Value::Integer(12)),
        (Kind::Integer, "12.0", Value::Integer(12)),
        (Kind::Integer, "null", Value::Null),
        (Kind::Integer, r#""n/a""#, Value::text("n/a")),
        (Kind::Decimal, r#""1604.47""#, decimal("1604.47")),
        (Kind::Decimal, "0.1", decimal("0.1")),
        (Kind::Decimal, "1.5E3", decimal("1500")),
        (Kind::Date, r#""2026-08-17""#, day.clone()),
        (Kind::Date, r#""2026-08-17T00:00:00Z""#, day),
        (Kind::DateTime, r#""2026-08-17T09:15:02Z""#, second.clone()),
        (
            Kind::DateTime,
            r#""2026-08-17T09:15:02.768Z""#,
            second.clone(),
        ),
        (
            Kind::DateTime,
            r#""2026-08-17T09:15:02+0000""#,
            second.clone(),
        ),
        (
            Kind::DateTime,
            r#""2026-08-17T11:15:02+02:00""#,
            second.clone(),
        ),
        (
            Kind::DateTime,
            r#""2026-08-17T09:15:02Z+0000""#,
            second.clone(),
        ),
        (Kind::DateTime, r#""2026-08-17 09:15:02""#, second.clone()),
        (Kind::DateTime, r#""2026-08-17T09:15:02""#, second),
        (
            Kind::DateTime,
            r#""2026-08-17""#,
            moment("2026-08-17T00:00:00Z"),
        ),
        (Kind::DateTime, r#""yesterday""#, Value::text("yesterday")),
        (Kind::Other, "7", Value::Integer(7)),
        (Kind::Other, "true", Value::Boolean(true)),
    ];
    for (kind, wire, expected) in table {
        assert_eq!(read(kind, wire), expected, "{kind:?} {wire}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "\u{1F469}\u{200D}\u{1F4BB}",
        "\u{05E9}\u{05DC}\u{05D5}\u{05DD}",
        "\u{202E}abc",
        "null",
        "\\u0041",
        "\u{0000}\u{001F}\u{2028}",
        " blanks ",
    ]);
    prop_oneof![any::<String>(), names.prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn texts_come_back_unchanged(text in texts()) {
        let value = Value::text(text);
        prop_assert_eq!(read(FieldKind::Text, &written(&value)), value);
    }

    #[test]
    fn numbers_come_back_exactly(whole in any::<i64>(), digits in any::<i64>(), scale in 0_u32..10) {
        let value = Value::Integer(whole);
        prop_assert_eq!(read(FieldKind::Integer, &written(&value)), value);
        let value = Value::Decimal(Decimal::new(digits, scale));
        prop_assert_eq!(read(FieldKind::Decimal, &written(&value)), value);
    }

    #[test]
    fn times_come_back_to_the_second(seconds in 0_i64..4_102_444_800, millis in 0_u32..1000) {
        let exact = DateTime::<Utc>::from_timestamp(seconds, millis * 1_000_000).unwrap();
        let whole = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap();
        let back = read(FieldKind::DateTime, &written(&Value::DateTime(exact)));
        prop_assert_eq!(back, Value::DateTime(whole));
        let day = Value::Date(exact.date_naive());
        prop_assert_eq!(read(FieldKind::Date, &written(&day)), day);
    }
}

#[test]
fn lengths_are_counted_in_the_fields_own_unit() {
    let mut name = FieldInfo::new("lastName", FieldKind::Text);
    name.max_length = Some(4);
    // Four characters, sixteen bytes.
    let faces = Value::text("\u{1F600}".repeat(4));
    assert!(fits(&name, &faces).is_ok());
    name.length_unit = LengthUnit::Bytes;
    assert_eq!(fits(&name, &faces).unwrap_err().code, "1077");
    name.max_length = Some(16);
    assert!(fits(&name, &faces).is_ok());
    assert!(fits(&name, &Value::Null).is_ok());
}

#[test]
fn addresses_are_ascii_and_numbers_have_32_bits() {
    let email = FieldInfo::new("email", FieldKind::Email);
    assert!(fits(&email, &Value::text("ann@x.example")).is_ok());
    assert!(fits(&email, &Value::text("änn@x.example")).is_err());
    let score = FieldInfo::new("leadScore", FieldKind::Integer);
    assert!(fits(&score, &Value::Integer(i64::from(i32::MAX))).is_ok());
    assert!(fits(&score, &Value::Integer(i64::from(i32::MAX) + 1)).is_err());
}
