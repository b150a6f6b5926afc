//! The change feeds.

use chrono::{DateTime, Utc};
use syncdeck::connectors::Trouble;
use syncdeck::connectors::marketo::{FieldChange, LeadChangeKind};

use super::script::{Reply, Script, failed};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn page(token: &str, more: bool, result: &str) -> Reply {
    format!(
        r#"{{"requestId":"c1#18f0c2","success":true,"moreResult":{more},"nextPageToken":"{token}","result":{result}}}"#
    )
    .into()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const CHANGES: &str = r#"[
 {"id":5001,"marketoGUID":"5001","leadId":71001,"activityDate":"2026-08-17T09:15:02Z","activityTypeId":12,
  "primaryAttributeValueId":71001,"attributes":[{"name":"Source Type","value":"Web service API"}]},
 {"id":5002,"marketoGUID":"5002","leadId":71001,"activityDate":"2026-08-17T09:20:31+0000","activityTypeId":13,
  "fields":[{"id":51,"name":"email","newValue":"ann@fabrikam.example","oldValue":"ann@contoso.example"}],
  "attributes":[{"name":"Reason","value":"Manual person edit"},{"name":"Source","value":"Lead update"},{"name":"Lead ID","value":71001}]},
 {"id":5003,"marketoGUID":"5003","leadId":71002,"activityDate":"2026-08-17T09:20:31Z","activityTypeId":13,
  "fields":[{"id":9,"name":"notAskedFor","newValue":"x"}],"attributes":[]},
 {"id":5004,"marketoGUID":"5004","leadId":71003,"activityDate":"2026-08-17T09:20:32Z","activityTypeId":13,
  "fields":[{"id":79,"name":"unsubscribed","newValue":true,"oldValue":""}]},
 {"id":5002,"marketoGUID":"5002","leadId":71001,"activityDate":"2026-08-17T09:20:31Z","activityTypeId":13,
  "fields":[{"id":51,"name":"email","newValue":"ann@fabrikam.example","oldValue":"ann@contoso.example"}]}]"#;

#[tokio::test(start_paused = true)]
async fn a_paging_token_begins_at_a_whole_second() {
    let script = Script::answering([
        r#"{"requestId":"c1#18f0c2","success":true,"nextPageToken":"GIYDENRNGA4C2MJX===="}"#,
    ]);
    let token = script
        .marketo()
        .paging_token(at("2026-08-17T09:00:00.750Z"))
        .await
        .unwrap();
    assert_eq!(token, "GIYDENRNGA4C2MJX====");
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("GET", "/rest/v1/activities/pagingtoken.json")
    );
    assert_eq!(sent.query, "sinceDatetime=2026-08-17T09%3A00%3A00Z");
}

#[tokio::test(start_paused = true)]
async fn lead_changes_tell_who_and_what_without_doubles_and_unasked_fields() {
    let script = Script::answering([page("NEXT====", true, CHANGES)]);
    let fields = names(&["email", "unsubscribed"]);
    let page = script
        .marketo()
        .lead_changes("GIYD====", &fields)
        .await
        .unwrap();
    assert_eq!((page.token.as_str(), page.more), ("NEXT====", true));
    let guids: Vec<&str> = page.items.iter().map(|item| item.guid.as_str()).collect();
    assert_eq!(guids, ["5001", "5002", "5004"]);
    let new = &page.items[0];
    assert_eq!((new.kind, new.person), (LeadChangeKind::New, 71001));
    assert_eq!(new.source.as_deref(), Some("Web service API"));
    let changed = &page.items[1];
    assert_eq!(changed.kind, LeadChangeKind::Changed);
    assert_eq!(changed.at, at("2026-08-17T09:20:31Z"));
    assert_eq!(changed.source.as_deref(), Some("Lead update"));
    let change = FieldChange {
        name: "email".to_owned(),
        old: Some("ann@contoso.example".to_owned()),
        new: Some("ann@fabrikam.example".to_owned()),
    };
    assert_eq!(changed.fields, [change]);
    let flag = &page.items[2].fields[0];
    assert_eq!(
        (flag.old.as_deref(), flag.new.as_deref()),
        (None, Some("true"))
    );
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("GET", "/rest/v1/activities/leadchanges.json")
    );
    assert_eq!(sent.param("nextPageToken").unwrap(), "GIYD====");
    assert_eq!(sent.param("fields").unwrap(), "email,unsubscribed");
}

#[tokio::test(start_paused = true)]
async fn a_field_list_too_long_for_an_address_is_sent_as_a_form() {
    let script = Script::answering([page("NEXT====", false, "[]")]);
    let fields: Vec<String> = (0..300)
        .map(|n| format!("aRatherLongCustomField{n}"))
        .collect();
    script
        .marketo()
        .lead_changes("GIYD====", &fields)
        .await
        .unwrap();
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.query.as_str()),
        ("POST", "_method=GET")
    );
    assert_eq!(sent.form("fields").unwrap(), fields.join(","));
    assert_eq!(sent.form("nextPageToken").unwrap(), "GIYD====");
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_with_more_to_come_is_not_the_end() {
    let missing = r#"{"requestId":"c","success":true,"moreResult":true,"nextPageToken":"C===="}"#;
    let script = Script::answering([page("B====", true, "[]"), missing.into()]);
    let marketo = script.marketo();
    let first = marketo
        .lead_changes("A====", &names(&["email"]))
        .await
        .unwrap();
    assert_eq!(
        (first.items.len(), first.token.as_str(), first.more),
        (0, "B====", true)
    );
    let second = marketo
        .lead_changes("B====", &names(&["email"]))
        .await
        .unwrap();
    assert_eq!((second.token.as_str(), second.more), ("C====", true));
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_does_not_move_is_an_error_and_not_an_endless_loop() {
    let script = Script::answering([page("A====", true, "[]")]);
    let error = script
        .marketo()
        .lead_changes("A====", &names(&["email"]))
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Protocol);
}

#[tokio::test(start_paused = true)]
async fn a_token_the_server_no_longer_takes_is_an_expired_cursor() {
    let script = Script::answering([failed("1003", "Invalid nextPageToken")]);
    let error = script
        .marketo()
        .deleted_people("OLD====")
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::CursorExpired);
}

#[tokio::test(start_paused = true)]
async fn deletes_name_the_person() {
    let script = Script::answering([page(
        "NEXT====",
        false,
        r#"[{"id":6001,"marketoGUID":"6001","leadId":71009,"activityDate":"2026-08-17T10:00:00Z","activityTypeId":37,
             "primaryAttributeValueId":71009,"primaryAttributeValue":"Ann Berg","attributes":[]}]"#,
    )]);
    let page = script.marketo().deleted_people("GIYD====").await.unwrap();
    assert!(!page.more);
    let gone = &page.items[0];
    assert_eq!((gone.guid.as_str(), gone.person), ("6001", 71009));
    assert_eq!(
        script.sent()[0].path,
        "/rest/v1/activities/deletedleads.json"
    );
}

#[tokio::test(start_paused = true)]
async fn merges_name_the_winner_and_every_loser() {
    let merge = |ids: &str| {
        format!(
            r#"[{{"id":7001,"marketoGUID":"7001","leadId":71001,"activityDate":"2026-08-17T10:00:00Z","activityTypeId":32,
               "attributes":[{{"name":"Merge IDs","value":{ids}}},{{"name":"Master Updated","value":true}}]}}]"#
        )
    };
    for ids in [
        r#""71002,71003""#,
        r#""[71002, 71003, 71001]""#,
        "[71002,71003]",
    ] {
        let script = Script::answering([page("NEXT====", false, &merge(ids))]);
        let page = script.marketo().merged_people("GIYD====").await.unwrap();
        assert_eq!(
            (page.items[0].winner, page.items[0].losers.as_slice()),
            (71001, &[71002, 71003][..])
        );
        let sent = &script.sent()[0];
        assert_eq!(sent.path, "/rest/v1/activities.json");
        assert_eq!(sent.param("activityTypeIds").unwrap(), "32");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_guid_is_known_by_its_id() {
    let script = Script::answering([page(
        "NEXT====",
        false,
        r#"[{"id":6001,"leadId":5,"activityDate":"2014-11-13 12:43:04","activityTypeId":37,"primaryAttributeValueId":5}]"#,
    )]);
    let page = script.marketo().deleted_people("GIYD====").await.unwrap();
    assert_eq!(page.items[0].guid, "6001");
    assert_eq!(page.items[0].at, at("2014-11-13T12:43:04Z"));
}
