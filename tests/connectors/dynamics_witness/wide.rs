//! A table of two hundred columns of every kind, made by call: what the connector writes is what it
//! reads back, by id and in the feed, whatever the texts are.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::dynamics::{Change, DynamicsAction, DynamicsWrite, Next, Table};
use syncdeck::model::{FailureClass, FieldKind, Value};
use uuid::Uuid;

use super::both::Both;

const COLUMNS: usize = 200;
/// Kinds that a column can be made of; a lookup is made by its relationship.
const KINDS: [&str; 13] = [
    "String",
    "Memo",
    "Integer",
    "Decimal",
    "Money",
    "Boolean",
    "UserLocal",
    "DateOnly",
    "TimeZoneIndependent",
    "Picklist",
    "MultiSelectPicklist",
    "Email",
    "Lookup",
];
const ACCOUNTS: usize = 3;

fn label(text: &str) -> Json {
    json!({"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]})
}

fn name(n: usize) -> String {
    format!("new_c{n}")
}

fn kind(n: usize) -> &'static str {
    KINDS[n % KINDS.len()]
}

fn column(n: usize) -> Json {
    let wire = match kind(n) {
        "Email" => "String",
        "UserLocal" | "DateOnly" | "TimeZoneIndependent" => "DateTime",
        other => other,
    };
    let options: Vec<_> = (0..20)
        .map(|code| json!({"Value": code, "Label": label(&format!("Option {code}"))}))
        .collect();
    let mut made = json!({
        "@odata.type": format!("Microsoft.Dynamics.CRM.{wire}AttributeMetadata"),
        "SchemaName": format!("new_C{n}"), "DisplayName": label(&format!("Column {n}")),
    });
    match kind(n) {
        "String" | "Email" => made["MaxLength"] = 4000.into(),
        "Memo" => made["MaxLength"] = 100_000.into(),
        "Decimal" | "Money" => made["Precision"] = 4.into(),
        "Picklist" | "MultiSelectPicklist" => made["OptionSet"] = json!({"Options": options}),
        _ if wire == "DateTime" => made["DateTimeBehavior"] = json!({"Value": kind(n)}),
        _ => {}
    }
    made
}

/// The table, as the connector sees it, and accounts to point to.
async fn wide(both: &Both) -> (Table, Vec<Uuid>) {
    let plain = (0..COLUMNS).filter(|n| kind(*n) != "Lookup").map(column);
    let table = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata", "SchemaName": "new_Wide",
        "DisplayName": label("Wide"), "DisplayCollectionName": label("Wides"),
        "OwnershipType": "UserOwned", "ChangeTrackingEnabled": true,
        "Attributes": plain.collect::<Vec<_>>(),
    });
    let made = both.org.post("EntityDefinitions", table).await;
    assert_eq!(made.status, 204, "{}", made.text);
    for n in (0..COLUMNS).filter(|n| kind(*n) == "Lookup") {
        let relationship = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
            "SchemaName": format!("account_new_wide_{n}"),
            "ReferencedEntity": "account", "ReferencingEntity": "new_wide",
            "Lookup": {"SchemaName": format!("new_C{n}"), "DisplayName": label("Link")},
        });
        let made = both.org.post("RelationshipDefinitions", relationship).await;
        assert_eq!(made.status, 204, "{}", made.text);
    }
    let mut accounts = Vec::new();
    for n in 0..ACCOUNTS {
        let id = both
            .org
            .make("accounts", json!({"name": format!("A{n}")}))
            .await;
        accounts.push(id.parse().unwrap());
    }
    (both.dynamics.table("new_wide").await.unwrap(), accounts)
}

/// Quotes, emoji, right-to-left, combining and invisible marks, markup, line breaks, the controls
/// the vendor takes (tab, line ends, delete and the C1 set), and what looks like our own wire.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "O'Brien \"the\" \\ back/slash",
        "😀 👩‍👩‍👧 naïve",
        "مرحبا \u{202e}שלום\u{202c} \u{200f}",
        "e\u{301} ﬁ \u{212b} \u{feff}",
        "<b>&amp;</b> %20 $1 {x} @odata.bind",
        "line\r\nline\ttab",
        "\u{7f}\u{80}\u{9f}\u{a0}",
        "\r\n--batch_syncdeck--\r\n",
        "  ",
    ]);
    let any = any::<String>().prop_map(|text| text.replace(refused, " "));
    prop::collection::vec(prop_oneof![odd.prop_map(str::to_owned), any], 0..6)
        .prop_map(|parts| parts.concat())
}

/// What the vendor refuses in a text.
fn refused(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\r' | '\n')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn value(n: usize) -> BoxedStrategy<Value> {
    let moment = || {
        (-6_847_804_800_i64..253_402_300_799)
            .prop_map(|at| Value::DateTime(DateTime::<Utc>::from_timestamp(at, 0).unwrap()))
    };
    let amount =
        (-999_999_999_999_999_i64..999_999_999_999_999, 0_u32..5).prop_map(|(n, scale)| {
            Value::Decimal(Decimal::new(n / 10_i64.pow(4 - scale), scale).normalize())
        });
    let day = (-79_258_i32..2_932_896)
        .prop_map(|day| Value::Date(NaiveDate::default() + TimeDelta::days(day.into())));
    match kind(n) {
        "String" | "Email" => text().prop_map(Value::text).boxed(),
        "Memo" => (text(), 0_usize..200)
            .prop_map(|(text, times)| Value::text(text.repeat(times)))
            .boxed(),
        "Integer" => any::<i32>().prop_map(|n| Value::Integer(n.into())).boxed(),
        "Decimal" | "Money" => amount.boxed(),
        "Boolean" => any::<bool>().prop_map(Value::Boolean).boxed(),
        "DateOnly" => day.boxed(),
        "Picklist" => (0_i64..20).prop_map(Value::Integer).boxed(),
        "MultiSelectPicklist" => prop::collection::btree_set(0_i64..20, 1..20)
            .prop_map(Value::Options)
            .boxed(),
        "Lookup" => (0..ACCOUNTS as u128)
            .prop_map(|n| Value::Id(Uuid::from_u128(n)))
            .boxed(),
        _ => moment().boxed(),
    }
}

/// A value for each column, some of them none.
fn row() -> impl Strategy<Value = Vec<Value>> {
    let one = |n| prop_oneof![1 => Just(Value::Null), 9 => value(n)];
    (0..COLUMNS).map(one).collect::<Vec<_>>()
}

/// The fields to write: a lookup's number becomes the account it stands for.
fn fields(row: Vec<Value>, accounts: &[Uuid]) -> Vec<(String, Value)> {
    let named = row
        .into_iter()
        .enumerate()
        .map(|(n, value)| match (kind(n), value) {
            ("Lookup", Value::Id(which)) => {
                (name(n), Value::Id(accounts[which.as_u128() as usize]))
            }
            // Yes and no has no third state: nothing written is "no".
            ("Boolean", Value::Null) => (name(n), Value::Boolean(false)),
            (_, value) => (name(n), value),
        });
    named.collect()
}

async fn comes_back(
    both: &Both,
    table: &Table,
    id: Uuid,
    fields: &[(String, Value)],
    feed: &mut String,
) {
    let action = DynamicsAction::Create;
    let write = DynamicsWrite {
        table,
        id,
        action,
        fields: fields.to_vec(),
    };
    let outcomes = both.dynamics.write(&[write]).await.unwrap();
    assert!(
        matches!(outcomes[..], [WriteOutcome::Created { .. }]),
        "{outcomes:?}"
    );
    let columns: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    let read = both.dynamics.read(table, &columns, &[id]).await.unwrap();
    let page = both.dynamics.follow(table, feed, 100).await.unwrap();
    let [Change::Upsert(fed)] = &page.changes[..] else {
        panic!("{:?}", page.changes)
    };
    for (name, value) in fields {
        assert_eq!(read[0].get(name), value, "{name}, read by id");
        assert_eq!(fed.get(name), value, "{name}, in the feed");
    }
    let Next::Delta(link) = page.next else {
        panic!("one page")
    };
    *feed = link;
}

#[test]
fn two_hundred_columns_of_every_kind_come_back_as_they_were_written() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let both = runtime.block_on(Both::with(5));
    let (table, accounts) = runtime.block_on(wide(&both));
    let columns: Vec<_> = (0..COLUMNS).map(name).collect();
    let first = runtime
        .block_on(both.dynamics.first_page(&table, &columns, 100))
        .unwrap();
    let Next::Delta(mut feed) = first.next else {
        panic!("an empty table is one page")
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (mut number, feed) = (0_u128, std::cell::RefCell::new(&mut feed));
    let number = std::cell::RefCell::new(&mut number);
    runner
        .run(&row(), |row| {
            **number.borrow_mut() += 1;
            let id = Uuid::from_u128(0xa11_0000 + **number.borrow());
            let fields = fields(row, &accounts);
            runtime.block_on(comes_back(
                &both,
                &table,
                id,
                &fields,
                &mut feed.borrow_mut(),
            ));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn metadata_of_every_kind_is_understood() {
    let both = Both::with(5).await;
    let (table, _) = wide(&both).await;
    let expected = |n| match kind(n) {
        "String" | "Email" => (FieldKind::Text, Some(4000)),
        "Memo" => (FieldKind::Memo, Some(100_000)),
        "Integer" => (FieldKind::Integer, None),
        "Decimal" | "Money" => (FieldKind::Decimal, None),
        "Boolean" => (FieldKind::Boolean, None),
        "DateOnly" => (FieldKind::Date, None),
        "TimeZoneIndependent" => (FieldKind::WallClock, None),
        "Picklist" => (FieldKind::Option, None),
        "MultiSelectPicklist" => (FieldKind::Options, None),
        "Lookup" => (FieldKind::Lookup, None),
        _ => (FieldKind::DateTime, None),
    };
    for n in 0..COLUMNS {
        let column = table
            .column(&name(n))
            .unwrap_or_else(|| panic!("{} is missing", name(n)));
        assert_eq!((column.kind, column.max_length), expected(n), "{n}");
        assert!(
            column.creatable && column.updatable && !column.required,
            "{n}"
        );
    }
    let options = &table.column(&name(9)).unwrap().options;
    assert_eq!((options.len(), options[3].label.as_str()), (20, "Option 3"));
    assert_eq!(table.navigation[&name(12)][0].property, "new_C12");
    assert!(table.change_tracking && table.optimistic);
}

#[tokio::test]
async fn control_characters_the_vendor_refuses_are_refused_as_data_and_change_nothing() {
    let both = Both::with(5).await;
    let id: Uuid = both.org.lead("Whole").await.parse().unwrap();
    for bad in ["\u{0}", "a\u{b}", "\u{1b}[31m", "\u{fffe}"] {
        let outcomes = both
            .dynamics
            .write(&[both.update(id, None, bad)])
            .await
            .unwrap();
        let [WriteOutcome::Refused(refusal)] = &outcomes[..] else {
            panic!("{outcomes:?}")
        };
        assert_eq!(
            (refusal.class, refusal.code.as_str()),
            (FailureClass::Data, "0x80040278")
        );
    }
    assert!(both.row(id).await.unwrap()["jobtitle"].is_null());
}
