//! Following a table: first pages, deltas, tombstones, links, reads by id.

use syncdeck::connectors::Trouble;
use syncdeck::connectors::dynamics::{Change, Next};
use syncdeck::model::{FieldInfo, FieldKind, RecordKey, Value};
use uuid::uuid;

use super::script::{API, Answer, ORIGIN, Script, columns, fault, json, lead};

const ADA: uuid::Uuid = uuid!("60c4e274-0d87-4e6a-9f3b-5d6a2f1c7b01");

#[tokio::test(start_paused = true)]
async fn a_full_read_ends_with_the_delta_link() {
    let script = Script::of([
        json(format!(
            r#"{{"@odata.context":"{API}/$metadata#leads(firstname)",
                "value":[{{"@odata.etag":"W/\"915244\"","firstname":"Monty","modifiedon":"2026-11-22T08:10:44Z",
                          "leadid":"60C4E274-0D87-4E6A-9F3B-5D6A2F1C7B01"}}],
                "@odata.nextLink":"{API}/leads?$select=firstname&$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E"}}"#
        )),
        json(format!(
            r#"{{"@odata.deltaLink":"{API}/leads?$select=firstname&$deltatoken=919042%2111%2f22%2f2026%2008%3a10%3a44",
                "value":[]}}"#
        )),
    ]);
    let dynamics = script.dynamics();
    let page = dynamics
        .first_page(&lead(), &columns(&["firstname"]), 1_000)
        .await
        .unwrap();

    let [Change::Upsert(record)] = &page.changes[..] else {
        panic!("{page:?}")
    };
    assert_eq!(record.key, RecordKey::Dynamics(ADA));
    assert_eq!(record.version.as_deref(), Some("W/\"915244\""));
    assert_eq!(
        record.modified.unwrap().to_rfc3339(),
        "2026-11-22T08:10:44+00:00"
    );
    assert_eq!(record.get("firstname"), &Value::text("Monty"));
    let Next::Page(link) = &page.next else {
        panic!("{page:?}")
    };

    let last = dynamics.follow(&lead(), link, 1_000).await.unwrap();
    assert!(last.changes.is_empty());
    let delta =
        format!("{API}/leads?$select=firstname&$deltatoken=919042%2111%2f22%2f2026%2008%3a10%3a44");
    assert_eq!(last.next, Next::Delta(delta));

    assert_eq!(
        script.url(0),
        format!("{API}/leads?$select=leadid,firstname,modifiedon")
    );
    for request in script.seen() {
        assert_eq!(
            request.headers()["prefer"],
            "odata.track-changes,odata.maxpagesize=1000"
        );
        assert_eq!(request.headers()["authorization"], "Bearer token-1");
        assert_eq!(request.headers()["odata-version"], "4.0");
        assert_eq!(request.headers()["odata-maxversion"], "4.0");
        assert_eq!(request.headers()["accept"], "application/json");
    }
    assert_eq!(script.token_requests().len(), 1);
    assert_eq!(dynamics.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_delta_tells_changed_rows_from_deleted_ones() {
    let script = Script::of([json(format!(
        r#"{{"@odata.context":"{API}/$metadata#leads(firstname)/$delta",
            "@odata.deltaLink":"{API}/leads?$select=firstname&$deltatoken=2",
            "value":[{{"@odata.etag":"W/\"919050\"","firstname":null,"leadid":"{ADA}"}},
                     {{"id":"2E451703-c686-e711-80e5-00155db19e6d","reason":"deleted",
                       "@odata.context":"{API}/$metadata#leads/$deletedEntity"}}]}}"#
    ))]);
    let dynamics = script.dynamics();
    let link = format!("{API}/leads?$select=firstname&$deltatoken=1");
    let page = dynamics.follow(&lead(), &link, 500).await.unwrap();
    let [Change::Upsert(changed), Change::Delete(gone)] = &page.changes[..] else {
        panic!("{page:?}")
    };
    assert_eq!(changed.get("firstname"), &Value::Null);
    assert!(changed.fields.contains_key("firstname"), "read, and empty");
    assert_eq!(*gone, uuid!("2e451703-c686-e711-80e5-00155db19e6d"));
}

#[tokio::test(start_paused = true)]
async fn an_expired_or_refused_delta_link_asks_for_a_full_read() {
    for (status, code) in [
        (400, "0x80044352"),
        (400, "0x80060888"),
        (400, ""),
        (410, ""),
    ] {
        let script = Script::of([fault(status, code, "Version stamp has expired")]);
        let link = format!("{API}/leads?$deltatoken=1");
        let error = script
            .dynamics()
            .follow(&lead(), &link, 500)
            .await
            .unwrap_err();
        assert_eq!(error.trouble, Trouble::CursorExpired, "{status} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_address_is_never_followed() {
    let script = Script::default();
    for link in [
        "https://evil.example/api/data/v9.2/leads?$deltatoken=1",
        "http://contoso.crm4.dynamics.com/api/data/v9.2/leads?$deltatoken=1",
        "https://contoso.crm4.dynamics.com:8443/api/data/v9.2/leads?$deltatoken=1",
        "https://contoso.crm4.dynamics.com/elsewhere",
        "not a link",
    ] {
        let error = script
            .dynamics()
            .follow(&lead(), link, 500)
            .await
            .unwrap_err();
        assert_eq!(error.trouble, Trouble::CursorExpired, "{link}");
    }
    assert!(script.seen().is_empty() && script.token_requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_leads_elsewhere_is_refused() {
    let body = r#"{"value":[],"@odata.nextLink":"https://evil.example/api/data/v9.2/leads"}"#;
    let script = Script::of([json(body)]);
    let error = script
        .dynamics()
        .first_page(&lead(), &[], 500)
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration);
}

#[tokio::test(start_paused = true)]
async fn rows_are_read_by_id_in_urls_short_enough() {
    let ids: Vec<_> = (0..1_000).map(|n: u128| uuid::Uuid::from_u128(n)).collect();
    let answers: Vec<Answer> = (0..3)
        .map(|n| {
            json(format!(
                r#"{{"value":[{{"@odata.etag":"W/\"1\"","leadid":"{}","lastname":"Orton"}}]}}"#,
                uuid::Uuid::from_u128(n)
            ))
        })
        .collect();
    let script = Script::of(answers);
    let dynamics = script.dynamics();
    let found = dynamics
        .read(&lead(), &columns(&["lastname"]), &ids)
        .await
        .unwrap();
    assert_eq!(found.len(), 3, "absent rows are simply missing");
    assert_eq!(script.left(), 0);
    let mut asked = Vec::new();
    for request in script.seen() {
        let url = request.uri().to_string();
        assert!(url.len() < 16 * 1024, "{}", url.len());
        assert!(url.starts_with(&format!(
            "{API}/leads?$select=leadid,lastname,modifiedon&$filter=Microsoft.Dynamics.CRM.In(PropertyName='leadid',PropertyValues=[%22"
        )));
        asked.extend(
            url.split("%22")
                .filter_map(|word| uuid::Uuid::try_parse(word).ok()),
        );
    }
    asked.sort();
    assert_eq!(asked, ids);
}

#[tokio::test(start_paused = true)]
async fn reading_no_rows_costs_no_call() {
    let script = Script::default();
    assert!(
        script
            .dynamics()
            .read(&lead(), &[], &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(script.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn identity_works_with_what_the_server_tells() {
    let script = Script::routes(&[
        (
            "WhoAmI",
            r#"{"BusinessUnitId":"0c5e0000-0000-0000-0000-000000000000",
            "UserId":"a1f40000-0000-0000-0000-000000000001","OrganizationId":"5d1b0000-0000-0000-0000-000000000002"}"#,
        ),
        ("RetrieveVersion()", r#"{"Version":"9.2.26013.00170"}"#),
        (
            "RetrieveCurrentOrganization",
            r#"{"Detail":{"EnvironmentId":"env-1","TenantId":"t-1","FriendlyName":"Contoso"}}"#,
        ),
        (
            "organizations?",
            r#"{"@Microsoft.Dynamics.CRM.globalmetadataversion":"77","value":[{"name":"org","expirechangetrackingindays":7}]}"#,
        ),
    ]);
    let identity = script.dynamics().identity().await.unwrap();
    assert_eq!(
        identity.organization,
        uuid!("5d1b0000-0000-0000-0000-000000000002")
    );
    assert_eq!(identity.user, uuid!("a1f40000-0000-0000-0000-000000000001"));
    assert_eq!(identity.environment.as_deref(), Some("env-1"));
    assert_eq!(identity.version, "9.2.26013.00170");
    assert_eq!(identity.tracking_days, Some(7));
    assert_eq!(identity.schema.as_deref(), Some("77"));
    assert_eq!(identity.url, ORIGIN);
}

#[tokio::test(start_paused = true)]
async fn identity_does_without_what_the_server_does_not_tell() {
    let script = Script::of([
        json(
            r#"{"UserId":"a1f40000-0000-0000-0000-000000000001","OrganizationId":"5d1b0000-0000-0000-0000-000000000002"}"#,
        ),
        json(r#"{"Version":"9.1"}"#),
        fault(
            404,
            "0x80060888",
            "Resource not found for the segment 'RetrieveCurrentOrganization'.",
        ),
        fault(403, "0x80040220", "PrivilegeDenied"),
    ]);
    let identity = script.dynamics().identity().await.unwrap();
    assert_eq!(identity.environment, None);
    assert_eq!(identity.tracking_days, None);
}

#[tokio::test(start_paused = true)]
async fn a_table_with_a_column_called_id_still_has_tombstones() {
    let mut table = lead();
    table.columns.push(FieldInfo::new("id", FieldKind::Integer));
    let tombstone = r#"{"@odata.context":"x#leads/$deletedEntity","id":"60c4e274-0d87-4e6a-9f3b-5d6a2f1c7b01","reason":"deleted"}"#;
    let row = r#"{"id":5,"leadid":"60c4e274-0d87-4e6a-9f3b-5d6a2f1c7b01"}"#;
    let script = Script::of([json(format!(
        r#"{{"value":[{row},{tombstone}],"@odata.deltaLink":"{API}/leads?$deltatoken=1"}}"#
    ))]);
    let page = script.dynamics().first_page(&table, &[], 10).await.unwrap();
    let [Change::Upsert(record), Change::Delete(gone)] = &page.changes[..] else {
        panic!("{page:?}")
    };
    assert_eq!(record.get("id"), &Value::Integer(5));
    assert_eq!(*gone, ADA);
}

#[tokio::test(start_paused = true)]
async fn lookups_to_several_tables_are_asked_for_with_their_table() {
    let empty = || {
        json(format!(
            r#"{{"value":[],"@odata.deltaLink":"{API}/leads?$select=leadid,_customerid_value&$deltatoken=1"}}"#
        ))
    };
    let script = Script::of([empty(), empty(), empty()]);
    let dynamics = script.dynamics();
    let page = dynamics
        .first_page(&lead(), &columns(&["customerid:account"]), 10)
        .await
        .unwrap();
    let Next::Delta(link) = page.next else {
        panic!()
    };
    dynamics.follow(&lead(), &link, 10).await.unwrap();
    dynamics
        .first_page(&lead(), &columns(&["parentaccountid"]), 10)
        .await
        .unwrap();
    let prefer = |index: usize| {
        script.seen()[index].headers()["prefer"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let annotated = "odata.track-changes,odata.maxpagesize=10,\
                     odata.include-annotations=\"Microsoft.Dynamics.CRM.lookuplogicalname\"";
    assert_eq!(prefer(0), annotated);
    assert_eq!(prefer(1), annotated, "the same with each page");
    assert_eq!(prefer(2), "odata.track-changes,odata.maxpagesize=10");
    assert_eq!(
        script.url(0),
        format!("{API}/leads?$select=leadid,_customerid_value,modifiedon")
    );
}

#[tokio::test(start_paused = true)]
async fn people_are_found_by_what_a_column_contains() {
    let script = Script::of([json(format!(
        r#"{{"value":[{{"leadid":"{ADA}","lastname":"O'Brien"}}]}}"#
    ))]);
    let search = ("lastname", "%O'Brien & S\u{f6}n+1%");
    let found = script
        .dynamics()
        .find(&lead(), &columns(&["lastname"]), search, 20)
        .await
        .unwrap();
    assert_eq!(found[0].key, RecordKey::Dynamics(ADA));
    assert_eq!(
        script.url(0),
        format!(
            "{API}/leads?$select=leadid,lastname,modifiedon&$filter=contains(lastname,'O%27%27Brien%20%26%20S%C3%B6n%2B1')&$top=20"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn row_counts_are_told_where_the_server_knows_them() {
    let body = r#"{"EntityRecordCountCollection":{"Count":2,"IsReadOnly":false,"Keys":["lead","contact"],"Values":[120311,98220]}}"#;
    let script = Script::of([json(body), fault(404, "0x80060888", "no such function")]);
    let dynamics = script.dynamics();
    let counts = dynamics.counts(&["lead", "contact"]).await.unwrap();
    assert_eq!((counts["lead"], counts["contact"]), (120_311, 98_220));
    assert!(
        script
            .url(0)
            .ends_with("RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[%22lead%22,%22contact%22]")
    );
    assert!(dynamics.counts(&["lead"]).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_identity_half_told_for_a_passing_reason_is_no_identity() {
    let who = json(
        r#"{"UserId":"a1f40000-0000-0000-0000-000000000001","OrganizationId":"5d1b0000-0000-0000-0000-000000000002"}"#,
    );
    let busy = (0..4).map(|_| fault(503, "", "busy"));
    let script = Script::of([who, json(r#"{"Version":"9.2"}"#)].into_iter().chain(busy));
    let error = script.dynamics().identity().await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Retry { wait: None });
}
