//! Failures: one a record and direction until it heals, counted, listed, retried.

use syncdeck::model::{Entity, FailureClass, FailureStatus, Refusal, Side};
use syncdeck::store::{FailureFilter, NewFailure, Store};

use super::{at, dynamics, guid, store, write};

fn failure(number: u128) -> NewFailure {
    NewFailure {
        entity: Entity::LEAD,
        direction: Side::Marketo,
        refusal: Refusal {
            class: FailureClass::Data,
            code: "1003".into(),
            message: "Value for field 'email' is invalid".into(),
            request: None,
        },
        dynamics_id: Some(guid(number)),
        marketo_id: None,
        key: dynamics(number),
        field: None,
        gone: false,
        at: at(0),
        next_try: Some(at(60)),
    }
}

fn attempts(store: &Store) -> u32 {
    store
        .read_blocking(|r| r.failure_attempts(&Entity::LEAD, Side::Marketo, dynamics(1)))
        .unwrap()
}

fn count(store: &Store) -> u64 {
    let counts = store.read_blocking(|r| r.failure_counts()).unwrap();
    counts.get(&Entity::LEAD).copied().unwrap_or(0)
}

#[test]
fn attempts_add_up_until_the_record_heals() {
    let store = store();
    let first = write(&store, |tx| tx.record_failure(&failure(1)));
    let parked = NewFailure {
        next_try: None,
        ..failure(1)
    };
    assert_eq!(write(&store, |tx| tx.record_failure(&parked)), first);
    assert_eq!((attempts(&store), count(&store)), (2, 1));
    let list = |filter: &FailureFilter| {
        store
            .read_blocking(|r| r.failures(filter, None, 9))
            .unwrap()
    };
    let seen = list(&FailureFilter::default()).remove(0);
    assert_eq!(
        (seen.status, seen.next_try, seen.attempts),
        (FailureStatus::Parked, None, 2)
    );

    let healed = [(Entity::LEAD, Side::Marketo, dynamics(1))];
    write(&store, |tx| tx.heal_failures(&healed, at(9)));
    assert_eq!((attempts(&store), count(&store)), (0, 0));
    assert!(list(&FailureFilter::default()).is_empty());
    let history = FailureFilter {
        status: Some(vec![FailureStatus::Healed]),
        ..Default::default()
    };
    assert_eq!(list(&history).len(), 1);

    assert_ne!(write(&store, |tx| tx.record_failure(&failure(1))), first);
    assert_eq!((attempts(&store), count(&store)), (1, 1));
}

#[test]
fn retry_makes_the_meant_ones_due_parked_ones_too() {
    let store = store();
    let parked = NewFailure {
        next_try: None,
        ..failure(2)
    };
    let other = NewFailure {
        entity: Entity::CONTACT,
        ..failure(3)
    };
    write(&store, |tx| {
        tx.record_failure(&failure(1))?;
        tx.record_failure(&parked)?;
        tx.record_failure(&other).map(drop)
    });
    let leads = FailureFilter {
        entity: Some(Entity::LEAD),
        code: Some("1003".into()),
        text: Some("EMAIL".into()),
        ..Default::default()
    };
    let mut again = write(&store, |tx| tx.retry_failures(&leads, at(5)));
    again.sort();
    assert_eq!(
        again,
        [
            (Entity::LEAD, dynamics(1), false),
            (Entity::LEAD, dynamics(2), false)
        ]
    );
    let seen = store
        .read_blocking(|r| r.failures(&leads, None, 9))
        .unwrap();
    assert!(
        seen.iter()
            .all(|f| f.next_try == Some(at(5)) && f.status == FailureStatus::Waiting)
    );
    assert!(write(&store, |tx| tx.retry_failures(&leads, at(5))).is_empty());
    let untouched = FailureFilter {
        entity: Some(Entity::CONTACT),
        ..Default::default()
    };
    let untouched = store
        .read_blocking(|r| r.failures(&untouched, None, 9))
        .unwrap();
    assert_eq!(untouched[0].next_try, Some(at(60)));
}

#[test]
fn list_is_paged_newest_first() {
    let store = store();
    let ids: Vec<_> = [1, 2, 3]
        .map(|n| write(&store, |tx| tx.record_failure(&failure(n))))
        .into();
    let page = |after| {
        let page = store
            .read_blocking(|r| r.failures(&FailureFilter::default(), after, 2))
            .unwrap();
        page.into_iter().map(|f| f.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None), [ids[2], ids[1]]);
    assert_eq!(page(Some(ids[1])), [ids[0]]);
    let one = FailureFilter {
        id: Some(ids[1]),
        class: Some(FailureClass::Data),
        ..Default::default()
    };
    assert_eq!(
        store
            .read_blocking(|r| r.failures(&one, None, 9))
            .unwrap()
            .len(),
        1
    );
}
