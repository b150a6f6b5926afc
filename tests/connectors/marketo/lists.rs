//! Static lists, custom activities, records by Marketo's own id: the calls as documented.

use serde_json::json;
use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::marketo::{
    NewActivity, Object, ObjectOutcome, PeopleAction, PeopleWrite,
};
use syncdeck::model::{FailureClass, FieldInfo, FieldKind, RecordKey, Value};

use super::script::{Script, failed, ran};

const UPDATED: WriteOutcome = WriteOutcome::Updated { version: None };

#[tokio::test(start_paused = true)]
async fn a_list_is_found_by_its_whole_name() {
    let script = Script::answering([
        ran(r#"[{"id":1021,"name":"CRM sync","description":"..","workspaceName":"Default"}]"#),
        ran("[]"),
    ]);
    let marketo = script.marketo();
    let found = marketo.static_list("CRM sync").await.unwrap().unwrap();
    assert_eq!(found.id, 1021);
    assert_eq!(marketo.static_list("none").await.unwrap(), None);
    assert_eq!(script.sent()[0].param("name").unwrap(), "CRM sync");
}

#[tokio::test(start_paused = true)]
async fn members_come_page_by_page_and_the_last_page_has_no_token() {
    let page = r#"{"requestId":"a1#18","success":true,"result":[{"id":1},{"id":2}],"nextPageToken":"T==="}"#;
    let script = Script::answering([page.into(), ran(r#"[{"id":3}]"#)]);
    let marketo = script.marketo();
    let first = marketo.list_members(1021, None).await.unwrap();
    assert_eq!(
        (first.people, first.next.as_deref()),
        (vec![1, 2], Some("T==="))
    );
    let second = marketo
        .list_members(1021, first.next.as_deref())
        .await
        .unwrap();
    assert_eq!((second.people, second.next), (vec![3], None));
    assert_eq!(script.sent()[1].path, "/rest/v1/lists/1021/leads.json");
    assert_eq!(script.sent()[1].param("nextPageToken").unwrap(), "T===");
}

#[tokio::test(start_paused = true)]
async fn being_on_the_list_or_off_it_already_is_no_fault() {
    let script = Script::answering([
        ran(
            r#"[{"id":1,"status":"added"},{"id":2,"status":"skipped","reasons":[{"code":"1004","message":"Lead not found"}]}]"#,
        ),
        ran(
            r#"[{"id":1,"status":"removed"},{"id":2,"status":"skipped","reasons":[{"code":"1015","message":"Lead not in list"}]}]"#,
        ),
        ran(r#"[{"id":1,"status":"memberof"},{"id":2,"status":"notmemberof"}]"#),
    ]);
    let marketo = script.marketo();
    let added = marketo.add_to_list(7, &[1, 2]).await.unwrap();
    assert_eq!(added, [UPDATED, WriteOutcome::Gone]);
    let removed = marketo.remove_from_list(7, &[1, 2]).await.unwrap();
    assert_eq!(removed, [UPDATED, UPDATED]);
    assert_eq!(marketo.on_list(7, &[1, 2]).await.unwrap(), [1]);
    let sent = script.sent();
    assert_eq!(sent[0].json(), json!({"input": [{"id": 1}, {"id": 2}]}));
    assert_eq!(
        (sent[0].method.as_str(), sent[1].method.as_str()),
        ("POST", "DELETE")
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_is_made_in_its_folder_by_a_form() {
    let script = Script::answering([
        r#"{"requestId":"a1#18","success":true,"errors":[],"warnings":[],"result":[{"id":12,"name":"Group Lists"}]}"#,
        r#"{"requestId":"a1#18","success":true,"errors":[],"warnings":[],"result":[{"id":1159,"name":"Mkto-leads-1","createdAt":"2026-08-17T09:00:00Z+0000"}]}"#,
    ]);
    let made = script
        .marketo()
        .create_static_list("Mkto-leads-1", "Group Lists")
        .await
        .unwrap();
    assert_eq!(made.id, 1159);
    let sent = &script.sent()[1];
    assert_eq!(sent.path, "/rest/asset/v1/staticLists.json");
    assert_eq!(sent.content_type, "application/x-www-form-urlencoded");
    assert_eq!(sent.form("folder").unwrap(), r#"{"id":12,"type":"Folder"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_custom_activity_carries_its_date_and_its_own_kind_of_refusal() {
    let script = Script::answering([ran(
        r#"[{"id":5100,"marketoGUID":"5100","status":"added"},{"status":"skipped","errors":[{"code":"1004","message":"Lead not found"}]}]"#,
    )]);
    let activity = |person| NewActivity {
        person,
        at: "2026-08-17T09:30:00Z".parse().unwrap(),
        activity_type: 100_001,
        primary: "Opened ticket 77".to_owned(),
        attributes: vec![("priority".to_owned(), "2".to_owned())],
    };
    let outcomes = script
        .marketo()
        .add_activities(&[activity(71_001), activity(9)])
        .await
        .unwrap();
    let key = RecordKey::Marketo(5100);
    assert_eq!(outcomes[0], WriteOutcome::Created { key, version: None });
    let WriteOutcome::Refused(why) = &outcomes[1] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(why.class, FailureClass::MissingParent);
    assert_eq!(
        script.sent()[0].json()["input"][0],
        json!({"leadId": 71001, "activityDate": "2026-08-17T09:30:00Z", "activityTypeId": 100_001,
               "primaryAttributeValue": "Opened ticket 77", "attributes": [{"apiName": "priority", "value": "2"}]})
    );
}

#[tokio::test(start_paused = true)]
async fn records_are_read_updated_and_deleted_by_marketos_own_id() {
    let script = Script::answering([
        ran(r#"[{"seq":0,"id":9001,"company":"Contoso"}]"#),
        ran(r#"[{"seq":0,"status":"updated","id":9001}]"#),
        ran(r#"[{"seq":0,"status":"deleted","marketoGUID":"1c9d"}]"#),
    ]);
    let marketo = script.marketo();
    let fields = ["company".to_owned()];
    let kinds = [FieldInfo::new("company", FieldKind::Text)];
    let ids = ["9001".to_owned()];
    let read = marketo
        .objects_by_id(&Object::Company, &ids, &fields, &kinds)
        .await
        .unwrap();
    assert_eq!(read[0].id, "9001");
    let record = vec![
        ("id".to_owned(), Value::Integer(9001)),
        ("company".to_owned(), Value::text("Fabrikam")),
    ];
    let updated = marketo
        .update_objects_by_id(&Object::Company, &[record])
        .await
        .unwrap();
    assert_eq!(updated, [ObjectOutcome::Updated]);
    let gone = marketo
        .delete_objects_by_id(&Object::NamedAccount, &["1c9d".to_owned()])
        .await
        .unwrap();
    assert_eq!(gone, [ObjectOutcome::Deleted]);
    let sent = script.sent();
    assert_eq!(sent[0].form("filterType").unwrap(), "idField");
    assert_eq!(sent[1].json()["dedupeBy"], "idField");
    assert_eq!(sent[1].json()["input"][0]["id"], 9001);
    assert_eq!(sent[2].path, "/rest/v1/namedaccounts/delete.json");
    assert_eq!(
        sent[2].json(),
        json!({"deleteBy": "idField", "input": [{"marketoGUID": "1c9d"}]})
    );
}

#[tokio::test(start_paused = true)]
async fn new_people_go_to_the_partition_named_and_1009_says_what_to_do() {
    let skipped = r#"[{"status":"skipped","reasons":[{"code":"1009","message":"Partition must be specified"}]}]"#;
    let script = Script::answering([
        ran(r#"[{"id":1,"status":"created"}]"#),
        ran(r#"[{"id":1,"status":"updated"}]"#),
        ran(skipped),
    ]);
    let marketo = script.marketo();
    let write = |action, partition: Option<&str>| PeopleWrite {
        action,
        partition_name: partition.map(str::to_owned),
        lookup: "dynId".to_owned(),
        people: vec![vec![("dynId".to_owned(), Value::text("a"))]],
    };
    for (action, partition) in [
        (PeopleAction::CreateOnly, Some("EMEA \"1\"")),
        (PeopleAction::UpdateOnly, Some("EMEA")),
    ] {
        marketo
            .sync_people(&write(action, partition))
            .await
            .unwrap();
    }
    let refused = marketo
        .sync_people(&write(PeopleAction::CreateOrUpdate, None))
        .await
        .unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].json()["partitionName"], "EMEA \"1\"");
    assert!(sent[1].json().get("partitionName").is_none());
    assert!(sent[2].json().get("partitionName").is_none());
    let WriteOutcome::Refused(why) = &refused[0] else {
        panic!("{refused:?}")
    };
    assert!(why.message.contains("partition ="), "{}", why.message);
    assert_eq!(why.class, FailureClass::Privilege);
}

#[tokio::test(start_paused = true)]
async fn the_days_errors_are_remembered_for_the_gauge() {
    let script = Script::answering([
        ran(
            r#"[{"date":"2026-08-17","total":14,"errors":[{"errorCode":"606","count":11},{"errorCode":"610","count":3}]}]"#,
        ),
        failed("603", "Access denied"),
    ]);
    let marketo = script.marketo();
    assert!(marketo.errors_today().is_empty());
    marketo.error_counts().await.unwrap();
    marketo.error_counts().await.unwrap_err();
    let known: Vec<(String, u64)> = marketo.errors_today().into_iter().collect();
    assert_eq!(known, [("606".to_owned(), 11), ("610".to_owned(), 3)]);
}
