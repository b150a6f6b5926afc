//! Links and bases: an id belongs to one link, a base is valid field by field.

use std::collections::BTreeMap;

use syncdeck::model::{Entity, RecordKey, Value};
use syncdeck::store::{LinkState, NewLink, StoreError};

use super::{at, dynamics, guid, lead, one_link, store, write};

#[test]
fn id_belongs_to_one_link() {
    let store = store();
    write(&store, |tx| tx.insert_link(&lead(1, 1)));
    for other in [lead(1, 2), lead(2, 1)] {
        let refused = store.transaction_blocking(|tx| tx.insert_link(&other));
        assert!(matches!(refused, Err(StoreError::Taken(_))));
    }
    let second = write(&store, |tx| tx.insert_link(&lead(2, 2)));
    let moved = store.transaction_blocking(|tx| tx.set_link_marketo(second, Some(1)));
    assert!(matches!(moved, Err(StoreError::Taken(_))));
    assert_eq!(
        store
            .read_blocking(|r| r.link_count(&Entity::LEAD))
            .unwrap(),
        2
    );
}

#[test]
fn tombstone_is_found_until_its_id_is_linked_anew() {
    let store = store();
    let key = RecordKey::Marketo(1);
    let found = || {
        store
            .read_blocking(|r| r.links_by_key(&[key, dynamics(1)]))
            .unwrap()
    };
    let old = one_link(&store);
    write(&store, |tx| tx.set_link_state(old, LinkState::Tombstone));
    assert_eq!(found()[&key].state, LinkState::Tombstone);
    assert_eq!(
        store
            .read_blocking(|r| r.link_count(&Entity::LEAD))
            .unwrap(),
        0
    );
    let new = write(&store, |tx| tx.insert_link(&lead(1, 1)));
    assert_eq!((found()[&key].id, found()[&dynamics(1)].id), (new, new));
    let raised = store.transaction_blocking(|tx| tx.set_link_state(old, LinkState::Live));
    assert!(matches!(raised, Err(StoreError::Taken(_))));
}

#[test]
fn what_is_asked_for_is_found_before_a_tombstone() {
    let store = store();
    let old = one_link(&store);
    write(&store, |tx| tx.set_link_state(old, LinkState::Tombstone));
    let wish = NewLink {
        state: LinkState::Wanted,
        ..lead(2, 1)
    };
    let wish = write(&store, |tx| tx.insert_link(&wish));
    let key = RecordKey::Marketo(1);
    let found = store.read_blocking(|r| r.links_by_key(&[key])).unwrap();
    assert_eq!(found[&key].id, wish);
}

#[test]
fn many_keys_of_both_sides_are_found_at_once() {
    let store = store();
    write(&store, |tx| {
        for n in 1..=600 {
            tx.insert_link(&lead(n, n as i64 + 10_000))?;
        }
        Ok(())
    });
    let keys: Vec<_> = (1..=500)
        .flat_map(|n| [dynamics(n), RecordKey::Marketo(n as i64 + 10_000)])
        .chain([dynamics(9_999), RecordKey::Marketo(1)])
        .collect();
    let found = store.read_blocking(|r| r.links_by_key(&keys)).unwrap();
    assert_eq!(found.len(), 1_000);
    assert!(found.iter().all(|(key, link)| match key {
        RecordKey::Dynamics(id) => link.dynamics == Some(*id),
        RecordKey::Marketo(id) => link.marketo == Some(*id),
    }));
}

#[test]
fn pages_of_links_meet_without_gap() {
    let store = store();
    let account = NewLink {
        entity: Entity::named("account"),
        marketo: None,
        ..lead(50, 0)
    };
    write(&store, |tx| {
        for n in 1..=3 {
            tx.insert_link(&lead(n, n as i64))?;
        }
        tx.insert_link(&account)?;
        tx.insert_link(&lead(4, 4)).map(drop)
    });
    let page = |after| {
        store
            .read_blocking(|r| r.links_page(&Entity::LEAD, after, 2))
            .unwrap()
    };
    let first = page(None);
    let second = page(first.last().map(|l| l.id));
    let ids: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|l| l.marketo.unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert!(page(second.last().map(|l| l.id)).is_empty());
}

#[test]
fn converted_lead_keeps_its_link_under_both_ids() {
    let store = store();
    let link = one_link(&store);
    write(&store, |tx| {
        tx.add_alias(dynamics(1), link)?;
        tx.set_link_dynamics(link, Some(guid(2)))?;
        tx.set_link_entity(link, &Entity::CONTACT)?;
        tx.set_link_version(link, Some("W/\"9\""))
    });
    store
        .read_blocking(|r| {
            assert_eq!(r.alias(dynamics(1))?, Some(link));
            let now = r.link(link)?.unwrap();
            assert_eq!((now.entity, now.dynamics), (Entity::CONTACT, Some(guid(2))));
            assert_eq!(
                (now.version.as_deref(), now.since),
                (Some("W/\"9\""), at(0))
            );
            assert_eq!(
                (
                    r.link_count(&Entity::LEAD)?,
                    r.link_count(&Entity::CONTACT)?
                ),
                (0, 1)
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn base_tells_unknown_from_known_to_be_empty() {
    let store = store();
    let link = one_link(&store);
    let base = || {
        store
            .read_blocking(|r| Ok(r.bases(&[link])?.remove(&link)))
            .unwrap()
    };
    assert_eq!(base(), None);
    write(&store, |tx| {
        tx.update_base(link, &[("phone".into(), Value::Null)])
    });
    write(&store, |tx| {
        tx.update_base(link, &[("city".into(), Value::Text("Bonn".into()))])
    });
    let known = BTreeMap::from([
        ("city".to_owned(), Value::Text("Bonn".into())),
        ("phone".to_owned(), Value::Null),
    ]);
    assert_eq!(base(), Some(known.clone()));
    write(&store, |tx| tx.forget_base(link, &["phone".into()]));
    assert_eq!(base().unwrap().get("phone"), None);
    write(&store, |tx| tx.set_base(link, &known));
    assert_eq!(base(), Some(known));
}
