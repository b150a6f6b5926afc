//! Batched writes: what is sent, and what becomes of each record.

use syncdeck::connectors::dynamics::{DynamicsAction, DynamicsWrite, Table};
use syncdeck::connectors::{Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, RecordKey, Value};

use super::script::{API, Answer, Script, envelope, fault, id, lead, multipart, status};

fn write(table: &Table, n: u128, action: DynamicsAction) -> DynamicsWrite<'_> {
    let fields = match action {
        DynamicsAction::Delete { .. } => Vec::new(),
        _ => vec![("firstname".to_owned(), Value::text("Ada"))],
    };
    DynamicsWrite {
        table,
        id: id(n),
        action,
        fields,
    }
}

fn update(version: &str) -> DynamicsAction {
    DynamicsAction::Update {
        version: Some(version.to_owned()),
    }
}

/// The batch of the test below, byte for byte.
fn expected_body(boundary: &str) -> String {
    let row = "00000000-0000-0000-0000-00000000000";
    let head = |n: u32| {
        format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {n}\r\n\r\n"
        )
    };
    let patch = |n: u32, guard: &str| {
        format!(
            "{}PATCH /api/data/v9.2/leads({row}{n})?$select=leadid HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n\
             Accept: application/json\r\nPrefer: return=representation\r\n{guard}\r\n\r\n{{\"firstname\":\"Ada\"}}\r\n",
            head(n)
        )
    };
    let expected = [
        patch(1, "If-None-Match: *"),
        patch(2, "If-Match: W/\"9\""),
        patch(3, "If-Match: *"),
        format!(
            "{}DELETE /api/data/v9.2/leads({row}4) HTTP/1.1\r\nIf-Match: W/\"3\"\r\n\r\n\r\n",
            head(4)
        ),
        format!("--{boundary}--\r\n"),
    ];
    expected.concat()
}

#[tokio::test(start_paused = true)]
async fn each_write_carries_its_own_guard() {
    let table = lead();
    let script = Script::of([multipart(
        &[
            (
                "201 Created",
                r#"{"@odata.etag":"W/\"11\"","leadid":"00000000-0000-0000-0000-000000000001"}"#,
            ),
            (
                "200 OK",
                r#"{"@odata.etag":"W/\"12\"","leadid":"00000000-0000-0000-0000-000000000002"}"#,
            ),
            ("204 No Content", ""),
            ("204 No Content", ""),
        ],
        "\r\n",
        true,
    )]);
    let dynamics = script.dynamics();
    let outcomes = dynamics
        .write(&[
            write(&table, 1, DynamicsAction::Create),
            write(&table, 2, update("W/\"9\"")),
            write(&table, 3, DynamicsAction::Update { version: None }),
            write(
                &table,
                4,
                DynamicsAction::Delete {
                    version: Some("W/\"3\"".to_owned()),
                },
            ),
        ])
        .await
        .unwrap();
    let version = |text: &str| Some(text.to_owned());
    assert_eq!(
        outcomes,
        [
            WriteOutcome::Created {
                key: RecordKey::Dynamics(id(1)),
                version: version("W/\"11\"")
            },
            WriteOutcome::Updated {
                version: version("W/\"12\"")
            },
            WriteOutcome::Updated { version: None },
            WriteOutcome::Deleted,
        ]
    );
    let request = &script.seen()[0];
    assert_eq!(request.uri().to_string(), format!("{API}/$batch"));
    assert_eq!(request.headers()["prefer"], "odata.continue-on-error");
    let kind = request.headers()["content-type"].to_str().unwrap();
    let boundary = kind.split('"').nth(1).unwrap();
    let body = std::str::from_utf8(request.body()).unwrap();
    assert_eq!(body, expected_body(boundary));
}

#[tokio::test(start_paused = true)]
async fn one_refused_record_does_not_sink_its_mates() {
    let table = lead();
    for newline in ["\r\n", "\n"] {
        let long = envelope(
            "0x80044331",
            "The length of the 'subject' attribute exceeded",
        );
        let stale = envelope("0x80060882", "The version doesn't match");
        let script = Script::of([multipart(
            &[
                ("200 OK", r#"{"@odata.etag":"W/\"1\""}"#),
                ("400 Bad Request", &long),
                ("412 Precondition Failed", &stale),
                ("200 OK", r#"{"@odata.etag":"W/\"4\""}"#),
            ],
            newline,
            true,
        )]);
        let writes: Vec<_> = (1..5)
            .map(|n| write(&table, n, update("W/\"0\"")))
            .collect();
        let outcomes = script.dynamics().write(&writes).await.unwrap();
        assert_eq!(
            outcomes[0],
            WriteOutcome::Updated {
                version: Some("W/\"1\"".to_owned())
            }
        );
        let WriteOutcome::Refused(refusal) = &outcomes[1] else {
            panic!("{outcomes:?}")
        };
        assert_eq!(refusal.class, FailureClass::Data);
        assert_eq!(refusal.code, "0x80044331");
        assert_eq!(outcomes[2], WriteOutcome::Stale);
        assert_eq!(
            outcomes[3],
            WriteOutcome::Updated {
                version: Some("W/\"4\"".to_owned())
            }
        );
    }
}

/// A part's own id is the nearest; where the server gives none, the batch's is still found by the vendor's support.
#[tokio::test(start_paused = true)]
async fn a_refused_record_keeps_the_id_of_its_call() {
    let table = lead();
    let long = envelope(
        "0x80044331",
        "The length of the 'subject' attribute exceeded",
    );
    let own = "400 Bad Request\nx-ms-service-request-id: 22222222-0000-0000-0000-000000000002";
    let parts = [("400 Bad Request", long.as_str()), (own, long.as_str())];
    let script = Script::of([multipart(&parts, "\r\n", true).header(
        "x-ms-service-request-id",
        "11111111-0000-0000-0000-000000000001",
    )]);
    let writes = [1, 2].map(|n| write(&table, n, update("W/\"0\"")));
    let outcomes = script.dynamics().write(&writes).await.unwrap();
    let requests = outcomes.iter().map(|outcome| match outcome {
        WriteOutcome::Refused(refusal) => refusal.request.as_deref().unwrap(),
        other => panic!("{other:?}"),
    });
    let requests: Vec<&str> = requests.collect();
    assert_eq!(
        requests,
        [
            "11111111-0000-0000-0000-000000000001",
            "22222222-0000-0000-0000-000000000002"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_unknown_and_never_sent_again() {
    let table = lead();
    let html = || status(200, "text/html", "<html>sign in</html>");
    let lost: [fn() -> Answer; 4] = [
        || Answer::Cut,
        || fault(503, "", "busy"),
        || fault(500, "0x80040216", "unexpected"),
        || status(200, "application/json", "{}"),
    ];
    for answer in lost.into_iter().map(|a| a()).chain([html()]) {
        let script = Script::of([answer]);
        let error = script
            .dynamics()
            .write(&[write(&table, 1, DynamicsAction::Create)])
            .await
            .unwrap_err();
        assert_eq!(error.trouble, Trouble::Unknown, "{error}");
        assert_eq!(script.seen().len(), 1);
    }
}
