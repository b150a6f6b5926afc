//! Each fault of the dial, once: the class the engine is told, and afterwards nothing lost and nobody doubled.

use syncdeck::connectors::{Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, RecordKey};

use super::pair::Pair;

/// What the engine is told about a write that meets a fault.
#[derive(Debug, PartialEq)]
enum Told {
    /// Nothing: it was sent again, because it surely had not run.
    Written,
    /// It may have run.
    Unknown,
    /// Not before the day is over.
    Quota,
}

/// Whether the server had carried the write out when its answer went wrong.
#[derive(Debug, PartialEq)]
enum Done {
    Once,
    Never,
    /// Either; both are seen over the seeds.
    Open,
}

const TABLE: [(&str, Told, Done, Told); 19] = [
    ("601", Told::Written, Done::Once, Told::Written),
    ("602", Told::Written, Done::Once, Told::Written),
    ("606", Told::Written, Done::Once, Told::Written),
    ("607", Told::Quota, Done::Never, Told::Quota),
    ("615", Told::Written, Done::Once, Told::Written),
    ("500", Told::Unknown, Done::Open, Told::Written),
    ("502", Told::Unknown, Done::Open, Told::Written),
    ("604", Told::Unknown, Done::Open, Told::Written),
    ("608", Told::Unknown, Done::Open, Told::Written),
    ("611", Told::Unknown, Done::Open, Told::Written),
    ("713", Told::Unknown, Done::Open, Told::Written),
    ("5xx", Told::Unknown, Done::Open, Told::Written),
    ("cut", Told::Unknown, Done::Once, Told::Written),
    ("truncated", Told::Unknown, Done::Once, Told::Written),
    ("html", Told::Unknown, Done::Once, Told::Written),
    ("lost", Told::Unknown, Done::Once, Told::Written),
    ("reset", Told::Unknown, Done::Never, Told::Written),
    ("slow_ms=1,slow", Told::Written, Done::Once, Told::Written),
    ("", Told::Written, Done::Once, Told::Written),
];

fn dialled(fault: &str) -> String {
    match fault {
        "" => String::new(),
        fault => format!("{fault}=x1"),
    }
}

fn told<T>(answer: &Result<T, syncdeck::connectors::ConnectorError>) -> Told {
    match answer.as_ref().map_err(|error| error.trouble) {
        Ok(_) => Told::Written,
        Err(Trouble::Unknown) => Told::Unknown,
        Err(Trouble::Quota { .. }) => Told::Quota,
        Err(other) => panic!("{other:?}"),
    }
}

const SEEDS: u64 = 6;

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_write_is_told_in_its_class_and_doubles_nobody() {
    for (fault, wanted, done, _) in TABLE {
        let mut seen = [false, false];
        for seed in 0..SEEDS {
            let pair = Pair::seeded(seed).await;
            pair.dial(&dialled(fault));
            let answer = pair.write(&["a"], "Buyer").await;
            assert_eq!(told(&answer), wanted, "{fault}: {answer:?}");
            let count = pair.instance.people_count();
            seen[count] = true;
            pair.dial("");
            if wanted == Told::Quota {
                tokio::time::advance(std::time::Duration::from_secs(25 * 3600)).await;
            }
            // The engine looks again, and only then decides: what is read is what the server holds.
            assert_eq!(pair.read(&["a"]).await.unwrap().len(), count, "{fault}");
            let again = pair.write(&["a"], "CFO").await.unwrap();
            let expected = matches!(again[0], WriteOutcome::Updated { .. });
            assert_eq!(expected, count == 1, "{fault}: {again:?}");
            assert_eq!(pair.instance.people_count(), 1, "{fault}");
            assert_eq!(pair.titles(), ["CFO"], "{fault}");
        }
        let expected = match done {
            Done::Once => [false, true],
            Done::Never => [true, false],
            Done::Open => [true, true],
        };
        assert_eq!(seen, expected, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_read_is_waited_out_and_what_is_read_is_whole() {
    let pair = Pair::seeded(1).await;
    let keys: Vec<String> = (0..700).map(|n| format!("k{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    pair.write(&keys, "Buyer").await.unwrap();
    for (fault, _, _, wanted) in TABLE {
        pair.dial(&dialled(fault));
        let answer = pair.read(&keys).await;
        pair.dial("");
        assert_eq!(told(&answer), wanted, "{fault}: {answer:?}");
        if wanted == Told::Quota {
            tokio::time::advance(std::time::Duration::from_secs(25 * 3600)).await;
            continue;
        }
        let mut found: Vec<RecordKey> = answer.unwrap().into_iter().map(|r| r.key).collect();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 700, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_delete_leaves_the_record_gone_or_there_never_half() {
    for (fault, wanted, _, _) in TABLE {
        let pair = Pair::seeded(3).await;
        pair.write(&["a"], "Buyer").await.unwrap();
        let RecordKey::Marketo(id) = pair.read(&["a"]).await.unwrap()[0].key else {
            panic!("no id");
        };
        pair.dial(&dialled(fault));
        let answer = pair.marketo.delete_people(&[id]).await;
        pair.dial("");
        assert_eq!(told(&answer), wanted, "{fault}: {answer:?}");
        if wanted == Told::Quota {
            tokio::time::advance(std::time::Duration::from_secs(25 * 3600)).await;
        }
        let there = pair.instance.people_count();
        let again = pair.marketo.delete_people(&[id]).await.unwrap();
        let expected = if there == 1 {
            WriteOutcome::Deleted
        } else {
            WriteOutcome::Gone
        };
        assert_eq!(again, [expected], "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_record_of_a_batch_that_met_a_lock_is_told_apart_and_its_mates_are_written() {
    let pair = Pair::seeded(1).await;
    pair.dial("partial=x1");
    let outcomes = pair.write(&["a", "b", "c", "d"], "Buyer").await.unwrap();
    let held = |outcome: &WriteOutcome| match outcome {
        WriteOutcome::Retry(why) => {
            assert_eq!(
                (why.code.as_str(), why.class),
                ("719", FailureClass::Vendor)
            );
            true
        }
        outcome => {
            assert!(
                matches!(outcome, WriteOutcome::Created { .. }),
                "{outcome:?}"
            );
            false
        }
    };
    let held: Vec<usize> = (0..4).filter(|n| held(&outcomes[*n])).collect();
    assert_eq!((held.len(), pair.instance.people_count()), (1, 3));
    let key = ["a", "b", "c", "d"][held[0]];
    let again = pair.write(&[key], "Buyer").await.unwrap();
    assert!(matches!(again[0], WriteOutcome::Created { .. }));
    assert_eq!(pair.instance.people_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_once_for_all() {
    let pair = Pair::seeded(1).await;
    for round in 0..20 {
        pair.dial(if round % 2 == 0 { "601=x1" } else { "602=x1" });
        let key = format!("k{round}");
        let written = pair.write(&[&key], "Buyer").await.unwrap();
        assert!(matches!(written[0], WriteOutcome::Created { .. }));
    }
    assert_eq!(pair.instance.people_count(), 20);
    pair.dial("601=1");
    let error = pair.write(&["z"], "Buyer").await.unwrap_err();
    assert_eq!(
        error.trouble,
        Trouble::Configuration,
        "a second 601 in a row is an alarm"
    );
    pair.dial("603=x1");
    let error = pair.write(&["z"], "Buyer").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration);
    assert_eq!(pair.instance.people_count(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_looks_again_gets_everybody_through_a_storm_once() {
    for seed in 0..8 {
        let pair = Pair::seeded(seed).await;
        pair.dial(
            "601=0.03,602=0.03,606=0.05,615=0.05,604=0.04,608=0.04,611=0.04,713=0.04,5xx=0.04,\
             cut=0.05,truncated=0.05,html=0.05,lost=0.05,reset=0.05,partial=0.3",
        );
        let keys: Vec<String> = (0..60).map(|n| format!("k{n}")).collect();
        let mut left: Vec<&str> = keys.iter().map(String::as_str).collect();
        for _ in 0..500 {
            let Some(batch) = left.chunks(7).next().map(<[&str]>::to_vec) else {
                break;
            };
            let done: Vec<bool> = match pair.write(&batch, "Buyer").await {
                Ok(outcomes) => outcomes
                    .iter()
                    .map(|o| !matches!(o, WriteOutcome::Retry(_)))
                    .collect(),
                Err(_) => match pair.read(&batch).await {
                    Ok(there) => {
                        let there: Vec<String> = there
                            .iter()
                            .map(|r| r.get(super::pair::KEY).to_string())
                            .collect();
                        batch
                            .iter()
                            .map(|key| there.iter().any(|t| t == key))
                            .collect()
                    }
                    Err(_) => continue,
                },
            };
            let mut done = batch
                .iter()
                .zip(done)
                .filter(|(_, done)| *done)
                .map(|(key, _)| *key);
            let done: Vec<&str> = done.by_ref().collect();
            left.retain(|key| !done.contains(key));
        }
        assert_eq!(left, Vec::<&str>::new(), "seed {seed}");
        pair.dial("");
        assert_eq!(pair.instance.people_count(), 60, "seed {seed}");
        assert_eq!(pair.titles().len(), 60, "seed {seed}");
    }
}
