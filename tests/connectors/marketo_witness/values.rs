//! Values from our side into the server and back: unchanged, cut nowhere, empty where empty was meant.

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::marketo::{NewPersonField, PeopleAction, PeopleWrite, fits};
use syncdeck::model::{FailureClass, FieldInfo, FieldKind, LengthUnit, Value};

use super::pair::{KEY, Pair};

/// One field of every type the instance has.
const FIELDS: [(&str, FieldKind); 12] = [
    ("firstName", FieldKind::Text),
    ("mktoPersonNotes", FieldKind::Memo),
    ("email", FieldKind::Email),
    ("phone", FieldKind::Phone),
    ("originalReferrerCopy", FieldKind::Url),
    ("priority", FieldKind::Integer),
    ("leadScore", FieldKind::Integer),
    ("urgency", FieldKind::Decimal),
    ("dealSize", FieldKind::Decimal),
    ("doNotCall", FieldKind::Boolean),
    ("dateOfBirth", FieldKind::Date),
    ("emailSuspendedAt", FieldKind::DateTime),
];

async fn pair() -> (Pair, Vec<FieldInfo>) {
    let pair = Pair::seeded(1).await;
    let new = |name: &str, label: &str, kind| NewPersonField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        description: String::new(),
    };
    let wanted = [
        new("originalReferrerCopy", "Referrer Copy", FieldKind::Url),
        new("dealSize", "Deal Size", FieldKind::Decimal),
    ];
    pair.marketo.create_person_fields(&wanted).await.unwrap();
    let known = pair.marketo.person_fields().await.unwrap();
    let kinds = FIELDS.map(|(name, kind)| {
        let info = known.iter().find(|info| info.name == name);
        let info = info.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(info.kind, kind, "{name}");
        info.clone()
    });
    (pair, kinds.to_vec())
}

/// Writes one person by key and reads them again.
async fn round(pair: &Pair, kinds: &[FieldInfo], values: &[(String, Value)]) -> Vec<Value> {
    let mut person = vec![(KEY.to_owned(), Value::text("a"))];
    person.extend_from_slice(values);
    let write = PeopleWrite {
        partition_name: None,
        action: PeopleAction::CreateOrUpdate,
        lookup: KEY.to_owned(),
        people: vec![person],
    };
    let outcomes = pair.marketo.sync_people(&write).await.unwrap();
    assert!(
        matches!(
            outcomes[0],
            WriteOutcome::Created { .. } | WriteOutcome::Updated { .. }
        ),
        "{outcomes:?} {values:?}"
    );
    let fields: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let found = pair
        .marketo
        .people(KEY, &["a".to_owned()], &fields, kinds)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    fields
        .iter()
        .map(|name| found[0].get(name).clone())
        .collect()
}

fn text(longest: usize) -> impl Strategy<Value = Value> {
    let odd = prop_oneof![
        Just("👩‍👩‍👧‍👦 Zoë".to_owned()),
        Just("אבג דהו".to_owned()),
        Just("مريم العلي".to_owned()),
        Just("\u{202E}RTL\u{202C}".to_owned()),
        Just("a\u{301} ≠ á".to_owned()),
        Just("tab\tline\nfeed \"quoted\" \\ / \u{2028}".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(" outer blanks ".to_owned()),
    ];
    let any =
        proptest::collection::vec(any::<char>(), 0..longest).prop_map(|c| c.into_iter().collect());
    prop_oneof![odd, any].prop_map(|text: String| {
        if text.is_empty() {
            Value::Null
        } else {
            Value::Text(text)
        }
    })
}

fn value(info: &FieldInfo) -> BoxedStrategy<Value> {
    let some = match info.kind {
        FieldKind::Memo => text(2000).boxed(),
        FieldKind::Email => "[a-z0-9.+_-]{1,30}@[a-z0-9]{1,20}\\.example"
            .prop_map(Value::Text)
            .boxed(),
        FieldKind::Integer => any::<i32>()
            .prop_map(|n| Value::Integer(i64::from(n)))
            .boxed(),
        FieldKind::Decimal => (-1_000_000_000_i64..1_000_000_000, 0_u32..4)
            .prop_map(|(digits, scale)| Value::Decimal(Decimal::new(digits, scale)))
            .boxed(),
        FieldKind::Boolean => return any::<bool>().prop_map(Value::Boolean).boxed(),
        FieldKind::Date => (-30_000_i32..60_000)
            .prop_map(|days| {
                Value::Date(NaiveDate::default() + chrono::Duration::days(days.into()))
            })
            .boxed(),
        FieldKind::DateTime => (-2_000_000_000_i64..4_000_000_000)
            .prop_map(|at| Value::DateTime(DateTime::from_timestamp(at, 0).unwrap()))
            .boxed(),
        _ => text(255).boxed(),
    };
    prop_oneof![4 => some, 1 => Just(Value::Null)].boxed()
}

#[test]
fn every_kind_of_field_comes_back_as_it_went() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    let runtime = runtime();
    let (pair, kinds) = runtime.block_on(pair());
    let strategies: Vec<BoxedStrategy<Value>> = kinds.iter().map(value).collect();
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let tried = runner.run(&strategies, |values| {
        let values: Vec<(String, Value)> = kinds
            .iter()
            .map(|info| info.name.clone())
            .zip(values)
            .collect();
        for ((name, value), info) in values.iter().zip(&kinds) {
            prop_assert!(fits(info, value).is_ok(), "{name} {value:?}");
        }
        let read = runtime.block_on(round(&pair, &kinds, &values));
        for ((name, sent), read) in values.iter().zip(read) {
            prop_assert_eq!(sent, &read, "{}", name);
        }
        Ok(())
    });
    tried.unwrap();
    assert_eq!(pair.instance.people_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn lengths_are_the_servers_own_in_characters_and_in_bytes() {
    let (pair, kinds) = pair().await;
    let info = |name: &str| kinds.iter().find(|info| info.name == name).unwrap();
    assert_eq!(info("firstName").length_unit, LengthUnit::Chars);
    assert_eq!(info("mktoPersonNotes").length_unit, LengthUnit::Bytes);
    let table = [
        ("firstName", "x", 255, 256),
        ("firstName", "é", 255, 256),
        ("firstName", "م", 255, 256),
        ("firstName", "😀", 255, 256),
        ("mktoPersonNotes", "x", 30_000, 30_001),
        ("mktoPersonNotes", "é", 15_000, 15_001),
        ("mktoPersonNotes", "م", 15_000, 15_001),
        ("mktoPersonNotes", "😀", 7_500, 7_501),
        ("phone", "1", 255, 256),
    ];
    for (name, one, longest, too_long) in table {
        let longest = Value::text(one.repeat(longest));
        assert!(fits(info(name), &longest).is_ok(), "{name} {one}");
        let read = round(&pair, &kinds, &[(name.to_owned(), longest.clone())]).await;
        assert!(read == [longest], "{name} {one}");
        let too_long = Value::text(one.repeat(too_long));
        let refused = fits(info(name), &too_long).unwrap_err();
        let write = PeopleWrite {
            partition_name: None,
            action: PeopleAction::UpdateOnly,
            lookup: KEY.to_owned(),
            people: vec![vec![
                (KEY.to_owned(), Value::text("a")),
                (name.to_owned(), too_long),
            ]],
        };
        let outcomes = pair.marketo.sync_people(&write).await.unwrap();
        let WriteOutcome::Refused(theirs) = &outcomes[0] else {
            panic!("{name} {one}: {outcomes:?}");
        };
        assert_eq!(
            (&theirs.code, theirs.class),
            (&refused.code, FailureClass::Data),
            "{name} {one}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_value_clears_and_an_absent_field_is_left_alone() {
    let (pair, kinds) = pair().await;
    let set = |name: &str, value: Value| (name.to_owned(), value);
    round(
        &pair,
        &kinds,
        &[
            set("firstName", Value::text("Ann")),
            set("phone", Value::text("1")),
            set("doNotCall", Value::Boolean(true)),
            set("priority", Value::Integer(3)),
        ],
    )
    .await;
    let read = round(
        &pair,
        &kinds,
        &[
            set("firstName", Value::Null),
            set("phone", Value::Text(String::new())),
            set("doNotCall", Value::Null),
        ],
    )
    .await;
    assert_eq!(
        read,
        [Value::Null, Value::Null, Value::Boolean(false)],
        "a boolean is never empty"
    );
    let person = pair.instance.person(1_000_001).unwrap();
    assert_eq!(person.get("priority"), Some(&serde_json::json!(3)));
    assert_eq!(person.get("phone"), None);
}
