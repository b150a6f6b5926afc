//! History: the journal, cycles and batches.

use syncdeck::model::{
    Cause, CycleId, CycleOutcome, CycleReport, Entity, EntityCounts, JournalEntry, PerSide,
    RecordKey, Side, Value,
};
use syncdeck::store::JournalRow;

use super::{at, dynamics, guid, store, write};

fn entry(seconds: i64, side: Side) -> JournalEntry {
    JournalEntry {
        at: at(seconds),
        cycle: CycleId(1),
        link: None,
        entity: Entity::LEAD,
        dynamics_id: Some(guid(1)),
        marketo_id: Some(5),
        side,
        field: "city".into(),
        before: Value::Text("Bonn".into()),
        after: Value::Null,
        cause: Cause::Policy("newest".into()),
    }
}

fn times(rows: &[JournalRow]) -> Vec<i64> {
    rows.iter()
        .map(|row| (row.entry.at - at(0)).num_seconds())
        .collect()
}

#[test]
fn record_history_is_found_by_either_id_newest_first() {
    let store = store();
    let other = JournalEntry {
        marketo_id: None,
        dynamics_id: None,
        ..entry(2, Side::Dynamics)
    };
    write(&store, |tx| {
        tx.journal(&[entry(1, Side::Marketo), other, entry(3, Side::Dynamics)])
    });
    store
        .read_blocking(|r| {
            for key in [dynamics(1), RecordKey::Marketo(5)] {
                assert_eq!(times(&r.journal_of(key, 9)?), [3, 1]);
            }
            assert_eq!(
                r.journal_of(dynamics(1), 9)?[1].entry,
                entry(1, Side::Marketo)
            );
            let first = r.journal_of_cycle(CycleId(1), None, 2)?;
            assert_eq!(times(&first), [1, 2]);
            let rest = r.journal_of_cycle(CycleId(1), first.last().map(|row| row.id), 2)?;
            assert_eq!(times(&rest), [3]);
            Ok(())
        })
        .unwrap();
}

#[test]
fn writes_to_marketo_wait_to_be_verified_by_the_feed() {
    let store = store();
    let sent = [
        entry(1, Side::Marketo),
        entry(5, Side::Dynamics),
        entry(6, Side::Marketo),
        entry(7, Side::Marketo),
    ];
    write(&store, |tx| tx.journal(&sent));
    let waiting = || {
        store
            .read_blocking(|r| r.recent_marketo_writes(5, "city", at(2)))
            .unwrap()
    };
    assert_eq!(times(&waiting()), [7, 6]);
    let newest = waiting()[0].id;
    write(&store, |tx| tx.verify_journal(&[newest]));
    assert_eq!(times(&waiting()), [6]);
    assert!(
        store
            .read_blocking(|r| r.recent_marketo_writes(5, "phone", at(2)))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn pruning_forgets_the_old_and_keeps_the_young() {
    let store = store();
    write(&store, |tx| {
        tx.journal(&[1, 2, 3, 4].map(|s| entry(s, Side::Marketo)))
    });
    assert_eq!(write(&store, |tx| tx.prune_journal(at(4), 2)), 2);
    assert_eq!(write(&store, |tx| tx.prune_journal(at(4), 2)), 1);
    assert_eq!(write(&store, |tx| tx.prune_journal(at(4), 2)), 0);
    let left = store
        .read_blocking(|r| r.journal_of(dynamics(1), 9))
        .unwrap();
    assert_eq!(times(&left), [4]);
}

#[test]
fn cycle_keeps_its_report_and_its_batches() {
    let store = store();
    let first = write(&store, |tx| tx.begin_cycle(at(0)));
    assert_eq!(first, CycleId(1));
    let report = CycleReport {
        cycle: first,
        outcome: CycleOutcome::Waiting,
        seconds: 1.5,
        calls: PerSide {
            dynamics: 3,
            marketo: 4,
        },
        entities: vec![EntityCounts::new(Entity::LEAD)],
        reason: None,
    };
    let batch = write(&store, |tx| {
        tx.begin_batch(first, &Entity::LEAD, Side::Marketo, 300, at(1))
    });
    write(&store, |tx| tx.finish_batch(batch, at(2), 299, 1));
    write(&store, |tx| tx.finish_cycle(&report, at(3)));
    let second = write(&store, |tx| tx.begin_cycle(at(9)));
    store
        .read_blocking(|r| {
            assert_eq!(r.last_cycle()?.unwrap().id, second);
            let ended = r.cycles(Some(second), 9)?;
            assert_eq!((ended.len(), ended[0].ended), (1, Some(at(3))));
            assert_eq!(ended[0].report.as_ref(), Some(&report));
            let batches = r.batches(first)?;
            assert_eq!((batches[0].id, batches[0].records), (batch, 300));
            assert_eq!((batches[0].written, batches[0].failed), (299, 1));
            Ok(())
        })
        .unwrap();
}
