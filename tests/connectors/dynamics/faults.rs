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

const AGAIN: Trouble = Trouble::Retry { wait: None };

/// A name, the fault made anew as often as wanted, its class when it lasts.
type Fault = (&'static str, fn() -> Answer, Trouble);

#[rustfmt::skip]
const PASSING: [Fault; 15] = [
    ("500", || fault(500, "0x80040216", "An unexpected error occurred."), AGAIN),
    ("502", || status(502, "text/html", "<html>Bad gateway</html>"), AGAIN),
    ("503", || fault(503, "0x8004A001", "busy"), AGAIN),
    ("504", || status(504, "text/plain", ""), AGAIN),
    ("408", || status(408, "text/plain", ""), AGAIN),
    ("deadlock", || fault(500, "0x80044150", "Sql Number: 1205"), AGAIN),
    ("cut", || Answer::Cut, AGAIN),
    ("no connection", || Answer::Connect, AGAIN),
    ("slow", || Answer::Slow(Duration::from_secs(3_600), response(200, "application/json", EMPTY)), AGAIN),
    ("HTML page", || status(200, "text/html; charset=utf-8", "<html>sign in</html>"), Trouble::Protocol),
    ("truncated JSON", || json(&EMPTY[..40]), Trouble::Protocol),
    ("wrong content type", || status(200, "text/plain", EMPTY), Trouble::Protocol),
    ("other JSON", || json(r#"{"error":"none"}"#), Trouble::Protocol),
    ("empty body", || json(""), Trouble::Protocol),
    ("two documents", || json(format!("{EMPTY}{EMPTY}")), Trouble::Protocol),
];

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_tried_again() {
    for (name, faulty, _) in PASSING {
        assert_eq!(
            read(vec![faulty(), faulty(), json(EMPTY)]).await.unwrap(),
            3,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_is_given_back_in_its_class() {
    for (name, faulty, expected) in PASSING {
        let answers: Vec<_> = (0..4).map(|_| faulty()).collect();
        let error = read(answers).await.unwrap_err();
        assert_eq!(error.trouble, expected, "{name}: {error}");
    }
}

const FORBIDDEN: Trouble = Trouble::Configuration;

/// Status, code and message of an answer; its class; a word of what is told.
#[rustfmt::skip]
const REFUSALS: [(u16, &str, &str, Trouble, &str); 11] = [
    (403, "0x80072560", "The user is not a member of the organization.", FORBIDDEN, "application user"),
    (403, "0x80040220", "missing prvReadLead privilege, OTC=4", FORBIDDEN, "prvReadLead"),
    (403, "0x80040225", "The user is disabled", FORBIDDEN, "enable"),
    (400, "0x80072491", "Entity new_project isn't enabled for change tracking.", FORBIDDEN, "Track changes"),
    (400, "0x80072492", "not enabled", FORBIDDEN, "Track changes"),
    (404, "0x80060888", "Resource not found for the segment 'leads'.", FORBIDDEN, "segment"),
    (404, "", "", FORBIDDEN, "url"),
    (400, "0x80060888", "Could not find a property named 'x'", Trouble::Refused, "property"),
    (400, "", "The \"$filter\" query parameter isn't supported", Trouble::Refused, "filter"),
    (400, "0x80044352", "Version stamp has expired", Trouble::CursorExpired, "expired"),
    (501, "", "", Trouble::Refused, "Not Implemented"),
];

#[tokio::test(start_paused = true)]
async fn a_lasting_refusal_is_not_tried_again() {
    let told = REFUSALS.map(|(status, code, message, trouble, words)| {
        (fault(status, code, message), trouble, words)
    });
    let page = |code| status(code, "text/html", "<html>");
    let pages = [(page(404), FORBIDDEN, "url"), (page(302), FORBIDDEN, "url")];
    for (answer, expected, words) in told.into_iter().chain(pages) {
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
    let row = r#"{"leadid":"00000000-0000-0000-0000-000000000001","numberofemployees":"ada@secret.test"}"#;
    for rows in [row, r#""ada@secret.test""#, r#"["ada@secret.test"]"#] {
        let body = || json(format!(r#"{{"value":[{rows}],"@odata.deltaLink":"x"}}"#));
        let error = read((0..4).map(|_| body()).collect()).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Protocol);
        assert!(!format!("{error:?}").contains("secret.test"), "{error:?}");
    }
}
