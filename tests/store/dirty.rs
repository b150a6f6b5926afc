//! The dirty set: nothing marked is lost, what is in work is stepped over.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use syncdeck::model::{Entity, Record, RecordKey, Value};
use syncdeck::store::{Dirty, DirtyReason, Reader, Store, StoreError};

use super::{at, dynamics, guid, store, write};

fn mark(number: u128, seconds: i64) -> Dirty {
    Dirty::new(
        Entity::LEAD,
        dynamics(number),
        DirtyReason::Feed,
        at(seconds),
    )
}

fn record(number: u128, text: &str) -> Record {
    Record {
        key: dynamics(number),
        version: Some(r#"W/"7""#.into()),
        modified: Some(at(3)),
        fields: BTreeMap::from([("lastname".to_owned(), Value::Text(text.to_owned()))]),
    }
}

fn take(store: &Store, seconds: i64) -> Vec<Dirty> {
    take_but(store, seconds, 100, &HashSet::new())
}

/// The live ones, then the deleted ones, as a lane takes them.
fn take_both(
    reader: &Reader<'_>,
    seconds: i64,
    limit: usize,
    but: &HashSet<RecordKey>,
) -> Result<Vec<Dirty>, StoreError> {
    let mut taken = reader.take_dirty(&Entity::LEAD, at(seconds), false, limit, but)?;
    let left = limit - taken.len();
    taken.extend(reader.take_dirty(&Entity::LEAD, at(seconds), true, left, but)?);
    Ok(taken)
}

fn take_but(store: &Store, seconds: i64, limit: usize, but: &HashSet<RecordKey>) -> Vec<Dirty> {
    store
        .read_blocking(|r| take_both(r, seconds, limit, but))
        .unwrap()
}

#[test]
fn longest_due_come_first_and_what_is_in_work_is_stepped_over() {
    let store = store();
    write(&store, |tx| {
        tx.mark_dirty(&[mark(3, 30), mark(1, 10), mark(2, 20), mark(4, 40)])
    });
    let keys = |taken: Vec<Dirty>| taken.into_iter().map(|d| d.key).collect::<Vec<_>>();
    assert_eq!(
        keys(take(&store, 35)),
        [dynamics(1), dynamics(2), dynamics(3)]
    );
    let in_work = HashSet::from([dynamics(1), dynamics(2)]);
    assert_eq!(keys(take_but(&store, 99, 1, &in_work)), [dynamics(3)]);
    assert_eq!(
        keys(take_but(&store, 99, 9, &in_work)),
        [dynamics(3), dynamics(4)]
    );
}

#[test]
fn other_entities_are_not_taken() {
    let store = store();
    let person = Dirty::new(
        Entity::named("person"),
        RecordKey::Marketo(5),
        DirtyReason::Feed,
        at(0),
    );
    write(&store, |tx| tx.mark_dirty(std::slice::from_ref(&person)));
    assert!(take(&store, 9).is_empty());
    let taken = store
        .read_blocking(|r| r.take_dirty(&Entity::named("person"), at(9), false, 9, &HashSet::new()))
        .unwrap();
    assert_eq!(taken[0].key, person.key);
}

#[test]
fn record_marked_again_while_in_work_is_not_cleared() {
    let store = store();
    write(&store, |tx| tx.mark_dirty(&[mark(1, 0), mark(2, 0)]));
    let taken = take(&store, 9);
    write(&store, |tx| tx.mark_dirty(&[mark(1, 5)]));
    let seen: Vec<_> = taken.iter().map(|d| (d.key, d.seq)).collect();
    write(&store, |tx| tx.clear_dirty(&Entity::LEAD, &seen));
    let left = take(&store, 9);
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].key, left[0].since), (dynamics(1), at(0)));
    assert!(left[0].seq > taken.iter().map(|d| d.seq).max().unwrap());
}

#[test]
fn record_cleared_and_marked_anew_is_not_cleared_by_an_old_look() {
    let store = store();
    write(&store, |tx| tx.mark_dirty(&[mark(1, 0)]));
    let seen: Vec<_> = take(&store, 9).iter().map(|d| (d.key, d.seq)).collect();
    write(&store, |tx| tx.clear_dirty(&Entity::LEAD, &seen));
    write(&store, |tx| tx.mark_dirty(&[mark(1, 1)]));
    write(&store, |tx| tx.clear_dirty(&Entity::LEAD, &seen));
    assert_eq!(take(&store, 9).len(), 1);
}

#[test]
fn newest_values_win_and_a_tombstone_clears_them() {
    let store = store();
    let brought = |text: &str| Dirty {
        record: Some(record(1, text)),
        ..mark(1, 0)
    };
    let only = |store: &Store| take(store, 9).remove(0);
    write(&store, |tx| {
        tx.mark_dirty(&[brought("old"), brought("new"), mark(1, 0)])
    });
    assert_eq!(only(&store).record, Some(record(1, "new")));
    let tombstone = Dirty {
        gone: true,
        reason: DirtyReason::Delete,
        ..mark(1, 0)
    };
    write(&store, |tx| tx.mark_dirty(&[tombstone, mark(1, 0)]));
    assert_eq!((only(&store).gone, only(&store).record), (true, None));
    write(&store, |tx| tx.mark_dirty(&[brought("back")]));
    assert_eq!(
        (only(&store).gone, only(&store).record),
        (false, Some(record(1, "back")))
    );
}

#[test]
fn retry_waits_for_its_own_time_and_a_feed_brings_it_forward() {
    let store = store();
    let again = |reason| Dirty {
        due: at(100),
        ..Dirty {
            reason,
            ..mark(1, 5)
        }
    };
    for reason in [DirtyReason::Retry, DirtyReason::Settle] {
        write(&store, |tx| tx.mark_dirty(&[mark(1, 0), again(reason)]));
        assert!(take(&store, 99).is_empty());
        assert_eq!(take(&store, 100)[0].reason, reason);
    }
    write(&store, |tx| tx.mark_dirty(&[mark(1, 50)]));
    let taken = take(&store, 50);
    assert_eq!((taken[0].due, taken[0].since), (at(50), at(0)));
    write(&store, |tx| tx.mark_dirty(&[again(DirtyReason::Backfill)]));
    assert_eq!(
        take(&store, 50)[0].due,
        at(50),
        "only a time of its own puts it off"
    );
}

#[test]
fn backlog_counts_what_is_due_and_what_waits() {
    let store = store();
    let later = Dirty {
        due: at(500),
        reason: DirtyReason::Retry,
        ..mark(9, 1)
    };
    write(&store, |tx| {
        tx.mark_dirty(&[mark(1, 10), mark(2, 20), mark(1, 11), later])
    });
    let backlog = |seconds| {
        store
            .read_blocking(|r| r.backlog(&Entity::LEAD, at(seconds)))
            .unwrap()
    };
    let now = backlog(50);
    assert_eq!((now.due, now.later), (2, 1));
    assert_eq!((now.oldest, now.next_due), (Some(at(1)), Some(at(500))));
    assert_eq!((backlog(500).due, backlog(500).next_due), (3, None));
    let seen: Vec<_> = take(&store, 500).iter().map(|d| (d.key, d.seq)).collect();
    write(&store, |tx| tx.clear_dirty(&Entity::LEAD, &seen));
    assert_eq!(backlog(500), syncdeck::store::Backlog::default());
}

#[test]
fn what_the_feed_brought_can_be_forgotten_even_of_what_is_in_work() {
    let store = store();
    write(&store, |tx| {
        tx.mark_dirty(&[Dirty {
            record: Some(record(1, "old")),
            ..mark(1, 0)
        }])
    });
    let seen: Vec<_> = take(&store, 0).iter().map(|d| (d.key, d.seq)).collect();
    write(&store, |tx| tx.forget_records(&Entity::LEAD));
    write(&store, |tx| tx.clear_dirty(&Entity::LEAD, &seen));
    let left = take(&store, 0);
    assert_eq!((left.len(), &left[0].record), (1, &None));
}

#[test]
fn every_kind_of_value_comes_back_as_it_was() {
    let store = store();
    let values = [
        Value::Null,
        Value::Text(r#"{"d":"2020-01-01"} "quoted" 日本 \ "#.into()),
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Decimal("12.5000".parse().unwrap()),
        Value::Boolean(true),
        Value::Date(NaiveDate::from_ymd_opt(1899, 2, 28).unwrap()),
        Value::DateTime(at(-3_000_000_000)),
        Value::Options(BTreeSet::from([3, -1])),
        Value::Options(BTreeSet::new()),
        Value::Id(guid(77)),
    ];
    let fields = values
        .iter()
        .enumerate()
        .map(|(n, v)| (format!("field{n}"), v.clone()));
    let whole = Record {
        fields: fields.collect(),
        ..record(1, "")
    };
    write(&store, |tx| {
        tx.mark_dirty(&[Dirty {
            record: Some(whole.clone()),
            ..mark(1, 0)
        }])
    });
    assert_eq!(take(&store, 0)[0].record, Some(whole));
}
