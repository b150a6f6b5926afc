//! Everything that goes wrong, with what the engine is told to do about it: reads are repeated, writes never when they
//! may have run.

use std::time::Duration;

use syncdeck::connectors::marketo::{Marketo, PeopleAction, PeopleWrite};
use syncdeck::connectors::{ConnectorError, Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, Value};

use super::script::{Reply, Script, failed, ran};

async fn read(marketo: &Marketo) -> Result<(), ConnectorError> {
    marketo
        .people("email", &["a@x.example".to_owned()], &[], &[])
        .await
        .map(|_| ())
}

async fn write(marketo: &Marketo) -> Result<Vec<WriteOutcome>, ConnectorError> {
    let write = PeopleWrite {
        partition_name: None,
        action: PeopleAction::CreateOrUpdate,
        lookup: "dynId".to_owned(),
        people: vec![vec![("dynId".to_owned(), Value::text("a"))]],
    };
    marketo.sync_people(&write).await
}

fn written() -> Reply {
    ran(r#"[{"id":1,"status":"updated"}]"#)
}

/// Answers that leave open whether the call ran.
fn shaky() -> Vec<(&'static str, Reply)> {
    let mut replies: Vec<(&str, Reply)> = ["500", "502", "604", "608", "611", "713"]
        .map(|code| (code, failed(code, "System error")))
        .to_vec();
    replies
        .extend([500, 502, 503, 504].map(|status| ("http", Reply::Http(status, "<html>".into()))));
    replies.push(("lost", Reply::Cut));
    replies.push(("cut", r#"{"requestId":"a1","success":true,"resu"#.into()));
    replies.push(("empty", "".into()));
    replies
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_run_is_unknown_and_never_resent() {
    for (name, reply) in shaky() {
        let script = Script::answering([reply]);
        let error = write(&script.marketo()).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Unknown, "{name}");
        assert_eq!(script.sent().len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_until_it_succeeds() {
    for (name, reply) in shaky() {
        let script = Script::answering([reply.clone(), reply, ran("[]")]);
        read(&script.marketo())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(script.sent().len(), 3, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_not_repeated_for_ever() {
    for (name, reply) in shaky() {
        let script = Script::answering(vec![reply; 10]);
        let error = read(&script.marketo()).await.unwrap_err();
        let garbled = ["cut", "empty"].contains(&name);
        let expected = if garbled {
            Trouble::Protocol
        } else {
            Trouble::Retry { wait: None }
        };
        assert_eq!(error.trouble, expected, "{name}");
        assert_eq!(script.sent().len(), 4, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_surely_not_executed_is_sent_again_even_if_it_writes() {
    let table = [
        (
            "606",
            failed("606", "Max rate limit '100' exceeded with in '20' secs"),
            20,
        ),
        ("615", failed("615", "Concurrent access limit reached"), 1),
        ("429", Reply::Http(429, String::new()), 20),
        ("refused", Reply::Refused, 1),
    ];
    for (name, reply, wait) in table {
        let script = Script::answering([reply, written()]);
        write(&script.marketo())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let sent = script.sent();
        assert_eq!(sent[0].body, sent[1].body);
        let waited = sent[1].at - sent[0].at;
        assert!(waited >= Duration::from_secs(wait), "{name}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_without_end_is_handed_to_the_engine() {
    let script = Script::answering(vec![failed("606", "Max rate limit"); 20]);
    let error = write(&script.marketo()).await.unwrap_err();
    assert_eq!(
        error.trouble,
        Trouble::Retry {
            wait: Some(Duration::from_secs(20))
        }
    );
    assert_eq!(script.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_caller_holds_up_all_others() {
    let script = Script::answering([failed("606", "Max rate limit"), ran("[]"), ran("[]")]);
    let marketo = script.marketo();
    let (first, second) = tokio::join!(read(&marketo), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        read(&marketo).await
    });
    assert!(first.is_ok() && second.is_ok());
    let sent = script.sent();
    assert!(sent[1].at - sent[0].at >= Duration::from_secs(20));
    assert!(sent[2].at - sent[0].at >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_whole_call_says_whose_turn_it_is() {
    let wait = |seconds| Trouble::Retry {
        wait: Some(Duration::from_secs(seconds)),
    };
    let table = [
        ("605", Trouble::Configuration),
        ("609", Trouble::Refused),
        ("610", Trouble::Configuration),
        ("614", wait(120)),
        ("616", Trouble::Configuration),
        ("701", Trouble::Refused),
        ("719", Trouble::Retry { wait: None }),
        ("1003", Trouble::Refused),
        ("1006", Trouble::Refused),
        ("1011", Trouble::Refused),
        ("1016", wait(60)),
        ("1018", Trouble::Configuration),
        ("1029", wait(60)),
        ("9999", Trouble::Refused),
    ];
    for (code, expected) in table {
        let script = Script::answering([failed(code, "why")]);
        let error = write(&script.marketo()).await.unwrap_err();
        assert_eq!(error.trouble, expected, "{code}");
        assert_eq!(error.code, code);
        assert_eq!(error.request.as_deref(), Some("a1#18f0c2"), "{code}");
        assert_eq!(script.sent().len(), 1, "{code}");
    }
    for (status, expected) in [
        (301, Trouble::Configuration),
        (404, Trouble::Configuration),
        (413, Trouble::Refused),
        (414, Trouble::Refused),
    ] {
        let script = Script::answering([Reply::Http(status, "no".to_owned())]);
        let error = write(&script.marketo()).await.unwrap_err();
        assert_eq!(error.trouble, expected, "{status}");
        assert_eq!(error.code, format!("HTTP {status}"));
    }
}

#[tokio::test(start_paused = true)]
async fn each_record_code_has_its_class() {
    use FailureClass::{Data, Duplicate, Mapping, MissingParent, Privilege, Throttled, Vendor};
    let table = [
        ("718", Err(MissingParent)),
        ("1001", Err(Data)),
        ("1002", Err(Data)),
        ("1003", Err(Data)),
        ("1004", Err(MissingParent)),
        ("1006", Err(Mapping)),
        ("1008", Err(Privilege)),
        ("1010", Err(Privilege)),
        ("1021", Err(Data)),
        ("1077", Err(Data)),
        ("4711", Err(Vendor)),
        ("713", Ok(Vendor)),
        ("719", Ok(Vendor)),
        ("1019", Ok(Throttled)),
        ("1036", Ok(Duplicate)),
    ];
    for (code, expected) in table {
        let row =
            format!(r#"[{{"status":"skipped","reasons":[{{"code":"{code}","message":"why"}}]}}]"#);
        let script = Script::answering([ran(&row)]);
        let outcome = write(&script.marketo()).await.unwrap().remove(0);
        let found = match &outcome {
            WriteOutcome::Refused(why) => Err(why.class),
            WriteOutcome::Retry(why) => Ok(why.class),
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(found, expected, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_nobody_knows_leaves_the_write_unknown() {
    let script = Script::answering([ran(r#"[{"id":1,"status":"enqueued"}]"#)]);
    let error = write(&script.marketo()).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_a_number_is_read_like_one_that_is_text() {
    let body =
        r#"{"requestId":"x","success":false,"errors":[{"code":1006,"message":"Field not found"}]}"#;
    let script = Script::answering([body]);
    assert_eq!(write(&script.marketo()).await.unwrap_err().code, "1006");
}
