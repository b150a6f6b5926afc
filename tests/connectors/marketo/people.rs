//! Reading people by key.

use syncdeck::connectors::Trouble;
use syncdeck::model::{FieldInfo, FieldKind, RecordKey, Value};

use super::script::{Script, failed, ran};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn kinds() -> Vec<FieldInfo> {
    vec![
        FieldInfo::new("email", FieldKind::Email),
        FieldInfo::new("lastName", FieldKind::Text),
        FieldInfo::new("unsubscribed", FieldKind::Boolean),
        FieldInfo::new("leadScore", FieldKind::Integer),
        FieldInfo::new("dynSeen", FieldKind::DateTime),
    ]
}

#[tokio::test(start_paused = true)]
async fn people_are_asked_for_in_the_body_and_come_back_typed() {
    let script = Script::answering([ran(
        r#"[{"id":71001,"email":"ann@contoso.example","lastName":null,"unsubscribed":true,"leadScore":"12",
             "dynSeen":"2026-08-17T09:15:02.900+0000","notAskedFor":{"a":[1]},"updatedAt":"2026-08-17T09:15:02Z"},
            {"id":71002,"email":"BEA@contoso.example"}]"#,
    )]);
    let fields = names(&["email", "lastName", "unsubscribed", "leadScore", "dynSeen"]);
    let values = names(&["ann@contoso.example", "bea@contoso.example"]);
    let people = script
        .marketo()
        .people("email", &values, &fields, &kinds())
        .await
        .unwrap();

    let sent = &script.sent()[0];
    assert_eq!(
        (
            sent.method.as_str(),
            sent.path.as_str(),
            sent.query.as_str()
        ),
        ("POST", "/rest/v1/leads.json", "_method=GET")
    );
    assert_eq!(sent.content_type, "application/x-www-form-urlencoded");
    assert_eq!(sent.form("filterType").unwrap(), "email");
    assert_eq!(
        sent.form("filterValues").unwrap(),
        "ann@contoso.example,bea@contoso.example"
    );
    assert_eq!(
        sent.form("fields").unwrap(),
        "email,lastName,unsubscribed,leadScore,dynSeen,id,updatedAt"
    );
    assert_eq!(sent.form("batchSize").unwrap(), "300");

    assert_eq!(people[0].key, RecordKey::Marketo(71001));
    let changed = "2026-08-17T09:15:02Z".parse().unwrap();
    assert_eq!(people[0].modified, Some(changed));
    assert_eq!(people[0].get("email"), &Value::text("ann@contoso.example"));
    assert_eq!(people[0].get("lastName"), &Value::Null);
    assert_eq!(people[0].get("unsubscribed"), &Value::Boolean(true));
    assert_eq!(people[0].get("leadScore"), &Value::Integer(12));
    assert_eq!(people[0].get("dynSeen"), &Value::DateTime(changed));
    assert!(!people[0].fields.contains_key("notAskedFor"));
    assert!(!people[0].fields.contains_key("updatedAt"));
    // Missing means empty; a boolean is never empty.
    assert_eq!(people[1].fields.len(), 5);
    assert_eq!(people[1].get("lastName"), &Value::Null);
    assert_eq!(people[1].get("unsubscribed"), &Value::Boolean(false));
    assert_eq!(people[1].modified, None);
}

#[tokio::test(start_paused = true)]
async fn further_pages_repeat_the_question_with_the_token() {
    let script = Script::answering([
        r#"{"requestId":"b1#1","success":true,"result":[{"id":1}],"nextPageToken":"GEZDGNBVGY3TQ===="}"#,
        r#"{"requestId":"b1#2","success":true,"result":[],"nextPageToken":"GEZDGNBVGY3TR===="}"#,
        r#"{"requestId":"b1#3","success":true,"result":[{"id":2}]}"#,
    ]);
    let fields = names(&["email"]);
    let people = script
        .marketo()
        .people("dynId", &names(&["a", "b"]), &fields, &[])
        .await
        .unwrap();
    let ids: Vec<RecordKey> = people.iter().map(|person| person.key).collect();
    assert_eq!(ids, [RecordKey::Marketo(1), RecordKey::Marketo(2)]);
    let sent = script.sent();
    assert_eq!(sent[0].form("nextPageToken"), None);
    assert_eq!(sent[2].form("nextPageToken").unwrap(), "GEZDGNBVGY3TR====");
    assert_eq!(sent[2].form("filterValues").unwrap(), "a,b");
}

#[tokio::test(start_paused = true)]
async fn a_missing_result_means_nobody() {
    let script = Script::answering([r#"{"requestId":"b1#1","success":true}"#]);
    let found = script
        .marketo()
        .people("email", &names(&["a@x.example"]), &[], &[])
        .await;
    assert_eq!(found.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn no_usable_value_costs_no_call() {
    let script = Script::default();
    let values = names(&["", "  ", "a,b@x.example"]);
    let found = script.marketo().people("email", &values, &[], &[]).await;
    assert_eq!(found.unwrap(), []);
    assert_eq!(script.sent().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn keys_shared_by_more_than_a_thousand_people_are_asked_for_in_halves() {
    let script = Script::answering([
        failed("1003", "Too many results match the filter"),
        ran(r#"[{"id":1}]"#),
        ran(r#"[{"id":2},{"id":3}]"#),
    ]);
    let values = names(&["a", "b", "c"]);
    let people = script
        .marketo()
        .people("email", &values, &[], &[])
        .await
        .unwrap();
    assert_eq!(people.len(), 3);
    let asked: Vec<String> = script
        .sent()
        .iter()
        .map(|sent| sent.form("filterValues").unwrap())
        .collect();
    assert_eq!(asked, ["a,b,c", "a", "b,c"]);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_place_in_the_pages_begins_the_query_anew() {
    let script = Script::answering([
        r#"{"requestId":"b1#1","success":true,"result":[{"id":1}],"nextPageToken":"GEZDG===="}"#
            .into(),
        failed("1003", "Invalid paging token"),
        ran(r#"[{"id":1},{"id":2}]"#),
    ]);
    let people = script
        .marketo()
        .people("email", &names(&["a"]), &[], &[])
        .await
        .unwrap();
    assert_eq!(people.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_field_is_refused_with_code_and_request_id() {
    let script = Script::answering([failed("1006", "Lookup field 'xyz' not found")]);
    let error = script
        .marketo()
        .people("xyz", &names(&["a"]), &[], &[])
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Refused);
    assert_eq!(error.code, "1006");
    assert_eq!(error.message, "Lookup field 'xyz' not found");
    assert_eq!(error.request.as_deref(), Some("a1#18f0c2"));
    assert!(error.to_string().ends_with("[request a1#18f0c2]"));
}
