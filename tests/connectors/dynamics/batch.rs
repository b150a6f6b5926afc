//! Odd batches: early stops, cut answers, refusals as a whole, odd layouts, limits.

use syncdeck::connectors::dynamics::{BATCH_MAX, DynamicsAction, DynamicsWrite, Table};
use syncdeck::connectors::{ConnectorError, Trouble, WriteOutcome};
use syncdeck::model::Value;

use super::script::{Answer, Script, envelope, fault, id, lead, multipart, status};

fn updates(table: &Table, count: u128) -> Vec<DynamicsWrite<'_>> {
    let write = |n| DynamicsWrite {
        table,
        id: id(n),
        action: DynamicsAction::Update {
            version: Some("W/\"0\"".to_owned()),
        },
        fields: vec![("firstname".to_owned(), Value::text("Ada"))],
    };
    (1..=count).map(write).collect()
}

async fn send(answer: Answer, count: u128) -> Result<Vec<WriteOutcome>, ConnectorError> {
    let script = Script::of([answer]);
    let outcomes = script.dynamics().write(&updates(&lead(), count)).await;
    assert_eq!(script.seen().len(), 1, "never sent again");
    outcomes
}

const OK: (&str, &str) = ("200 OK", r#"{"@odata.etag":"W/\"1\""}"#);

fn updated(outcome: &WriteOutcome) -> bool {
    *outcome
        == WriteOutcome::Updated {
            version: Some("W/\"1\"".to_owned()),
        }
}

fn with_status(answer: Answer, code: u16) -> Answer {
    let Answer::Http(mut response) = answer else {
        panic!()
    };
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response.headers_mut().remove("preference-applied");
    Answer::Http(response)
}

#[tokio::test(start_paused = true)]
async fn records_behind_an_early_stop_may_be_tried_again() {
    let refused = envelope("0x80044331", "too long");
    let stopped = multipart(&[OK, ("400 Bad Request", &refused)], "\r\n", true);
    for code in [400, 200] {
        let answer = multipart(&[OK, ("400 Bad Request", &refused)], "\r\n", true);
        let outcomes = send(with_status(answer, code), 4).await.unwrap();
        assert!(updated(&outcomes[0]));
        assert!(matches!(outcomes[1], WriteOutcome::Refused(_)));
        assert!(matches!(outcomes[2], WriteOutcome::Retry(_)), "{code}");
        assert!(matches!(outcomes[3], WriteOutcome::Retry(_)), "{code}");
    }
    let outcomes = send(stopped, 3).await.unwrap();
    assert!(
        matches!(outcomes[2], WriteOutcome::Unknown(_)),
        "it was told to go on, and did not say"
    );
}

#[tokio::test(start_paused = true)]
async fn records_behind_a_cut_are_unknown() {
    let whole = multipart(&[OK, OK, OK], "\r\n", true);
    let Answer::Http(whole) = whole else { panic!() };
    let (head, body) = whole.into_parts();
    let mut known_before = 0;
    for length in 0..body.len() {
        let cut = http::Response::from_parts(head.clone(), body.slice(..length));
        let outcomes = send(Answer::Http(cut), 3).await.unwrap();
        let known = outcomes
            .iter()
            .take_while(|o| matches!(o, WriteOutcome::Updated { .. }))
            .count();
        let rest = &outcomes[known..];
        assert!(
            rest.iter().all(|o| matches!(o, WriteOutcome::Unknown(_))),
            "{length} {outcomes:?}"
        );
        assert!(known >= known_before);
        known_before = known;
    }
    assert_eq!(known_before, 3);
}

#[tokio::test(start_paused = true)]
async fn records_behind_a_refusal_in_a_cut_answer_are_unknown() {
    let refused = envelope("0x80044331", "too long");
    let cut = multipart(&[OK, ("400 Bad Request", &refused)], "\r\n", false);
    let outcomes = send(with_status(cut, 200), 3).await.unwrap();
    assert!(matches!(outcomes[1], WriteOutcome::Refused(_)));
    assert!(
        matches!(outcomes[2], WriteOutcome::Unknown(_)),
        "{outcomes:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_batch_refused_says_so() {
    let cases = [
        (fault(400, "0x80060888", "Bad batch"), Trouble::Refused),
        (fault(413, "0x8004418A", "too large"), Trouble::Refused),
        (status(413, "text/html", "<html>"), Trouble::Refused),
        (
            fault(403, "0x80072560", "not a member"),
            Trouble::Configuration,
        ),
        (fault(502, "", ""), Trouble::Unknown),
        (status(302, "text/html", ""), Trouble::Configuration),
    ];
    for (answer, expected) in cases {
        let error = send(answer, 2).await.unwrap_err();
        assert_eq!(error.trouble, expected, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_layouts_are_understood() {
    let json = r#"{"@odata.etag":"W/\"1\""}"#;
    let quoted = format!(
        "preamble\r\n--batchresponse_1 \r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n\
         HTTP/1.1 200 OK\r\nETag: W/\"9\"\r\n\r\n{json}\r\n\r\n--batchresponse_1\nContent-Type: application/http\n\n\
         HTTP/1.1 204 No Content\nETag: W/\"1\"\nOData-EntityId: https://x/leads(1)\n\n\n--batchresponse_1--\nepilogue"
    );
    let kind = "Multipart/Mixed; charset=utf-8; Boundary=\"batchresponse_1\"";
    let outcomes = send(status(200, kind, quoted), 2).await.unwrap();
    assert!(outcomes.iter().all(updated), "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_boundary_inside_a_value_does_not_split_it() {
    let json =
        r#"{"@odata.etag":"W/\"1\"","lastname":"--batchresponse_7d0c --batchresponse_7d0c--"}"#;
    let outcomes = send(multipart(&[("200 OK", json), OK], "\r\n", true), 2)
        .await
        .unwrap();
    assert!(outcomes.iter().all(updated), "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unmappable_record_is_refused_alone() {
    let table = lead();
    let mut writes = updates(&table, 3);
    writes[1].fields[0].1 = Value::Boolean(true);
    let script = Script::of([multipart(&[OK, OK], "\r\n", true)]);
    let outcomes = script.dynamics().write(&writes).await.unwrap();
    assert!(updated(&outcomes[0]) && updated(&outcomes[2]));
    assert!(matches!(outcomes[1], WriteOutcome::Refused(_)));
    let body = String::from_utf8(script.seen()[0].body().to_vec()).unwrap();
    assert!(!body.contains(&id(2).to_string()));
}

#[tokio::test(start_paused = true)]
async fn nothing_to_write_costs_no_call_and_too_much_is_refused() {
    let script = Script::default();
    let dynamics = script.dynamics();
    let table = lead();
    assert!(dynamics.write(&[]).await.unwrap().is_empty());
    let many = updates(&table, BATCH_MAX as u128 + 1);
    assert_eq!(
        dynamics.write(&many).await.unwrap_err().trouble,
        Trouble::Refused
    );
    let mut long = updates(&table, 9);
    for write in &mut long {
        write.fields[0].1 = Value::text("x".repeat(1_000_000));
    }
    assert_eq!(
        dynamics.write(&long).await.unwrap_err().trouble,
        Trouble::Refused
    );
    assert_eq!(script.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_table_without_row_versions_gets_no_version_to_check() {
    let mut table = lead();
    table.optimistic = false;
    let script = Script::of([multipart(&[OK], "\r\n", true)]);
    script.dynamics().write(&updates(&table, 1)).await.unwrap();
    let body = String::from_utf8(script.seen()[0].body().to_vec()).unwrap();
    assert!(body.contains("If-Match: *\r\n"), "{body}");
}
