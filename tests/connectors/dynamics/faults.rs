//! The fault dial on reads: each fault has its class, and what may be tried again is.

use std::time::Duration;

use syncdeck::connectors::{ConnectorError, Trouble};

use super::script::{Answer, Script, fault, json, lead, response, status};

const EMPTY: &str = r#"{"value":[],"@odata.deltaLink":"https://contoso.crm4.dynamics.com/api/data/v9.2/leads?$deltatoken=1"}"#;

async fn read(answers: Vec<Answer>) -> Result<usize, ConnectorError> {
    let script = Script::of(answers);
    script.dynamics().first_page(&lead(), &[], 10).await?;
    assert_eq!(script.left(), 0);
    Ok(script.seen().len())
}

/// Each fault, made anew as often as wanted.
fn passing() -> Vec<(&'static str, fn() -> Answer, Trouble)> {
    let retry = Trouble::Retry { wait: None };
    let garbled = Trouble::Protocol;
    vec![
        (
            "500",
            || fault(500, "0x80040216", "An unexpected error occurred."),
            retry,
        ),
        (
            "502",
            || status(502, "text/html", "<html>Bad gateway</html>"),
            retry,
        ),
        ("503", || fault(503, "0x8004A001", "busy"), retry),
        ("504", || status(504, "text/plain", ""), retry),
        ("408", || status(408, "text/plain", ""), retry),
        (
            "deadlock",
            || fault(500, "0x80044150", "Sql Number: 1205"),
            retry,
        ),
        ("cut", || Answer::Cut, retry),
        ("no connection", || Answer::Connect, retry),
        (
            "slow",
            || {
                Answer::Slow(
                    Duration::from_secs(3_600),
                    response(200, "application/json", EMPTY),
                )
            },
            retry,
        ),
        (
            "HTML page",
            || status(200, "text/html; charset=utf-8", "<html>sign in</html>"),
            garbled,
        ),
        ("truncated JSON", || json(&EMPTY[..40]), garbled),
        (
            "wrong content type",
            || status(200, "text/plain", EMPTY),
            garbled,
        ),
        ("other JSON", || json(r#"{"error":"none"}"#), garbled),
        ("empty body", || json(""), garbled),
        ("two documents", || json(format!("{EMPTY}{EMPTY}")), garbled),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_tried_again() {
    for (name, faulty, _) in passing() {
        assert_eq!(
            read(vec![faulty(), faulty(), json(EMPTY)]).await.unwrap(),
            3,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_is_given_back_in_its_class() {
    for (name, faulty, expected) in passing() {
        let answers: Vec<_> = (0..4).map(|_| faulty()).collect();
        let error = read(answers).await.unwrap_err();
        assert_eq!(error.trouble, expected, "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_refusal_is_not_tried_again() {
    let configuration = Trouble::Configuration;
    let cases = [
        (
            fault(
                403,
                "0x80072560",
                "The user is not a member of the organization.",
            ),
            configuration,
            "application user",
        ),
        (
            fault(403, "0x80040220", "missing prvReadLead privilege, OTC=4"),
            configuration,
            "prvReadLead",
        ),
        (
            fault(403, "0x80040225", "The user is disabled"),
            configuration,
            "enable",
        ),
        (
            fault(
                400,
                "0x80072491",
                "Entity new_project isn't enabled for change tracking.",
            ),
            configuration,
            "Track changes",
        ),
        (
            fault(400, "0x80072492", "not enabled"),
            configuration,
            "Track changes",
        ),
        (
            fault(
                404,
                "0x80060888",
                "Resource not found for the segment 'leads'.",
            ),
            configuration,
            "segment",
        ),
        (status(404, "text/html", "<html>"), configuration, "url"),
        (status(302, "text/html", ""), configuration, "url"),
        (
            fault(400, "0x80060888", "Could not find a property named 'x'"),
            Trouble::Refused,
            "property",
        ),
        (
            fault(400, "", "The \"$filter\" query parameter isn't supported"),
            Trouble::Refused,
            "filter",
        ),
        (
            fault(400, "0x80044352", "Version stamp has expired"),
            Trouble::CursorExpired,
            "expired",
        ),
        (fault(501, "", ""), Trouble::Refused, "Not Implemented"),
    ];
    for (answer, expected, words) in cases {
        let script = Script::of([answer]);
        let error = script
            .dynamics()
            .first_page(&lead(), &[], 10)
            .await
            .unwrap_err();
        assert_eq!(error.trouble, expected, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_between_tries_grow() {
    let begun = tokio::time::Instant::now();
    let _ = read((0..4).map(|_| Answer::Cut).collect())
        .await
        .unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_millis(500 + 1_000 + 2_000));
}

#[tokio::test(start_paused = true)]
async fn an_untracked_answer_is_not_taken_for_the_end() {
    let error = read(vec![json(r#"{"value":[]}"#)]).await.unwrap_err();
    assert_eq!(
        (error.trouble, error.code.as_str()),
        (Trouble::Protocol, "no_delta_link")
    );
}

#[tokio::test(start_paused = true)]
async fn nobodys_data_is_in_an_error() {
    let row = |member: &str| {
        let id = "00000000-0000-0000-0000-000000000001";
        format!(r#"{{"value":[{{"leadid":"{id}",{member}}}],"@odata.deltaLink":"x"}}"#)
    };
    for member in [
        r#""numberofemployees":"ada@secret.test""#,
        r#""@odata.etag":["ada@secret.test"]"#,
    ] {
        let answers: Vec<_> = (0..4).map(|_| json(row(member))).collect();
        let error = read(answers).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Protocol);
        assert!(!format!("{error:?}").contains("secret.test"), "{error:?}");
    }
}
