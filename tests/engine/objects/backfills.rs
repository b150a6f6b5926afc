//! Backfills of objects: fields, ranges, filters, ids; taken up again, cancelled, drawn.

use serde_json::{Value as Json, json};
use syncdeck::engine::{self, BackfillSpec, BackfillState, Engine, backfill};
use syncdeck::model::Entity;
use uuid::Uuid;

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean, written};
use super::company;

fn accounts(bench: &Bench, numbers: std::ops::Range<usize>) -> Vec<Uuid> {
    let account = |number: usize| {
        let values = [
            ("name", json!(format!("C{number}"))),
            ("accountnumber", json!(format!("A-{number}"))),
        ];
        bench.row_of("account", &values)
    };
    numbers.map(account).collect()
}

fn by_hand(bench: &Bench, row: Uuid) {
    let values = [("accountNumber", json!("hand")), ("company", json!("Hand"))];
    let at = ("externalCompanyId", row.to_string());
    let marketo = &bench.world.marketo;
    let edited = marketo.edit_records("companies", (at.0, &at.1), &values);
    assert_eq!(edited, 1);
}

fn held(bench: &Bench, row: Uuid, field: &str) -> Json {
    company(bench, row).unwrap()[field].clone()
}

fn numbers() -> BackfillSpec {
    BackfillSpec {
        fields: vec!["accountNumber".to_owned()],
        ..BackfillSpec::default()
    }
}

fn last(bench: &Bench) -> engine::Backfill {
    let known = bench.store.read_blocking(|r| backfill(r, &Entity::ACCOUNT));
    known.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_backfill_carries_one_field_over_what_was_typed_in_marketo_and_leaves_the_others() {
    let bench = Bench::whole(0, 1);
    let rows = accounts(&bench, 0..3);
    assert_clean(&bench.cycle().await);
    for row in &rows {
        by_hand(&bench, *row);
    }
    assert_eq!(written(&bench.later().await), 0);
    bench.backfill(&Entity::ACCOUNT, numbers());
    assert_clean(&bench.later().await);
    for (number, row) in rows.iter().enumerate() {
        let number = json!(format!("A-{number}"));
        assert_eq!(held(&bench, *row, "accountNumber"), number);
    }
    assert_eq!(last(&bench).state, BackfillState::Done);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_backfill_keeps_to_its_ids_its_filter_and_its_days() {
    for which in 0..3 {
        let bench = Bench::whole(0, 1);
        let early = accounts(&bench, 0..2);
        bench.pass(86_400).await;
        let from = bench.clock.now();
        bench.pass(60).await;
        let late = accounts(&bench, 2..3)[0];
        assert_clean(&bench.cycle().await);
        for row in early.iter().chain([&late]) {
            by_hand(&bench, *row);
        }
        let (spec, meant) = match which {
            0 => (
                BackfillSpec {
                    ids: vec![early[1]],
                    ..numbers()
                },
                early[1],
            ),
            1 => (
                BackfillSpec {
                    filter: Some("accountnumber == 'A-1'".to_owned()),
                    ..numbers()
                },
                early[1],
            ),
            _ => (
                BackfillSpec {
                    created_from: Some(from),
                    ..numbers()
                },
                late,
            ),
        };
        bench.backfill(&Entity::ACCOUNT, spec);
        assert_clean(&bench.later().await);
        for row in early.iter().chain([&late]) {
            let hand = held(&bench, *row, "accountNumber") == json!("hand");
            assert_eq!(hand, *row != meant, "{which}");
        }
        assert_eq!(last(&bench).marked, 1);
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_backfill_that_was_cut_off_goes_on_and_a_cancelled_one_ends() {
    let bench = Bench::whole(0, 1);
    let rows = accounts(&bench, 0..600);
    assert_clean(&bench.cycle().await);
    for row in &rows {
        by_hand(&bench, *row);
    }
    bench.backfill(&Entity::ACCOUNT, numbers());
    // The second page never comes.
    let mut pages = 0;
    bench.wire.before(move |sent| {
        pages += u32::from(sent.path.ends_with("/accounts"));
        if pages > 2 { Fate::Refused } else { Fate::Pass }
    });
    bench.later().await;
    bench.wire.unhook();
    bench.restart();
    let cut = last(&bench);
    assert_eq!(cut.state, BackfillState::Running);
    assert!(cut.looked >= 500, "{cut:?}");
    assert_clean(&bench.later().await);
    let done = last(&bench);
    assert_eq!(done.state, BackfillState::Done);
    assert!(done.looked >= 600 && done.looked < 700, "{done:?}");
    assert!(
        rows.iter()
            .all(|row| held(&bench, *row, "accountNumber") != json!("hand"))
    );
    bench.backfill(&Entity::ACCOUNT, numbers());
    by_hand(&bench, rows[0]);
    let cancelled = bench
        .store
        .transaction_blocking(|tx| engine::cancel_backfill(tx, &Entity::ACCOUNT))
        .unwrap();
    assert!(cancelled);
    assert_eq!(written(&bench.later().await), 0);
    assert_eq!(held(&bench, rows[0], "accountNumber"), json!("hand"));
}

#[tokio::test(start_paused = true)]
async fn a_running_backfill_is_in_the_snapshot() {
    let bench = Bench::whole(0, 1);
    let rows = accounts(&bench, 0..3);
    assert_clean(&bench.cycle().await);
    bench.hold(Some(Entity::ACCOUNT), None, None);
    let spec = BackfillSpec {
        ids: rows,
        ..numbers()
    };
    bench.backfill(&Entity::ACCOUNT, spec);
    let engine = Engine::start(bench.parts());
    let mut snapshots = engine.snapshot();
    let shown = snapshots
        .wait_for(|snapshot| {
            let mut rows = snapshot.entities.iter();
            rows.any(|row| row.entity == Entity::ACCOUNT && row.backfill.is_some())
        })
        .await
        .unwrap()
        .clone();
    engine.stop().await.unwrap();
    let row = shown
        .entities
        .iter()
        .find(|row| row.entity == Entity::ACCOUNT);
    let progress = row.unwrap().backfill.clone().unwrap();
    assert_eq!(progress.fields, ["accountNumber"]);
    assert_eq!((progress.looked, progress.total), (0, 3));
}
