//! Writing people: bodies as documented, one outcome each.

use bytes::Bytes;
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::json;
use syncdeck::connectors::marketo::{PeopleAction, PeopleWrite};
use syncdeck::connectors::{Transport, TransportError, Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, RecordKey, Refusal, Value};

use super::script::{Reply, Script, failed, ran};

fn by_key(people: Vec<Vec<(String, Value)>>) -> PeopleWrite {
    PeopleWrite {
        partition_name: None,
        action: PeopleAction::CreateOrUpdate,
        lookup: "dynId".to_owned(),
        people,
    }
}

fn person(key: &str) -> Vec<(String, Value)> {
    vec![("dynId".to_owned(), Value::text(key))]
}

fn updated(count: usize) -> Reply {
    let rows: Vec<String> = (0..count)
        .map(|id| format!(r#"{{"id":{},"status":"updated"}}"#, id + 1))
        .collect();
    ran(&format!("[{}]", rows.join(",")))
}

#[tokio::test(start_paused = true)]
async fn the_body_is_the_documented_one_and_every_type_has_its_form() {
    let script = Script::answering([ran(r#"[{"id":71001,"status":"created"}]"#)]);
    let field = |name: &str, value| (name.to_owned(), value);
    let write = by_key(vec![vec![
        field(
            "dynId",
            Value::Id("6f1e0d3a-0000-4000-8000-00000000000a".parse().unwrap()),
        ),
        field(
            "lastName",
            Value::text("Ä \"quoted\" \u{1F600} \u{05D0}\u{05D1}"),
        ),
        field("phone", Value::Null),
        field("fax", Value::Text(String::new())),
        field("leadScore", Value::Integer(-3)),
        field("annualRevenue", Value::Decimal("1604.470".parse().unwrap())),
        field("unsubscribed", Value::Boolean(true)),
        field(
            "dateOfBirth",
            Value::Date(NaiveDate::from_ymd_opt(1980, 2, 29).unwrap()),
        ),
        field(
            "dynSeen",
            Value::DateTime("2026-08-17T09:15:02Z".parse().unwrap()),
        ),
    ]]);
    let outcomes = script.marketo().sync_people(&write).await.unwrap();
    let key = RecordKey::Marketo(71001);
    assert_eq!(outcomes, [WriteOutcome::Created { key, version: None }]);
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.path.as_str(), sent.query.as_str()),
        ("/rest/v1/leads.json", "")
    );
    assert_eq!(sent.content_type, "application/json");
    assert_eq!(
        sent.json(),
        json!({"action": "createOrUpdate", "lookupField": "dynId", "input": [{
            "dynId": "6f1e0d3a-0000-4000-8000-00000000000a",
            "lastName": "Ä \"quoted\" \u{1F600} \u{05D0}\u{05D1}",
            "phone": null, "fax": null, "leadScore": -3, "annualRevenue": 1604.47, "unsubscribed": true,
            "dateOfBirth": "1980-02-29", "dynSeen": "2026-08-17T09:15:02Z"
        }]})
    );
    assert!(
        sent.body.contains(r#""annualRevenue":1604.470"#),
        "exact digits: {}",
        sent.body
    );
}

#[tokio::test(start_paused = true)]
async fn each_record_has_its_own_outcome_in_the_order_sent() {
    let script = Script::answering([ran(r#"[{"id":1,"status":"updated"},
            {"status":"skipped","reasons":[{"code":"1007","message":"Multiple lead match lookup criteria"}]},
            {"id":3,"status":"created"},
            {"status":"skipped","reasons":[{"code":"1003","message":"Invalid value for field 'x' and value 'y'"}]},
            {"id":5,"status":"skipped","reasons":[{"code":"1005","message":"Lead already exists"}]},
            {"status":"skipped","reasons":[{"code":"719","message":"Lock wait timeout"}]}]"#)]);
    let people = ["a", "b", "c", "d", "e", "f"].map(person).to_vec();
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    let refusal = |class, code: &str, message: &str| Refusal {
        class,
        code: code.to_owned(),
        message: message.to_owned(),
        request: Some("a1#18f0c2".to_owned()),
    };
    let invalid = "Invalid value for field 'x' and value 'y'";
    assert_eq!(
        outcomes,
        [
            WriteOutcome::Updated { version: None },
            WriteOutcome::Ambiguous,
            WriteOutcome::Created {
                key: RecordKey::Marketo(3),
                version: None
            },
            WriteOutcome::Refused(refusal(FailureClass::Data, "1003", invalid)),
            WriteOutcome::Exists,
            WriteOutcome::Retry(refusal(FailureClass::Vendor, "719", "Lock wait timeout")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_without_a_key_is_sent() {
    let script = Script::answering([updated(1)]);
    let people = vec![person(""), person("b"), Vec::new()];
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    assert!(
        matches!(&outcomes[0], WriteOutcome::Refused(why) if why.class == FailureClass::Mapping)
    );
    assert_eq!(outcomes[1], WriteOutcome::Updated { version: None });
    assert!(
        matches!(&outcomes[2], WriteOutcome::Refused(why) if why.class == FailureClass::Mapping)
    );
    assert_eq!(
        script.sent()[0].json()["input"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_comes_twice_waits_for_the_answer_to_the_first() {
    let script = Script::answering([updated(2), updated(2)]);
    let people = ["a", "b", "A", "c"].map(person).to_vec();
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    assert_eq!(outcomes.len(), 4);
    let sent = script.sent();
    assert_eq!(
        sent[0].json()["input"],
        json!([{"dynId": "a"}, {"dynId": "b"}])
    );
    assert_eq!(
        sent[1].json()["input"],
        json!([{"dynId": "A"}, {"dynId": "c"}])
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_over_one_megabyte_goes_in_several_calls() {
    let script = Script::answering([updated(3), updated(1)]);
    let big = |key: &str| {
        let mut person = person(key);
        person.push(("notes".to_owned(), Value::text("n".repeat(300_000))));
        person
    };
    let people = ["a", "b", "c", "d"].map(big).to_vec();
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    assert_eq!(outcomes, vec![WriteOutcome::Updated { version: None }; 4]);
    for sent in script.sent() {
        assert!(sent.body.len() <= 1_000_000, "{} bytes", sent.body.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_larger_than_a_call_is_refused_and_its_mates_are_written() {
    let script = Script::answering([updated(2)]);
    let mut huge = person("b");
    huge.push(("notes".to_owned(), Value::text("n".repeat(1_000_000))));
    let people = vec![person("a"), huge, person("c")];
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    assert_eq!(outcomes[0], WriteOutcome::Updated { version: None });
    assert!(matches!(&outcomes[1], WriteOutcome::Refused(why) if why.code == "HTTP 413"));
    assert_eq!(outcomes[2], WriteOutcome::Updated { version: None });
}

#[tokio::test(start_paused = true)]
async fn a_second_call_that_is_refused_leaves_the_first_acknowledged() {
    let script = Script::answering([updated(1), failed("609", "Invalid JSON")]);
    let people = ["a", "a"].map(person).to_vec();
    let outcomes = script.marketo().sync_people(&by_key(people)).await.unwrap();
    assert_eq!(outcomes[0], WriteOutcome::Updated { version: None });
    assert!(matches!(&outcomes[1], WriteOutcome::Retry(why) if why.code == "609"));
}

#[tokio::test(start_paused = true)]
async fn fewer_outcomes_than_records_leave_all_unknown() {
    let script = Script::answering([updated(1)]);
    let people = ["a", "b"].map(person).to_vec();
    let error = script
        .marketo()
        .sync_people(&by_key(people))
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Unknown);
}

#[tokio::test(start_paused = true)]
async fn the_native_sync_stops_the_write_with_a_sentence() {
    let skipped = r#"{"status":"skipped","reasons":[{"code":"1018","message":"CRM Enabled"}]}"#;
    let record = ran(&format!("[{skipped},{skipped}]"));
    for reply in [record, failed("1018", "CRM Enabled")] {
        let script = Script::answering([reply]);
        let people = ["a", "b"].map(person).to_vec();
        let error = script
            .marketo()
            .sync_people(&by_key(people))
            .await
            .unwrap_err();
        assert_eq!(error.trouble, Trouble::Configuration);
        assert!(
            error.message.contains("native CRM sync"),
            "{}",
            error.message
        );
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_are_by_id_and_somebody_who_is_gone_is_gone() {
    let script = Script::answering([ran(r#"[{"id":1,"status":"deleted"},
            {"id":2,"status":"skipped","reasons":[{"code":"1004","message":"Lead not found"}]},
            {"id":3,"status":"skipped","reasons":[{"code":"1013","message":"Record not found"}]}]"#)]);
    let outcomes = script.marketo().delete_people(&[1, 2, 3]).await.unwrap();
    assert_eq!(
        outcomes,
        [
            WriteOutcome::Deleted,
            WriteOutcome::Gone,
            WriteOutcome::Gone
        ]
    );
    let sent = &script.sent()[0];
    assert_eq!(sent.path, "/rest/v1/leads/delete.json");
    assert_eq!(
        sent.json(),
        json!({"input": [{"id": 1}, {"id": 2}, {"id": 3}]})
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_of_somebody_who_is_not_there_is_gone() {
    let script = Script::answering([ran(
        r#"[{"status":"skipped","reasons":[{"code":"1004","message":"Lead not found"}]}]"#,
    )]);
    let write = PeopleWrite {
        partition_name: None,
        action: PeopleAction::UpdateOnly,
        lookup: "id".to_owned(),
        people: vec![vec![("id".to_owned(), Value::Integer(9))]],
    };
    assert_eq!(
        script.marketo().sync_people(&write).await.unwrap(),
        [WriteOutcome::Gone]
    );
    assert_eq!(
        script.sent()[0].json(),
        json!({"action": "updateOnly", "lookupField": "id", "input": [{"id": 9}]})
    );
}

/// Answers every write with as many `updated` as it had records.
struct Counting(std::sync::Mutex<Vec<serde_json::Value>>);

#[async_trait::async_trait]
impl Transport for Counting {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if request.uri().path().starts_with("/identity") {
            let granted = r#"{"access_token":"t","expires_in":3599}"#;
            return Ok(http::Response::new(granted.into()));
        }
        assert!(
            request.body().len() <= 1_000_000,
            "{} bytes",
            request.body().len()
        );
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let rows: Vec<_> = (body["input"].as_array().unwrap().iter())
            .map(|_| json!({"id": 1, "status": "updated"}))
            .collect();
        self.0.lock().unwrap().push(body);
        let answer = json!({"requestId": "x", "success": true, "result": rows}).to_string();
        Ok(http::Response::new(answer.into()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn however_a_write_is_split_everybody_is_sent_once_and_in_order(
        people in prop::collection::vec((0_u16..2_000, prop_oneof![60 => Just(0_usize), 1 => 200_000_usize..400_000]), 0..700)
    ) {
        let transport = std::sync::Arc::new(Counting(std::sync::Mutex::default()));
        let marketo = super::script::client_over(transport.clone());
        let write = by_key(people.iter().map(|(key, size)| {
            let mut person = person(&format!("k{key}"));
            person.push(("notes".to_owned(), Value::text("n".repeat(*size))));
            person
        }).collect());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let outcomes = runtime.unwrap().block_on(marketo.sync_people(&write)).unwrap();
        prop_assert_eq!(outcomes, vec![WriteOutcome::Updated { version: None }; people.len()]);
        let mut sent = Vec::new();
        for body in transport.0.lock().unwrap().iter() {
            let keys: Vec<String> = (body["input"].as_array().unwrap().iter())
                .map(|row| row["dynId"].as_str().unwrap().to_owned())
                .collect();
            let distinct: std::collections::HashSet<&String> = keys.iter().collect();
            prop_assert_eq!(distinct.len(), keys.len(), "a key twice in one call");
            prop_assert!(keys.len() <= 300);
            sent.extend(keys);
        }
        let expected: Vec<String> = people.iter().map(|(key, _)| format!("k{key}")).collect();
        prop_assert_eq!(sent, expected);
    }
}
