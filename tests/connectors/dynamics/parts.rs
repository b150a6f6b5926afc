//! Every refusal of the vendor's table, as one part of a batch: what becomes of its record.

use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::dynamics::{DynamicsAction, DynamicsWrite};
use syncdeck::model::{FailureClass, Value};

use super::script::{Script, envelope, id, lead, multipart};

async fn outcome(action: &DynamicsAction, status: u16, code: &str, message: &str) -> WriteOutcome {
    let line = format!("{status} Status");
    let body = envelope(code, message);
    let script = Script::of([multipart(&[(&line, &body)], "\r\n", true)]);
    let table = lead();
    let write = DynamicsWrite {
        table: &table,
        id: id(1),
        action: action.clone(),
        fields: vec![("firstname".to_owned(), Value::text("Ada"))],
    };
    script.dynamics().write(&[write]).await.unwrap().remove(0)
}

const CREATE: DynamicsAction = DynamicsAction::Create;
const UPDATE: DynamicsAction = DynamicsAction::Update { version: None };
const DELETE: DynamicsAction = DynamicsAction::Delete { version: None };

/// What is expected, in short.
#[derive(Debug, PartialEq)]
enum Short {
    Stale,
    Exists,
    Gone,
    Retry(FailureClass),
    Unknown,
    Refused(FailureClass),
}

fn short(outcome: WriteOutcome) -> Short {
    match outcome {
        WriteOutcome::Stale => Short::Stale,
        WriteOutcome::Exists => Short::Exists,
        WriteOutcome::Gone => Short::Gone,
        WriteOutcome::Retry(refusal) => Short::Retry(refusal.class),
        WriteOutcome::Unknown(_) => Short::Unknown,
        WriteOutcome::Refused(refusal) => Short::Refused(refusal.class),
        other => panic!("{other:?}"),
    }
}

use FailureClass::{Data, Duplicate, Mapping, MissingParent, Privilege, Throttled, Vendor};
use Short::{Exists, Gone, Refused, Retry, Stale, Unknown};

/// What was to be done, the part's status and code, what becomes of the record.
#[rustfmt::skip]
const REFUSALS: [(DynamicsAction, u16, &str, Short); 51] = [
    (UPDATE, 403, "0x80040220", Refused(Privilege)),
    (UPDATE, 403, "0x80048306", Refused(Privilege)),
    (UPDATE, 403, "0x8004F507", Refused(Privilege)),
    (UPDATE, 404, "0x80040217", Gone),
    (UPDATE, 404, "", Gone),
    (DELETE, 404, "0x80040217", Gone),
    (UPDATE, 404, "0x80060891", Gone),
    (CREATE, 404, "0x80040217", Refused(MissingParent)),
    (CREATE, 400, "0x80040217", Refused(MissingParent)),
    (UPDATE, 404, "0x80060888", Refused(Mapping)),
    (UPDATE, 400, "0x80060888", Refused(Mapping)),
    (UPDATE, 400, "0x80048d19", Refused(Mapping)),
    (UPDATE, 400, "0x80048D19", Refused(Mapping)),
    (UPDATE, 400, "0x80040203", Refused(Data)),
    (UPDATE, 400, "0x80044331", Refused(Data)),
    (UPDATE, 400, "0x8004432F", Refused(Data)),
    (UPDATE, 400, "0x80044330", Refused(Data)),
    (UPDATE, 400, "0x8004431A", Refused(Data)),
    (UPDATE, 400, "0x80040278", Refused(Data)),
    (UPDATE, 400, "0x80048408", Refused(Data)),
    (UPDATE, 400, "0x80040265", Refused(Data)),
    (UPDATE, 400, "0x80040519", Stale),
    (DELETE, 405, "0x80040227", Refused(Data)),
    (UPDATE, 412, "0x80060882", Stale),
    (UPDATE, 412, "", Stale),
    (DELETE, 412, "0x80060882", Stale),
    (CREATE, 412, "", Exists),
    (CREATE, 412, "0x80060882", Exists),
    (CREATE, 412, "0x80040237", Exists),
    (CREATE, 412, "-2147220937", Exists),
    (CREATE, 500, "0x80073002", Exists),
    (UPDATE, 412, "0x80060883", Refused(Mapping)),
    (UPDATE, 400, "0x8006088D", Refused(Mapping)),
    (CREATE, 412, "0x80060892", Refused(Duplicate)),
    (UPDATE, 412, "0x80060892", Refused(Duplicate)),
    (UPDATE, 412, "0x80040237", Refused(Duplicate)),
    (CREATE, 412, "0x80040333", Refused(Duplicate)),
    (CREATE, 500, "0x80040333", Refused(Duplicate)),
    (UPDATE, 413, "0x8004418A", Refused(Data)),
    (UPDATE, 429, "0x80072321", Retry(Throttled)),
    (UPDATE, 429, "0x80072322", Retry(Throttled)),
    (UPDATE, 429, "0x80072326", Retry(Throttled)),
    (UPDATE, 429, "", Retry(Throttled)),
    (UPDATE, 503, "0x8005F103", Retry(Throttled)),
    (UPDATE, 500, "0x80044151", Retry(Vendor)),
    (UPDATE, 500, "0x80040255", Retry(Vendor)),
    (UPDATE, 500, "0x80044150", Refused(Vendor)),
    (UPDATE, 500, "0x80040216", Unknown),
    (UPDATE, 503, "0x8004A001", Unknown),
    (UPDATE, 504, "", Unknown),
    (UPDATE, 401, "", Retry(Vendor)),
];

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_class() {
    for (action, status, code, expected) in REFUSALS {
        let found = short(outcome(&action, status, code, "message").await);
        assert_eq!(found, expected, "{action:?} {status} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadlock_is_tried_again_other_sql_errors_are_not() {
    let found = outcome(&UPDATE, 500, "0x80044150", "Sql error: Sql Number: 1205").await;
    assert_eq!(short(found), Short::Retry(FailureClass::Vendor));
    let found = outcome(&UPDATE, 500, "0x80044150", "Sql error: Sql Number: 547").await;
    assert_eq!(short(found), Short::Refused(FailureClass::Vendor));
}

#[tokio::test(start_paused = true)]
async fn a_missing_row_we_point_to_is_told_from_our_own() {
    let other = format!("account With Id = {} Does Not Exist", id(9));
    let found = outcome(&UPDATE, 404, "0x80040217", &other).await;
    assert_eq!(short(found), Short::Refused(FailureClass::MissingParent));
    let own = format!(
        "lead With Id = {} Does Not Exist",
        id(1).to_string().to_uppercase()
    );
    let found = outcome(&UPDATE, 404, "0x80040217", &own).await;
    assert_eq!(short(found), Short::Gone);
}

#[tokio::test(start_paused = true)]
async fn the_vendors_code_and_words_are_kept() {
    let found = outcome(
        &UPDATE,
        400,
        "0x80044331",
        "The length of 'subject' exceeded 300",
    )
    .await;
    let WriteOutcome::Refused(refusal) = found else {
        panic!("{found:?}")
    };
    assert_eq!(refusal.code, "0x80044331");
    assert_eq!(refusal.message, "The length of 'subject' exceeded 300");
}
