//! Every type of value survives the way out and back, and the wire forms are the vendor's.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::dynamics::{Change, DynamicsAction, DynamicsWrite, Table};
use syncdeck::model::{FailureClass, FieldInfo, FieldKind, Record, Value};
use uuid::Uuid;

use super::script::{API, Script, id, json, lead, multipart};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

/// What is sent for these fields, as the JSON text of the row; or the refusal.
async fn sent(table: &Table, fields: Vec<(String, Value)>) -> Result<String, WriteOutcome> {
    let script = Script::of([multipart(&[("204 No Content", "")], "\r\n", true)]);
    let write = DynamicsWrite {
        table,
        id: id(1),
        action: DynamicsAction::Update { version: None },
        fields,
    };
    let mut outcomes = script.dynamics().write(&[write]).await.unwrap();
    let Some(request) = script.seen().pop() else {
        return Err(outcomes.remove(0));
    };
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let row = body.lines().find(|line| line.starts_with('{')).unwrap();
    Ok(row.to_owned())
}

/// The record read from a row of that JSON.
async fn received(table: &Table, row: &str) -> Record {
    let row = row.trim_start_matches('{');
    let script = Script::of([json(format!(
        r#"{{"value":[{{"@odata.etag":"W/\"1\"","leadid":"{}",{row}],"@odata.deltaLink":"{API}/leads?$deltatoken=1"}}"#,
        id(1)
    ))]);
    let page = script.dynamics().first_page(table, &[], 10).await.unwrap();
    let Some(Change::Upsert(record)) = page.changes.into_iter().next() else {
        panic!()
    };
    record
}

/// A bound lookup comes back as `_x_value`; everything else under its own name.
fn stored(row: &str) -> String {
    let sent: Map<String, Json> = serde_json::from_str(row).unwrap();
    if !sent.keys().any(|key| key.ends_with("@odata.bind")) {
        return row.to_owned();
    }
    let members = sent.into_iter().map(|(key, value)| {
        let Some(property) = key.strip_suffix("@odata.bind") else {
            return (key, value);
        };
        let name = property
            .to_lowercase()
            .replace("new_p", "p")
            .replace("_account", "");
        let id = value.as_str().unwrap().split(['(', ')']).nth(1).unwrap();
        (format!("_{name}_value"), id.into())
    });
    Json::Object(members.collect()).to_string()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\"'\\\\/ -~]{0,40}",
        Just("O'Brien \u{202e}\u{05d0}\u{1f600} \u{0}\u{7f}\u{feff}--batch_syncdeck\r\n--batch_syncdeck--".to_owned()),
    ]
}

fn moment() -> impl Strategy<Value = Value> {
    // From 1753-01-01, the vendor's earliest, to 9999.
    (-6_847_804_800_i64..253_402_300_799)
        .prop_map(|seconds| Value::DateTime(DateTime::<Utc>::from_timestamp(seconds, 0).unwrap()))
}

/// A column and a value it can hold.
fn field() -> impl Strategy<Value = (String, Value)> {
    let named = |name: &'static str, value: BoxedStrategy<Value>| {
        value
            .prop_map(move |value| (name.to_owned(), value))
            .boxed()
    };
    let texts = || text().prop_map(Value::text).boxed();
    let code = || {
        any::<i32>()
            .prop_map(|code| Value::Integer(code.into()))
            .boxed()
    };
    let row = || {
        any::<u128>()
            .prop_map(|id| Value::Id(Uuid::from_u128(id)))
            .boxed()
    };
    let amount =
        (any::<i64>(), 0u32..11).prop_map(|(n, scale)| Value::Decimal(Decimal::new(n, scale)));
    let day = (-79_623i32..2_932_896)
        .prop_map(|day| Value::Date(NaiveDate::default() + chrono::TimeDelta::days(day.into())));
    let codes = prop::collection::btree_set(any::<i32>().prop_map(i64::from), 1..150);
    prop_oneof![
        named("firstname", texts()),
        named("emailaddress1", texts()),
        named("description", texts()),
        named(
            "numberofemployees",
            any::<i64>().prop_map(Value::Integer).boxed()
        ),
        named("revenue", amount.boxed()),
        named("donotemail", any::<bool>().prop_map(Value::Boolean).boxed()),
        named("estimatedclosedate", day.boxed()),
        named("lastcall", moment().boxed()),
        named("new_meeting", moment().boxed()),
        named("leadsourcecode", code()),
        named("statecode", code()),
        named("statuscode", code()),
        named("new_interests", codes.prop_map(Value::Options).boxed()),
        named("new_marker", row()),
        named("parentaccountid", row()),
        named("customerid:account", row()),
        named("ownerid:team", row()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_value_comes_back_as_it_was_sent((name, value) in field()) {
        let record = block_on(async {
            let row = sent(&lead(), vec![(name.clone(), value.clone())]).await.unwrap();
            received(&lead(), &stored(&row)).await
        });
        let column = name.split(':').next().unwrap();
        prop_assert_eq!(record.get(column), &value);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_wide_row_of_awkward_texts_comes_back_unchanged(texts in prop::collection::vec(text(), 200)) {
        let mut table = lead();
        table.columns.extend((0..200).map(|n| FieldInfo::new(format!("new_{n}"), FieldKind::Memo)));
        let fields: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| (format!("new_{n}"), Value::text(text.repeat(20))))
            .collect();
        let record = block_on(async {
            let row = sent(&table, fields.clone()).await.unwrap();
            received(&table, &row).await
        });
        for (name, value) in &fields {
            prop_assert_eq!(record.get(name), value);
        }
    }
}

/// A member of a row, the column, what it means.
#[rustfmt::skip]
fn wire_forms() -> [(&'static str, &'static str, Value); 18] {
    let moment = |text: &str| Value::DateTime(text.parse().unwrap());
    let amount = |text: &str| Value::Decimal(text.parse().unwrap());
    let account = Value::Id("7c2e0000-0000-0000-0000-000000000001".parse().unwrap());
    let day = Value::Date("2031-02-03".parse().unwrap());
    let both = || Value::Options([1, 9].into());
    [
        (r#""revenue":20000.0000"#, "revenue", amount("20000")),
        (r#""revenue":0.1"#, "revenue", amount("0.1")),
        (r#""revenue":922337203685477.5807"#, "revenue", amount("922337203685477.5807")),
        (r#""revenue":1E+3"#, "revenue", amount("1000")),
        (r#""revenue":"12.50""#, "revenue", amount("12.5")),
        (r#""numberofemployees":9007199254740993"#, "numberofemployees", Value::Integer(9_007_199_254_740_993)),
        (r#""lastcall":"2031-02-03T04:05:06Z""#, "lastcall", moment("2031-02-03T04:05:06Z")),
        (r#""lastcall":"2031-02-03T04:05:06.789+02:00""#, "lastcall", moment("2031-02-03T02:05:06Z")),
        (r#""lastcall":"2031-02-03T04:05:06""#, "lastcall", moment("2031-02-03T04:05:06Z")),
        (r#""new_meeting":"2031-02-03T04:05:06+02:00""#, "new_meeting", moment("2031-02-03T04:05:06Z")),
        (r#""estimatedclosedate":"2031-02-03""#, "estimatedclosedate", day),
        (r#""new_interests":"1,9""#, "new_interests", both()),
        (r#""new_interests":"9, 1""#, "new_interests", both()),
        (r#""firstname":"""#, "firstname", Value::Null),
        (r#""firstname":"\u0041da\n""#, "firstname", Value::text("Ada\n")),
        (r#""firstname":null"#, "firstname", Value::Null),
        (r#""_parentaccountid_value":"7C2E0000-0000-0000-0000-000000000001""#, "parentaccountid", account),
        (r#""new_unknown":{"a":[1,{}]},"firstname":"Ada""#, "firstname", Value::text("Ada")),
    ]
}

#[test]
fn wire_forms_are_read_as_the_vendor_means_them() {
    for (member, name, expected) in wire_forms() {
        let record = block_on(received(&lead(), &format!("{{{member}}}")));
        assert_eq!(record.get(name), &expected, "{member}");
    }
}

#[test]
fn equal_amounts_are_equal_whatever_their_zeros() {
    let text = |row: &str| {
        let record = block_on(received(&lead(), row));
        serde_json::to_string(record.get("revenue")).unwrap()
    };
    assert_eq!(
        text(r#"{"revenue":20000.0000}"#),
        text(r#"{"revenue":20000.00}"#)
    );
}

#[test]
fn lookups_are_bound_cleared_and_named() {
    let account = Value::Id(id(7));
    let row = "00000000-0000-0000-0000-000000000007";
    let cases = [
        (
            "parentaccountid",
            account.clone(),
            format!(r#"{{"new_ParentAccountId@odata.bind":"/accounts({row})"}}"#),
        ),
        (
            "customerid:contact",
            account.clone(),
            format!(r#"{{"customerid_contact@odata.bind":"/contacts({row})"}}"#),
        ),
        (
            "ownerid:systemuser",
            account.clone(),
            format!(r#"{{"ownerid@odata.bind":"/systemusers({row})"}}"#),
        ),
        (
            "customerid",
            Value::Null,
            r#"{"customerid_account@odata.bind":null,"customerid_contact@odata.bind":null}"#
                .to_owned(),
        ),
        (
            "parentaccountid",
            Value::Null,
            r#"{"new_ParentAccountId@odata.bind":null}"#.to_owned(),
        ),
        (
            "ownerid",
            Value::Null,
            r#"{"ownerid@odata.bind":null}"#.to_owned(),
        ),
    ];
    for (name, value, expected) in cases {
        let row = block_on(sent(&lead(), vec![(name.to_owned(), value)])).unwrap();
        assert_eq!(row, expected);
    }
}

#[test]
fn state_and_status_travel_as_a_pair() {
    let pair = [("statecode", 1), ("statuscode", 3)];
    let fields = pair.map(|(name, code)| (name.to_owned(), Value::Integer(code)));
    let row = block_on(sent(&lead(), fields.into())).unwrap();
    assert_eq!(row, r#"{"statecode":1,"statuscode":3}"#);
}

#[test]
fn what_a_column_cannot_hold_is_refused_before_it_is_sent() {
    let cases = [
        ("firstname", Value::Integer(1)),
        ("numberofemployees", Value::text("many")),
        ("new_nothing", Value::text("x")),
        ("customerid", Value::Id(id(7))),
        ("customerid:team", Value::Id(id(7))),
        ("parentaccountid", Value::text("7")),
    ];
    for (name, value) in cases {
        let refused = block_on(sent(&lead(), vec![(name.to_owned(), value)])).unwrap_err();
        let WriteOutcome::Refused(refusal) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal.class, FailureClass::Mapping, "{name}");
        assert!(refusal.message.starts_with(name), "{refusal:?}");
    }
}

#[test]
fn a_lookup_tells_which_table_it_points_to() {
    let row = format!(
        r#"{{"_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"contact","_customerid_value":"{}"}}"#,
        id(9)
    );
    let record = block_on(received(&lead(), &row));
    assert_eq!(record.get("customerid"), &Value::Id(id(9)));
    assert_eq!(record.get("customerid:contact"), &Value::Id(id(9)));
    assert_eq!(record.get("customerid:account"), &Value::Null);
}
