//! Each fault of the dial under a batch of writes: what is acknowledged is there, what is not is
//! said to be unknown or to be tried again, and settling it leaves every row written once.

use futures_util::future::join_all;
use syncdeck::connectors::dynamics::DynamicsWrite;
use syncdeck::connectors::{Trouble, WriteOutcome};
use syncdeck::model::{FailureClass, Refusal};
use uuid::Uuid;

use super::both::Both;

/// What the whole call says when the fault strikes once; none: the batch was answered.
const STRUCK: [(&str, Option<Trouble>); 14] = [
    ("429", None),
    ("429time", None),
    ("429concurrency", None),
    ("401", None),
    ("slow", None),
    ("bad", None),
    ("412", None),
    ("truncated", None),
    ("500", Some(Trouble::Unknown)),
    ("deadlock", Some(Trouble::Unknown)),
    ("timeout", Some(Trouble::Unknown)),
    ("503", Some(Trouble::Unknown)),
    ("cut", Some(Trouble::Unknown)),
    ("html", Some(Trouble::Unknown)),
];

/// Three rows to change, three to make, two to delete.
struct Plan {
    change: Vec<Uuid>,
    make: Vec<Uuid>,
    delete: Vec<Uuid>,
}

impl Plan {
    async fn of(both: &Both) -> Self {
        let mut there = Vec::new();
        for name in ["A", "B", "C", "D", "E"] {
            there.push(both.org.lead(name).await.parse().unwrap());
        }
        let delete = there.split_off(3);
        let make = (1..4).map(|n| Uuid::from_u128(0xabc0 + n)).collect();
        Self {
            change: there,
            make,
            delete,
        }
    }

    fn writes<'a>(&self, both: &'a Both) -> Vec<DynamicsWrite<'a>> {
        let change = self.change.iter().map(|id| both.update(*id, None, "told"));
        let make = self.make.iter().map(|id| both.create(*id, "told"));
        let delete = self.delete.iter().map(|id| both.delete(*id));
        change.chain(make).chain(delete).collect()
    }

    fn ids(&self) -> Vec<Uuid> {
        [&self.change[..], &self.make[..], &self.delete[..]].concat()
    }

    /// Whether the write of that row has taken effect.
    async fn done(&self, both: &Both, id: Uuid) -> bool {
        let row = both.row(id).await;
        if self.delete.contains(&id) {
            row.is_none()
        } else {
            row.is_some_and(|row| row["jobtitle"] == "told")
        }
    }
}

/// What must be true of one row after its outcome; whether it has to be settled.
async fn holds(both: &Both, plan: &Plan, id: Uuid, outcome: &WriteOutcome) -> bool {
    let done = plan.done(both, id).await;
    match outcome {
        WriteOutcome::Created { .. } | WriteOutcome::Updated { .. } | WriteOutcome::Deleted => {
            assert!(done, "acknowledged but not there");
            false
        }
        WriteOutcome::Retry(_) | WriteOutcome::Stale | WriteOutcome::Refused(_) => {
            assert!(!done, "{outcome:?}, but it was executed");
            true
        }
        WriteOutcome::Unknown(_) => !done,
        other => panic!("{other:?}"),
    }
}

fn is_acknowledged(outcome: &WriteOutcome) -> bool {
    matches!(
        outcome,
        WriteOutcome::Created { .. } | WriteOutcome::Updated { .. } | WriteOutcome::Deleted
    )
}

/// The outcomes under a fault that strikes once; a call that failed as a whole says nothing of any.
async fn struck(
    both: &mut Both,
    plan: &Plan,
    fault: &str,
    whole: Option<Trouble>,
) -> Vec<WriteOutcome> {
    both.dial(&format!("dynamics:{fault}=x1"));
    let answer = both.dynamics.write(&plan.writes(both)).await;
    assert_eq!(
        both.faults.describe(),
        format!("dynamics:{fault}=x0"),
        "it struck"
    );
    both.calm().await;
    let trouble = answer.as_ref().err().map(|error| error.trouble);
    assert_eq!(trouble, whole, "{fault}");
    let unknown = WriteOutcome::Unknown(Refusal {
        class: FailureClass::Vendor,
        code: String::new(),
        message: String::new(),
        request: None,
    });
    answer.unwrap_or_else(|_| vec![unknown; plan.ids().len()])
}

#[tokio::test]
async fn every_acknowledged_write_is_there_and_the_others_are_told_apart() {
    join_all(STRUCK.map(|(fault, whole)| async move {
        let mut both = Both::with(10).await;
        let plan = Plan::of(&both).await;
        let outcomes = struck(&mut both, &plan, fault, whole).await;
        let (ids, writes) = (plan.ids(), plan.writes(&both));
        assert_eq!(outcomes.len(), ids.len());
        let mut again = Vec::new();
        for ((id, outcome), write) in ids.iter().zip(&outcomes).zip(writes) {
            if holds(&both, &plan, *id, outcome).await {
                again.push(write);
            }
        }
        let expected = match fault {
            "bad" | "412" => 7..8,
            "truncated" => 1..8,
            _ if whole.is_some() => 0..1,
            _ => 8..9,
        };
        let acknowledged = outcomes
            .iter()
            .filter(|outcome| is_acknowledged(outcome))
            .count();
        assert!(
            expected.contains(&acknowledged),
            "{fault}: {acknowledged} acknowledged"
        );
        let settled = both.dynamics.write(&again).await.unwrap();
        assert!(settled.iter().all(is_acknowledged), "{fault}: {settled:?}");
        for id in ids {
            assert!(plan.done(&both, id).await, "{fault}: {id}");
        }
        let count = both
            .org
            .get("leads/$count?$filter=lastname eq 'Witness'")
            .await;
        assert_eq!(count.text, "3");
    }))
    .await;
}

#[tokio::test]
async fn one_refused_record_does_not_sink_its_mates() {
    let both = Both::with(10).await;
    both.dial("dynamics:bad=x1");
    let ids = [1, 2, 3].map(|n| Uuid::from_u128(0xbad0 + n));
    let writes = ids.map(|id| both.create(id, "mate"));
    let outcomes = both.dynamics.write(&writes).await.unwrap();
    let WriteOutcome::Refused(refusal) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(
        (refusal.class, refusal.code.as_str()),
        (FailureClass::Data, "0x80040265")
    );
    assert!(refusal.message.contains("plug-in"), "{}", refusal.message);
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| matches!(outcome, WriteOutcome::Created { .. }))
    );
}

#[tokio::test]
async fn kept_version_guards_the_next_write_and_somebody_elses_edit_shows() {
    let both = Both::with(10).await;
    let id: Uuid = both.org.lead("Version").await.parse().unwrap();
    let version = |outcomes: Vec<WriteOutcome>| match &outcomes[..] {
        [WriteOutcome::Updated { version }] => version.clone(),
        other => panic!("{other:?}"),
    };
    let update = |version, title| [both.update(id, version, title)];
    let first = version(both.dynamics.write(&update(None, "one")).await.unwrap());
    let row = both.row(id).await.unwrap();
    assert_eq!(
        first.as_deref(),
        row["@odata.etag"].as_str(),
        "the version of our own write"
    );
    let second = version(
        both.dynamics
            .write(&update(first.clone(), "two"))
            .await
            .unwrap(),
    );
    assert_ne!(first, second);
    both.org
        .patch(
            &format!("leads({id})"),
            &[],
            serde_json::json!({"fax": "1"}),
        )
        .await;
    let stale = both.dynamics.write(&update(second, "three")).await.unwrap();
    assert_eq!(stale, [WriteOutcome::Stale]);
    assert_eq!(both.row(id).await.unwrap()["jobtitle"], "two");
    // A plug-in that writes behind us moves the version at once: the next guarded write tells.
    both.dial("dynamics:plugin=x1");
    let behind = version(both.dynamics.write(&update(None, "four")).await.unwrap());
    let meddled = both.dynamics.write(&update(behind, "five")).await.unwrap();
    assert_eq!(meddled, [WriteOutcome::Stale]);
}

#[tokio::test]
async fn rows_that_are_gone_or_there_already_are_told() {
    let both = Both::with(10).await;
    let id: Uuid = both.org.lead("Twice").await.parse().unwrap();
    let nobody = Uuid::from_u128(7);
    let writes = [
        both.create(id, "x"),
        both.update(nobody, None, "x"),
        both.delete(nobody),
        both.update(nobody, Some("W/\"1\"".to_owned()), "x"),
    ];
    let outcomes = both.dynamics.write(&writes).await.unwrap();
    let gone = WriteOutcome::Gone;
    assert_eq!(
        outcomes,
        [WriteOutcome::Exists, gone.clone(), gone.clone(), gone]
    );
    assert!(both.row(nobody).await.is_none(), "an update creates nobody");
}
