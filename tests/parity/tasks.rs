//! 17. A task in Dynamics about a lead or contact: due in five days where nobody says otherwise, its status as status reason.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use syncdeck::engine::{Asked, NewTask, TaskPriority, TaskStatus, create_task};
use syncdeck::model::{RecordKey, Side};
use uuid::Uuid;

use crate::engine::harness::wire::Fate;
use crate::engine::harness::{Bench, assert_clean};

fn ask(bench: &Bench, new: &NewTask) -> Asked {
    let now = bench.clock.now();
    let asked = bench
        .store
        .transaction_blocking(|tx| create_task(tx, new, now));
    asked.unwrap()
}

fn call(about: RecordKey) -> NewTask {
    NewTask {
        id: Uuid::new_v4(),
        about,
        subject: "Call back".to_owned(),
        body: String::new(),
        due: None,
        priority: TaskPriority::Normal,
        status: TaskStatus::NotStarted,
    }
}

fn task(bench: &Bench, id: Uuid) -> serde_json::Map<String, Json> {
    bench.world.dynamics.row("task", id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_task_is_due_in_five_days_and_its_status_is_the_status_reason() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    let about = RecordKey::Marketo(bench.person_of(row));
    let new = NewTask {
        status: TaskStatus::InProgress,
        priority: TaskPriority::High,
        body: "She asked for a price".to_owned(),
        ..call(about)
    };
    let asked = bench.clock.now();
    assert!(matches!(ask(&bench, &new), Asked::Done(_)));
    assert_clean(&bench.later().await);
    let there = task(&bench, new.id);
    assert_eq!(there["subject"], json!("Call back"));
    assert_eq!(there["description"], json!("She asked for a price"));
    assert_eq!(
        (&there["statecode"], &there["statuscode"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(there["prioritycode"], json!(2));
    assert_eq!(there["_regardingobjectid_value"], json!(row.to_string()));
    let due: DateTime<Utc> = there["scheduledend"].as_str().unwrap().parse().unwrap();
    let late = due - (asked + TimeDelta::days(5));
    assert!(late.abs() < TimeDelta::seconds(1), "{late}");
    let done = NewTask {
        status: TaskStatus::Completed,
        ..call(RecordKey::Dynamics(row))
    };
    ask(&bench, &done);
    assert_clean(&bench.later().await);
    let there = task(&bench, done.id);
    assert_eq!(
        (&there["statecode"], &there["statuscode"]),
        (&json!(1), &json!(5))
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_asked_twice_or_cut_off_is_one_task() {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    let new = call(RecordKey::Dynamics(row));
    ask(&bench, &new);
    bench.wire.spoil_next_write(Side::Dynamics, Fate::Lost);
    bench.later().await;
    bench.wire.unhook();
    assert!(matches!(ask(&bench, &new), Asked::Done(_)));
    bench.later().await;
    assert_clean(&bench.later().await);
    assert_eq!(task(&bench, new.id)["subject"], json!("Call back"));
    let all = bench.rows_keyed("task", "activityid").await;
    assert_eq!(all, [new.id]);
    bench.wire.take();
    bench.later().await;
    assert!(bench.wire.take_writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_task_about_nobody_in_dynamics_is_refused_and_one_that_is_refused_can_be_retried() {
    let bench = Bench::empty();
    let nobody = call(RecordKey::Marketo(4711));
    assert!(matches!(ask(&bench, &nobody), Asked::No(_)));
    let row = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    let long = NewTask {
        subject: "x".repeat(300),
        ..call(RecordKey::Dynamics(row))
    };
    ask(&bench, &long);
    bench.later().await;
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].dynamics_id, Some(long.id));
    assert!(failures[0].next_try.is_some());
}
