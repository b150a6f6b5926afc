//! Bulk extract and import.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use syncdeck::connectors::Trouble;
use syncdeck::connectors::marketo::{
    ExtractFile, ExtractFilter, ExtractJob, ExtractOf, ExtractRows, ImportOf, JobState, import_file,
};
use syncdeck::model::{FieldInfo, FieldKind, Fields, Value};

use super::script::{Reply, Script, failed, ran};

const ID: &str = "5f2f0a3e-0000-4000-8000-000000000001";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn job(status: &str, more: &str) -> Reply {
    ran(&format!(
        r#"[{{"exportId":"{ID}","format":"CSV","status":"{status}","createdAt":"2026-08-17T10:00:00Z"{more}}}]"#
    ))
}

#[tokio::test(start_paused = true)]
async fn an_extract_is_ordered_queued_and_asked_after_as_documented() {
    let script = Script::answering([
        job("Created", ""),
        job("Queued", ""),
        job("Processing", ""),
        job(
            "Completed",
            r#","numberOfRecords":1200,"fileSize":48211,"fileChecksum":"sha256:9b74""#,
        ),
        job("Cancelled", ""),
    ]);
    let marketo = script.marketo();
    let filter = ExtractFilter::UpdatedAt(
        "2026-08-01T00:00:00Z".parse().unwrap(),
        "2026-08-17T00:00:00.900Z".parse().unwrap(),
    );
    let of = ExtractOf::People;
    let created = marketo
        .create_extract(&of, &names(&["id", "email"]), &filter)
        .await
        .unwrap();
    assert_eq!(
        (created.id.as_str(), created.state),
        (ID, JobState::Created)
    );
    assert_eq!(
        marketo.enqueue_extract(&of, ID).await.unwrap().state,
        JobState::Queued
    );
    assert_eq!(
        marketo.extract(&of, ID).await.unwrap().state,
        JobState::Running
    );
    let done = marketo.extract(&of, ID).await.unwrap();
    assert_eq!((done.records, done.bytes), (Some(1200), Some(48211)));
    assert_eq!(
        marketo.cancel_extract(&of, ID).await.unwrap().state,
        JobState::Cancelled
    );
    let sent = script.sent();
    assert_eq!(sent[0].path, "/bulk/v1/leads/export/create.json");
    assert_eq!(
        sent[0].json(),
        json!({"fields": ["id", "email"], "format": "CSV",
               "filter": {"updatedAt": {"startAt": "2026-08-01T00:00:00Z", "endAt": "2026-08-17T00:00:00Z"}}})
    );
    let enqueue = format!("/bulk/v1/leads/export/{ID}/enqueue.json");
    assert_eq!(
        (sent[1].method.as_str(), sent[1].path.as_str()),
        ("POST", enqueue.as_str())
    );
    assert_eq!(sent[2].method, "GET");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_waits_and_a_used_up_volume_waits_for_the_next_day() {
    let script = Script::answering([
        failed("1029", "Too many jobs (10) in queue"),
        failed("1029", "Export daily quota 500MB exceeded"),
    ]);
    let marketo = script.marketo();
    let error = marketo
        .enqueue_extract(&ExtractOf::People, ID)
        .await
        .unwrap_err();
    assert_eq!(
        error.trouble,
        Trouble::Retry {
            wait: Some(Duration::from_secs(60))
        }
    );
    let error = marketo
        .enqueue_extract(&ExtractOf::People, ID)
        .await
        .unwrap_err();
    assert!(matches!(error.trouble, Trouble::Quota { .. }));
    // It is the export's volume that is used up, not the day's calls.
    script.then([job("Queued", "")]);
    assert!(marketo.extract(&ExtractOf::People, ID).await.is_ok());
}

fn file(script: &Script, content: &[u8], checksum: &str) -> ExtractFile {
    let job = ExtractJob {
        id: ID.to_owned(),
        state: JobState::Completed,
        records: None,
        bytes: Some(content.len() as u64),
        checksum: Some(format!("sha256:{checksum}")),
    };
    script.marketo().extract_file(&ExtractOf::People, &job)
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
}

const PIECE: usize = 4 * 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn a_file_comes_in_pieces_and_its_checksum_is_proved() {
    let content = vec![b'x'; PIECE + 10];
    let part = |bytes: &[u8]| Reply::File(206, Bytes::copy_from_slice(bytes));
    let script = Script::answering([part(&content[..PIECE]), Reply::Cut, part(&content[PIECE..])]);
    let mut file = file(&script, &content, &hash(&content));
    assert_eq!(file.next().await.unwrap().unwrap().len(), PIECE);
    assert_eq!(file.next().await.unwrap().unwrap().len(), 10);
    assert_eq!(file.next().await.unwrap(), None);
    let ranges: Vec<_> = script
        .sent()
        .into_iter()
        .map(|sent| sent.range.unwrap())
        .collect();
    assert_eq!(
        ranges,
        [
            "bytes=0-4194303",
            "bytes=4194304-8388607",
            "bytes=4194304-8388607"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_found_out() {
    let script = Script::answering([Reply::File(200, Bytes::from_static(b"id\n1\n"))]);
    let error = file(&script, b"id\n2\n", &hash(b"id\n2\n"))
        .next()
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Protocol);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_there_yet_is_asked_for_later() {
    let script = Script::answering([Reply::File(404, Bytes::from_static(b"Not found"))]);
    let error = file(&script, b"x", "").next().await.unwrap_err();
    assert!(
        matches!(error.trouble, Trouble::Retry { wait: Some(_) }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_over_is_replaced_in_the_middle_of_a_file() {
    let script = Script::answering([
        failed("602", "Access token expired"),
        Reply::File(200, Bytes::from_static(b"id\n1\n")),
    ]);
    let piece = file(&script, b"id\n1\n", &hash(b"id\n1\n"))
        .next()
        .await
        .unwrap();
    assert_eq!(piece.unwrap(), "id\n1\n");
    assert_eq!(script.asked().len(), 2);
}

fn kinds() -> Vec<FieldInfo> {
    vec![
        FieldInfo::new("id", FieldKind::Integer),
        FieldInfo::new("unsubscribed", FieldKind::Boolean),
    ]
}

const CSV: &str = "id,lastName,unsubscribed\n1,\"Berg, \"\"Ann\"\"\nä\u{1F600}\",true\n2,null,null\n3,\"null\",false";

fn rows(pieces: &[&[u8]]) -> Vec<Fields> {
    let mut reader = ExtractRows::new(&kinds());
    let mut rows = Vec::new();
    for piece in pieces {
        rows.extend(reader.feed(piece).unwrap());
    }
    rows.extend(reader.finish().unwrap());
    rows
}

#[test]
fn rows_have_types_and_the_word_null_is_no_value() {
    let rows = rows(&[CSV.as_bytes()]);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["id"], Value::Integer(1));
    assert_eq!(
        rows[0]["lastName"],
        Value::text("Berg, \"Ann\"\nä\u{1F600}")
    );
    assert_eq!(rows[0]["unsubscribed"], Value::Boolean(true));
    assert_eq!(rows[1]["lastName"], Value::Null);
    assert_eq!(rows[1]["unsubscribed"], Value::Boolean(false));
}

#[test]
fn only_a_line_feed_ends_a_row() {
    let rows = rows(&[b"id,lastName\r\n1,a\rb\r\n2,\"c\0\xE2\x80\xA8\"\r\n"]);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["lastName"], Value::text("a\rb"));
    assert_eq!(rows[1]["lastName"], Value::text("c\0\u{2028}"));
}

#[test]
fn a_quote_that_never_closes_does_not_fill_the_memory() {
    let mut reader = ExtractRows::new(&kinds());
    reader.feed(b"id,lastName\n1,\"").unwrap();
    let piece = vec![b'x'; PIECE];
    let fed = (0..10).map(|_| reader.feed(&piece)).collect::<Vec<_>>();
    assert!(fed.iter().any(Result::is_err));
}

#[test]
fn a_row_with_another_number_of_cells_is_an_error() {
    let mut reader = ExtractRows::new(&kinds());
    assert!(reader.feed(b"id,lastName\n1\n").is_err());
}

proptest! {
    #[test]
    fn rows_do_not_depend_on_where_the_file_is_cut(first in 0..CSV.len(), second in 0..CSV.len()) {
        let bytes = CSV.as_bytes();
        let (a, b) = (first.min(second), first.max(second));
        prop_assert_eq!(rows(&[&bytes[..a], &bytes[a..b], &bytes[b..]]), rows(&[bytes]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_uploads_one_file_and_tells_its_job() {
    let script = Script::answering([
        ran(r#"[{"batchId":3501,"importId":"3501","status":"Queued"}]"#),
        ran(
            r#"[{"batchId":3501,"importId":"3501","status":"Complete","numOfLeadsProcessed":47,"numOfRowsFailed":3,
                 "numOfRowsWithWarning":0,"message":"Import completed with errors"}]"#,
        ),
        Reply::File(
            200,
            Bytes::from_static(b"dynId,Import Failure Reason\na,bad\n"),
        ),
        Reply::File(404, Bytes::from_static(b"")),
    ]);
    let marketo = script.marketo();
    let of = ImportOf::People("dynId".to_owned());
    let records = [vec![Value::text("a"), Value::text("Berg, \"Ann\"")]];
    let file = import_file(&names(&["dynId", "lastName"]), &records).unwrap();
    assert_eq!(file, "dynId,lastName\na,\"Berg, \"\"Ann\"\"\"\n");
    let job = marketo.import(&of, &file).await.unwrap();
    assert_eq!((job.id, job.state), (3501, JobState::Queued));
    let job = marketo.import_job(&of, 3501).await.unwrap();
    assert_eq!(
        (job.state, job.processed, job.failed),
        (JobState::Completed, 47, 3)
    );
    assert!(marketo.import_failures(&of, 3501).await.unwrap().is_some());
    assert_eq!(marketo.import_failures(&of, 3501).await.unwrap(), None);
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.path.as_str(), sent.query.as_str()),
        ("/bulk/v1/leads.json", "format=csv&lookupField=dynId")
    );
    let boundary = sent
        .content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"rows.csv\"\r\nContent-Type: text/csv\r\n\r\n{}\r\n--{boundary}--\r\n",
        String::from_utf8_lossy(&file)
    );
    assert_eq!(sent.body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_full_import_queue_waits_and_a_lost_answer_is_unknown() {
    let script = Script::answering([
        failed("1016", "There are 10 imports currently being processed"),
        Reply::Cut,
        ran("[]"),
    ]);
    let marketo = script.marketo();
    let of = ImportOf::Custom("crmAsset_c".to_owned());
    let troubles = [
        Trouble::Retry {
            wait: Some(Duration::from_secs(60)),
        },
        Trouble::Unknown,
        Trouble::Unknown,
    ];
    for trouble in troubles {
        assert_eq!(
            marketo.import(&of, b"x").await.unwrap_err().trouble,
            trouble
        );
    }
    assert_eq!(
        script.sent()[0].path,
        "/bulk/v1/customobjects/crmAsset_c/import.json"
    );
}

#[test]
fn a_record_without_a_value_is_not_imported_as_an_empty_cell() {
    assert!(import_file(&names(&["a"]), &[vec![Value::Null]]).is_err());
}
