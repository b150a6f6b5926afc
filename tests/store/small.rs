//! The small nouns: cursors, settings, the binding, commands, the ledger.

use chrono::NaiveDate;
use serde_json::json;
use syncdeck::model::{Direction, Entity, EntitySettings, Policy, Side};
use syncdeck::store::{Binding, Cursor, CursorStage, Store};

use super::{at, store, write};

#[test]
fn feed_moves_and_can_be_forgotten() {
    let store = store();
    let cursor = Cursor {
        feed: "marketo/changes".into(),
        token: "t1".into(),
        stage: CursorStage::Copying,
        since: None,
        obtained: at(1),
        fingerprint: "f".into(),
        counted: 0,
    };
    let next = Cursor {
        token: "t2".into(),
        stage: CursorStage::Following,
        ..cursor.clone()
    };
    write(&store, |tx| tx.set_cursor(&cursor));
    write(&store, |tx| tx.set_cursor(&next));
    let stands = || {
        store
            .read_blocking(|r| r.cursor("marketo/changes"))
            .unwrap()
    };
    assert_eq!(stands(), Some(next));
    write(&store, |tx| tx.clear_cursor("marketo/changes"));
    assert_eq!(stands(), None);
}

#[test]
fn settings_are_replaced_by_later_ones() {
    let store = store();
    let mut lead = EntitySettings::initial(Entity::LEAD);
    write(&store, |tx| tx.set_entity_settings(&lead));
    (lead.direction, lead.policy) = (Direction::ToMarketo, Policy::Newest);
    write(&store, |tx| tx.set_entity_settings(&lead));
    write(&store, |tx| tx.set_paused(true));
    write(&store, |tx| tx.set_setting("theme", "dark"));
    store
        .read_blocking(|r| {
            assert_eq!(r.entity_settings()?, [lead]);
            assert!(r.paused()?);
            assert_eq!(r.setting("theme")?.as_deref(), Some("dark"));
            assert_eq!(r.setting("none")?, None);
            Ok(())
        })
        .unwrap();
    write(&store, |tx| tx.set_paused(false));
    assert!(!store.read_blocking(|r| r.paused()).unwrap());
}

#[test]
fn file_remembers_its_two_ends_and_the_approved_plan() {
    let store = store();
    let binding = Binding {
        organization: "o".into(),
        environment: None,
        dynamics_url: "https://acme.crm4.dynamics.com".into(),
        marketo: "123-ABC-456".into(),
        bound: at(1),
    };
    assert_eq!(store.read_blocking(|r| r.binding()).unwrap(), None);
    write(&store, |tx| tx.bind(&binding));
    assert_eq!(store.read_blocking(|r| r.binding()).unwrap(), Some(binding));
    let approved = || store.read_blocking(|r| r.approved_plan()).unwrap();
    assert_eq!(approved(), None);
    write(&store, |tx| tx.set_approved_plan(Some("p-1")));
    assert_eq!(approved().as_deref(), Some("p-1"));
    write(&store, |tx| tx.set_approved_plan(None));
    assert_eq!(approved(), None);
}

#[test]
fn commands_are_taken_once_in_order() {
    let store = store();
    let post = |n: i32| write(&store, |tx| tx.post_command(&json!({ "n": n }), at(0)));
    let drain = |limit| write(&store, |tx| tx.drain_commands(limit));
    (1..=3).for_each(post);
    assert_eq!(drain(2), [json!({"n": 1}), json!({"n": 2})]);
    post(4);
    assert_eq!(drain(9), [json!({"n": 3}), json!({"n": 4})]);
    assert!(drain(9).is_empty());
}

#[test]
fn calls_add_up_a_side_and_a_day() {
    let store = store();
    let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    let calls = |store: &Store, side, day| store.read_blocking(|r| r.calls(side, day)).unwrap();
    write(&store, |tx| tx.count_calls(Side::Marketo, day, 5));
    write(&store, |tx| tx.count_calls(Side::Marketo, day, 7));
    assert_eq!(calls(&store, Side::Marketo, day), 12);
    assert_eq!(calls(&store, Side::Dynamics, day), 0);
    assert_eq!(calls(&store, Side::Marketo, day.succ_opt().unwrap()), 0);
}
