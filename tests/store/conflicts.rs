//! Conflicts: one open a field, decided once, listed newest first.

use syncdeck::model::{
    ConflictId, ConflictKind, ConflictStatus, Entity, LinkId, Resolution, Side, Take, Value,
};
use syncdeck::store::{ConflictFilter, NewConflict, Order, Resolved, Store};

use super::{at, guid, one_link, store, write};

fn conflict(link: Option<LinkId>, field: &str) -> NewConflict {
    NewConflict {
        link,
        entity: Entity::LEAD,
        kind: ConflictKind::Field,
        field: field.into(),
        dynamics_id: Some(guid(1)),
        marketo_id: Some(1),
        label: "Ada 100%".into(),
        base: None,
        dynamics: Value::Text("a".into()),
        marketo: Value::Null,
        detected: at(1),
        note: String::new(),
    }
}

fn decision() -> Resolution {
    Resolution {
        take: Take::Side(Side::Marketo),
        by: "ada".into(),
        at: at(2),
    }
}

fn pending(store: &Store) -> u64 {
    let counts = store.read_blocking(|r| r.conflict_counts()).unwrap();
    counts.get(&Entity::LEAD).copied().unwrap_or(0)
}

#[test]
fn conflict_is_decided_taken_back_and_applied() {
    let store = store();
    let link = one_link(&store);
    let id = write(&store, |tx| tx.open_conflict(&conflict(Some(link), "city")));
    let seen = || store.read_blocking(|r| r.conflict(id)).unwrap().unwrap();
    assert_eq!(
        (seen().status, pending(&store)),
        (ConflictStatus::Pending, 1)
    );
    assert_eq!(
        (seen().base, seen().dynamics),
        (None, Value::Text("a".into()))
    );

    let resolve = |id| write(&store, |tx| tx.resolve_conflict(id, &decision()));
    assert_eq!(resolve(id), Resolved::Done);
    assert_eq!(resolve(id), Resolved::NotPending);
    assert_eq!(resolve(ConflictId(99)), Resolved::Missing);
    assert_eq!((seen().resolution, pending(&store)), (Some(decision()), 0));

    assert_eq!(
        write(&store, |tx| tx.unresolve_conflict(id)),
        Resolved::Done
    );
    assert_eq!((seen().resolution, pending(&store)), (None, 1));
    assert_eq!(
        write(&store, |tx| tx.unresolve_conflict(id)),
        Resolved::NotPending
    );

    assert_eq!(resolve(id), Resolved::Done);
    write(&store, |tx| {
        tx.set_conflict_status(id, ConflictStatus::Applied, at(3))
    });
    assert_eq!(
        write(&store, |tx| tx.unresolve_conflict(id)),
        Resolved::NotPending
    );
    let open = store.read_blocking(|r| r.open_conflicts(&[link])).unwrap();
    assert!(open.is_empty());
}

#[test]
fn field_has_one_open_conflict_and_a_new_one_after_it_is_closed() {
    let store = store();
    let link = one_link(&store);
    for new in [conflict(Some(link), "city"), conflict(None, "")] {
        let open = || write(&store, |tx| tx.open_conflict(&new));
        let first = open();
        assert_eq!(open(), first);
        write(&store, |tx| tx.resolve_conflict(first, &decision()));
        assert_eq!(open(), first, "a decided one freezes its field too");
        write(&store, |tx| {
            tx.set_conflict_status(first, ConflictStatus::Superseded, at(5))
        });
        assert_ne!(open(), first);
    }
    let open = store.read_blocking(|r| r.open_conflicts(&[link])).unwrap();
    assert_eq!(open[&link].len(), 1);
}

#[test]
fn list_is_filtered_and_paged_newest_first() {
    let store = store();
    let link = Some(one_link(&store));
    let ids: Vec<_> = ["a", "b", "c"]
        .map(|field| write(&store, |tx| tx.open_conflict(&conflict(link, field))))
        .into();
    write(&store, |tx| {
        tx.set_conflict_status(ids[1], ConflictStatus::Converged, at(3))
    });
    let list = |filter: &ConflictFilter, after, limit| -> Vec<ConflictId> {
        let page = store
            .read_blocking(|r| r.conflicts(filter, Order::NewestFirst, after, limit))
            .unwrap();
        page.into_iter().map(|c| c.id).collect()
    };
    let all = ConflictFilter::default();
    assert_eq!(list(&all, None, 2), [ids[2], ids[1]]);
    assert_eq!(list(&all, Some(ids[1]), 2), [ids[0]]);
    let open = vec![ConflictStatus::Pending, ConflictStatus::Resolved];
    let open = ConflictFilter {
        status: Some(open),
        ..all.clone()
    };
    assert_eq!(list(&open, None, 9), [ids[2], ids[0]]);
    let pending = ConflictFilter {
        status: Some(vec![ConflictStatus::Pending]),
        link,
        ..all.clone()
    };
    assert_eq!(list(&pending, None, 9), [ids[2], ids[0]]);
    let field = ConflictFilter {
        field: Some("a".into()),
        entity: Some(Entity::LEAD),
        ..open
    };
    assert_eq!(list(&field, None, 9), [ids[0]]);
    let text = |text: &str| ConflictFilter {
        text: Some(text.into()),
        ..all.clone()
    };
    assert_eq!(list(&text("ADA"), None, 9).len(), 3);
    assert_eq!(list(&text("0%"), None, 9).len(), 3);
    assert!(
        list(&text("a_a"), None, 9).is_empty(),
        "a wildcard is a letter"
    );
}
