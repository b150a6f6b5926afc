//! Companies, sales persons, opportunities, roles, custom objects.

use serde_json::json;
use syncdeck::connectors::marketo::{Object, ObjectOutcome, PeopleAction};
use syncdeck::connectors::{Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, FieldInfo, FieldKind, Value};

use super::script::{Reply, Script, failed, ran};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn row(fields: &[(&str, Value)]) -> Vec<(String, Value)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn company(key: &str) -> Vec<(String, Value)> {
    row(&[
        ("externalCompanyId", Value::text(key)),
        ("company", Value::text("Contoso")),
        ("billingCity", Value::Null),
    ])
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_told_apart_by_seq_and_not_by_order() {
    let script = Script::answering([ran(
        r#"[{"seq":2,"status":"skipped","reasons":[{"code":"1003","message":"no"}]},
            {"seq":0,"status":"created","id":9001},{"seq":1,"status":"updated","id":9002}]"#,
    )]);
    let outcomes = script
        .marketo()
        .sync_objects(
            &Object::Company,
            PeopleAction::CreateOrUpdate,
            &names(&["externalCompanyId"]),
            &["a", "b", "c"].map(company),
        )
        .await
        .unwrap();
    assert_eq!(outcomes[0], ObjectOutcome::Created("9001".to_owned()));
    assert_eq!(outcomes[1], ObjectOutcome::Updated);
    assert!(
        matches!(&outcomes[2], ObjectOutcome::Skipped(WriteOutcome::Refused(why)) if why.class == FailureClass::Data)
    );
    let sent = &script.sent()[0];
    assert_eq!(sent.path, "/rest/v1/companies.json");
    let body = sent.json();
    assert_eq!(
        (&body["action"], &body["dedupeBy"]),
        (&json!("createOrUpdate"), &json!("dedupeFields"))
    );
    assert_eq!(
        body["input"][0],
        json!({"externalCompanyId": "a", "company": "Contoso", "billingCity": null})
    );
}

#[tokio::test(start_paused = true)]
async fn a_seq_that_comes_twice_leaves_the_write_unknown() {
    for rows in [
        r#"[{"seq":0,"status":"created","id":1},{"seq":0,"status":"created","id":2}]"#,
        r#"[{"seq":0,"status":"created","id":1}]"#,
        r#"[{"seq":0,"status":"created","id":1},{"seq":7,"status":"created","id":2}]"#,
        r#"[{"seq":0,"status":"created"},{"seq":1,"status":"updated"}]"#,
    ] {
        let script = Script::answering([ran(rows)]);
        let keys = names(&["externalCompanyId"]);
        let companies = ["a", "b"].map(company);
        let write = script.marketo();
        let write = write.sync_objects(
            &Object::Company,
            PeopleAction::CreateOrUpdate,
            &keys,
            &companies,
        );
        assert_eq!(write.await.unwrap_err().trouble, Trouble::Unknown, "{rows}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_parent_a_missing_record_and_one_that_is_there_are_three_things() {
    use PeopleAction::{CreateOnly, CreateOrUpdate, UpdateOnly};
    let gone = ObjectOutcome::Skipped(WriteOutcome::Gone);
    let exists = ObjectOutcome::Skipped(WriteOutcome::Exists);
    let table = [
        (Object::Company, UpdateOnly, "1013", Some(gone)),
        (Object::Company, CreateOnly, "1017", Some(exists)),
        (Object::Opportunity, CreateOrUpdate, "718", None),
        (Object::Role, CreateOrUpdate, "1004", None),
        (Object::Role, CreateOrUpdate, "1013", None),
        (
            Object::Custom("crmAsset_c".to_owned()),
            UpdateOnly,
            "1004",
            None,
        ),
    ];
    for (object, action, code, expected) in table {
        let rows = format!(
            r#"[{{"seq":0,"status":"skipped","reasons":[{{"code":"{code}","message":"x"}}]}}]"#
        );
        let script = Script::answering([ran(&rows)]);
        let record = [row(&[("k", Value::text("1"))])];
        let outcomes = script
            .marketo()
            .sync_objects(&object, action, &names(&["k"]), &record)
            .await
            .unwrap();
        match expected {
            Some(expected) => assert_eq!(outcomes[0], expected, "{code}"),
            None => assert!(
                matches!(&outcomes[0], ObjectOutcome::Skipped(WriteOutcome::Refused(why)) if why.class == FailureClass::MissingParent),
                "{code}: {outcomes:?}"
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_are_by_key_and_one_in_use_waits() {
    let script = Script::answering([ran(
        r#"[{"seq":0,"status":"skipped","reasons":[{"code":"1022","message":"Object in use"}]},
            {"seq":1,"status":"skipped","reasons":[{"code":"1013","message":"Record not found"}]},
            {"seq":2,"id":3,"status":"deleted"}]"#,
    )]);
    let keys = ["a", "b", "c"].map(|key| row(&[("externalSalesPersonId", Value::text(key))]));
    let outcomes = script
        .marketo()
        .delete_objects(
            &Object::SalesPerson,
            &names(&["externalSalesPersonId"]),
            &keys,
        )
        .await
        .unwrap();
    assert!(
        matches!(&outcomes[0], ObjectOutcome::Skipped(WriteOutcome::Retry(why)) if why.code == "1022")
    );
    assert_eq!(outcomes[1], ObjectOutcome::Skipped(WriteOutcome::Gone));
    assert_eq!(outcomes[2], ObjectOutcome::Deleted);
    let sent = &script.sent()[0];
    assert_eq!(sent.path, "/rest/v1/salespersons/delete.json");
    assert_eq!(sent.json()["deleteBy"], json!("dedupeFields"));
}

#[tokio::test(start_paused = true)]
async fn records_are_read_by_one_key_field_with_their_guid() {
    let script = Script::answering([ran(
        r#"[{"seq":0,"marketoGUID":"1c9d6c0e-6f0e-4f55-9c39-7f4a1b2c3d4e","externalOpportunityId":"o1","amount":"1604.47",
             "updatedAt":"2026-08-17T09:00:00Z"}]"#,
    )]);
    let kinds = [FieldInfo::new("amount", FieldKind::Decimal)];
    let found = script
        .marketo()
        .objects(
            &Object::Opportunity,
            "externalOpportunityId",
            &names(&["o1"]),
            &names(&["amount"]),
            &kinds,
        )
        .await
        .unwrap();
    assert_eq!(found[0].id, "1c9d6c0e-6f0e-4f55-9c39-7f4a1b2c3d4e");
    assert_eq!(
        found[0].fields["amount"],
        Value::Decimal("1604.47".parse().unwrap())
    );
    assert_eq!(
        found[0].modified,
        Some("2026-08-17T09:00:00Z".parse().unwrap())
    );
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.path.as_str(), sent.query.as_str()),
        ("/rest/v1/opportunities.json", "_method=GET")
    );
    assert_eq!(sent.form("fields").unwrap(), "amount,marketoGUID,updatedAt");
}

#[tokio::test(start_paused = true)]
async fn records_with_a_key_of_several_fields_are_asked_for_in_json() {
    let script = Script::answering([
        r#"{"requestId":"d","success":true,"result":[{"seq":0,"marketoGuid":"g1"}],"nextPageToken":"AB===="}"#.into(),
        Reply::Cut,
        ran(r#"[{"seq":0,"marketoGUID":"g2"}]"#),
    ]);
    let key = row(&[
        ("externalOpportunityId", Value::text("o1")),
        ("leadId", Value::Integer(71001)),
        ("role", Value::text("Decision \"Maker\"")),
    ]);
    let found = script
        .marketo()
        .objects_by_key(&Object::Role, &[key], &names(&["isPrimary"]), &[])
        .await
        .unwrap();
    assert_eq!((found[0].id.as_str(), found[1].id.as_str()), ("g1", "g2"));
    let sent = &script.sent()[2];
    assert_eq!(
        (sent.path.as_str(), sent.query.as_str()),
        ("/rest/v1/opportunities/roles.json", "_method=GET")
    );
    assert_eq!(
        sent.json(),
        json!({"filterType": "dedupeFields", "fields": ["isPrimary", "marketoGUID", "updatedAt"], "batchSize": 300,
               "input": [{"externalOpportunityId": "o1", "leadId": 71001, "role": "Decision \"Maker\""}],
               "nextPageToken": "AB===="})
    );
}

#[tokio::test(start_paused = true)]
async fn a_description_tells_keys_links_and_what_can_be_written() {
    let script = Script::answering([ran(
        r#"[{"name":"crmAsset_c","displayName":"CRM Asset","idField":"marketoGUID","dedupeFields":["assetNo"],
             "searchableFields":[["marketoGUID"],["assetNo"],["leadID"]],
             "relationships":[{"field":"leadID","type":"child","relatedTo":{"name":"Lead","field":"id"}}],
             "fields":[{"name":"marketoGUID","displayName":"Marketo GUID","dataType":"string","length":36,"updateable":false},
                       {"name":"assetNo","displayName":"Asset No","dataType":"string","length":255,"updateable":false},
                       {"name":"model","displayName":"Model","dataType":"string","length":255,"updateable":true}]}]"#,
    )]);
    let info = script
        .marketo()
        .describe_object(&Object::Custom("crmAsset_c".to_owned()))
        .await
        .unwrap();
    assert_eq!(info.keys, ["assetNo"]);
    assert_eq!(
        info.links,
        [("leadID".to_owned(), "Lead".to_owned(), "id".to_owned())]
    );
    let rights = |name: &str| {
        let field = info.fields.iter().find(|field| field.name == name).unwrap();
        (field.creatable, field.updatable, field.required)
    };
    assert_eq!(rights("marketoGUID"), (false, false, false));
    assert_eq!(rights("assetNo"), (true, false, true));
    assert_eq!(rights("model"), (true, true, false));
    assert_eq!(
        script.sent()[0].path,
        "/rest/v1/customobjects/crmAsset_c/describe.json"
    );
}

#[tokio::test(start_paused = true)]
async fn the_native_sync_is_found_out_without_changing_anything() {
    let row = |code: &str| {
        ran(&format!(
            r#"[{{"seq":0,"status":"skipped","reasons":[{{"code":"{code}","message":"x"}}]}}]"#
        ))
    };
    let script = Script::answering([
        row("1018"),
        failed("1018", "CRM Enabled"),
        row("1013"),
        failed("603", "Access denied"),
    ]);
    let marketo = script.marketo();
    assert!(marketo.native_sync().await.unwrap());
    assert!(marketo.native_sync().await.unwrap());
    assert!(!marketo.native_sync().await.unwrap());
    assert_eq!(
        marketo.native_sync().await.unwrap_err().trouble,
        Trouble::Configuration
    );
    assert_eq!(script.sent()[0].json()["action"], json!("updateOnly"));
}

#[tokio::test(start_paused = true)]
async fn merges_name_winner_and_losers_in_the_address_twenty_five_at_a_time() {
    let merged = || Reply::from(r#"{"requestId":"e","success":true}"#);
    let script = Script::answering([merged(), merged(), failed("1004", "Lead '1' not found")]);
    let marketo = script.marketo();
    let losers: Vec<i64> = (2..=31).collect();
    marketo.merge_people(1, &losers).await.unwrap();
    let sent = script.sent();
    assert_eq!(
        (sent[0].path.as_str(), sent[0].body.as_str()),
        ("/rest/v1/leads/1/merge.json", "")
    );
    assert_eq!(sent[0].param("leadIds").unwrap().split(',').count(), 25);
    assert_eq!(sent[1].param("leadIds").unwrap(), "27,28,29,30,31");
    let error = marketo.merge_people(1, &[2]).await.unwrap_err();
    assert_eq!(
        (error.trouble, error.code.as_str()),
        (Trouble::Refused, "1004")
    );
}

#[tokio::test(start_paused = true)]
async fn people_move_between_partitions() {
    let script = Script::answering([
        ran(r#"[{"id":1,"name":"Default","description":"Initial"},{"id":2,"name":"EMEA"}]"#),
        ran(
            r#"[{"id":71001,"status":"updated"},{"id":2,"status":"skipped","reasons":[{"code":"1010","message":"no"}]}]"#,
        ),
    ]);
    let marketo = script.marketo();
    assert_eq!(marketo.partitions().await.unwrap()[1].name, "EMEA");
    let outcomes = marketo.move_people(&[71001, 2], "EMEA").await.unwrap();
    assert_eq!(outcomes[0], WriteOutcome::Updated { version: None });
    assert!(
        matches!(&outcomes[1], WriteOutcome::Refused(why) if why.class == FailureClass::Privilege)
    );
    assert_eq!(
        script.sent()[1].json(),
        json!({"input": [{"id": 71001, "partitionName": "EMEA"}, {"id": 2, "partitionName": "EMEA"}]})
    );
}

#[tokio::test(start_paused = true)]
async fn the_days_errors_are_counted_by_code() {
    let script = Script::answering([ran(
        r#"[{"date":"2026-08-17","total":14,"errors":[{"errorCode":"606","count":11},{"errorCode":"610","count":3}]}]"#,
    )]);
    let counts = script.marketo().error_counts().await.unwrap();
    assert_eq!(
        (counts.total, counts.codes[0].clone()),
        (14, ("606".to_owned(), 11))
    );
}
