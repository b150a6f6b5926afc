//! Bulk files both ways: what is imported is what is extracted, also when the line breaks.

use std::time::Duration;

use syncdeck::connectors::marketo::{
    ExtractFilter, ExtractJob, ExtractOf, ExtractRows, ImportOf, JobState, import_file,
};
use syncdeck::model::{FieldInfo, FieldKind, Fields, Value};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::pair::{KEY, Pair, server_now};

async fn pair() -> Pair {
    let options = InstanceOptions {
        bulk_time: Duration::ZERO,
        ..InstanceOptions::default()
    };
    Pair::with(options).await
}

fn names() -> Vec<String> {
    [KEY, "firstName", "doNotCall", "leadScore", "dateOfBirth"]
        .map(str::to_owned)
        .to_vec()
}

fn kinds() -> Vec<FieldInfo> {
    let kinds = [
        FieldKind::Text,
        FieldKind::Text,
        FieldKind::Boolean,
        FieldKind::Integer,
        FieldKind::Date,
    ];
    names()
        .into_iter()
        .zip(kinds)
        .map(|(name, kind)| FieldInfo::new(name, kind))
        .collect()
}

fn records(count: i64) -> Vec<Vec<Value>> {
    let first = ["Zoë, \"Z\"", "مريم", "👩‍👩‍👧‍👦", "two\nlines", "אבג"];
    let record = |n: i64| {
        vec![
            Value::text(format!("k{n:05}")),
            Value::text(first[n as usize % first.len()]),
            Value::Boolean(n % 2 == 0),
            Value::Integer(n),
            Value::Date("1980-02-29".parse().unwrap()),
        ]
    };
    (0..count).map(record).collect()
}

async fn imported(pair: &Pair, records: &[Vec<Value>]) {
    let of = ImportOf::People(KEY.to_owned());
    let file = import_file(&names(), records).unwrap();
    let mut job = pair.marketo.import(&of, &file).await.unwrap();
    for _ in 0..1000 {
        if job.state == JobState::Completed {
            break;
        }
        job = pair.marketo.import_job(&of, job.id).await.unwrap();
    }
    assert_eq!((job.state, job.failed), (JobState::Completed, 0), "{job:?}");
}

async fn ready(pair: &Pair) -> ExtractJob {
    let of = ExtractOf::People;
    let now = server_now();
    let filter =
        ExtractFilter::CreatedAt(now - Duration::from_secs(60), now + Duration::from_secs(60));
    let job = pair
        .marketo
        .create_extract(&of, &names(), &filter)
        .await
        .unwrap();
    let mut job = pair.marketo.enqueue_extract(&of, &job.id).await.unwrap();
    for _ in 0..1000 {
        if job.state == JobState::Completed {
            return job;
        }
        job = pair.marketo.extract(&of, &job.id).await.unwrap();
    }
    panic!("{job:?}");
}

async fn fetched(pair: &Pair, job: &ExtractJob) -> Vec<Fields> {
    let mut file = pair.marketo.extract_file(&ExtractOf::People, job);
    let mut rows = ExtractRows::new(&kinds());
    let mut found = Vec::new();
    while let Some(piece) = file.next().await.unwrap() {
        found.extend(rows.feed(&piece).unwrap());
    }
    found.extend(rows.finish().unwrap());
    found
}

#[tokio::test(start_paused = true)]
async fn what_is_imported_is_what_is_extracted_over_broken_lines_too() {
    let pair = pair().await;
    let records = records(2000);
    imported(&pair, &records).await;
    imported(&pair, &records).await;
    assert_eq!(
        pair.instance.people_count(),
        2000,
        "an import by key doubles nobody"
    );
    let job = ready(&pair).await;
    assert_eq!(job.records, Some(2000));
    for fault in [
        "", "cut=x1", "lost=x2", "reset=x1", "602=x1", "606=x1", "5xx=x1", "html=x1",
    ] {
        pair.dial(fault);
        let mut found: Vec<Vec<Value>> = fetched(&pair, &job)
            .await
            .into_iter()
            .map(|mut fields| {
                names()
                    .iter()
                    .map(|name| fields.remove(name).unwrap())
                    .collect()
            })
            .collect();
        found.sort_by_key(|record: &Vec<Value>| record[0].to_string());
        assert!(found == records, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_field_is_extracted_as_empty_not_as_a_word() {
    let pair = pair().await;
    pair.write(&["a"], "Buyer").await.unwrap();
    let found = fetched(&pair, &ready(&pair).await).await;
    assert_eq!(found[0].get("firstName"), Some(&Value::Null));
    assert_eq!(found[0].get("doNotCall"), Some(&Value::Boolean(false)));
}

#[test]
fn a_name_that_reads_as_nothing_is_not_imported() {
    let record = vec![Value::text("null")];
    assert!(import_file(&["firstName".to_owned()], &[record]).is_err());
}
