//! Delete policies: what a delete on one side means for the other.

use serde_json::json;
use syncdeck::model::{ConflictKind, DeletePolicy, Entity, RuleChange, Side, Take};
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::harness::{Bench, assert_clean, written};

async fn with(side: Side, policy: DeletePolicy) -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    bench.rule(&Entity::LEAD, RuleChange::Delete { side, policy });
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    match side {
        Side::Dynamics => bench.world.dynamics.delete_row("lead", row).unwrap(),
        Side::Marketo => assert!(bench.world.marketo.delete_person(person)),
    }
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn delete_deletes_the_person_and_journals_what_went_with_it() {
    let (bench, row, person) = with(Side::Dynamics, DeletePolicy::Delete).await;
    assert_clean(&bench.later().await);
    assert!(bench.world.marketo.person(person).is_none());
    assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
    let journal = bench.journal(row);
    let email = journal.iter().find(|one| {
        one.entry.field == "email" && one.entry.before.as_text() == Some("ada@example.com")
    });
    assert!(email.is_some(), "{journal:#?}");
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn delete_deletes_the_row() {
    let (bench, row, _) = with(Side::Marketo, DeletePolicy::Delete).await;
    assert_clean(&bench.later().await);
    assert!(bench.world.dynamics.row("lead", row).is_none());
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn unlink_leaves_the_person_as_it_is() {
    let (bench, row, person) = with(Side::Dynamics, DeletePolicy::Unlink).await;
    assert_clean(&bench.later().await);
    assert_ne!(bench.field(person, "syncdeckIsDeleted"), json!(true));
    assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
}

#[tokio::test(start_paused = true)]
async fn ask_waits_for_the_admin_on_either_side() {
    for (side, take) in [
        (Side::Dynamics, Side::Dynamics),
        (Side::Dynamics, Side::Marketo),
        (Side::Marketo, Side::Dynamics),
        (Side::Marketo, Side::Marketo),
    ] {
        let (bench, row, person) = with(side, DeletePolicy::Ask).await;
        bench.later().await;
        let conflict = bench.pending();
        assert_eq!(conflict.kind, ConflictKind::DeleteEdit);
        bench.resolve(conflict.id, Take::Side(take));
        assert_clean(&bench.later().await);
        let survives = match side {
            Side::Dynamics => bench.world.marketo.person(person).is_some(),
            Side::Marketo => bench.world.dynamics.row("lead", row).is_some(),
        };
        assert_eq!(survives, take != side, "deleted in {side}, took {take}");
    }
}
