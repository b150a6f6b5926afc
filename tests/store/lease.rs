//! The lease: one engine a file; another takes over only once the first is silent.

use std::time::Duration;

use serde_json::json;
use syncdeck::model::EngineState;
use syncdeck::store::{Holder, LeaseOutcome, Store};

use super::{at, store, write};

const STALE: Duration = Duration::from_secs(30);

fn holder(id: &str) -> Holder {
    Holder {
        id: id.into(),
        pid: 7,
        host: "box".into(),
        since: at(0),
        beat: at(0),
        state: "idle".into(),
        snapshot: None,
    }
}

fn take(store: &Store, id: &str, seconds: i64) -> LeaseOutcome {
    write(store, |tx| tx.take_lease(&holder(id), at(seconds), STALE))
}

fn beat(store: &Store, id: &str, seconds: i64) -> bool {
    write(store, |tx| {
        tx.beat_lease(id, at(seconds), "writing", Some(&json!({"done": 1})))
    })
}

#[test]
fn lease_is_taken_over_only_after_it_is_stale() {
    let store = store();
    assert_eq!(take(&store, "a", 0), LeaseOutcome::Held);
    assert!(beat(&store, "a", 20));
    let LeaseOutcome::HeldBy(other) = take(&store, "b", 49) else {
        panic!("taken from the living")
    };
    assert_eq!(
        (other.id.as_str(), other.state.as_str(), other.beat),
        ("a", "writing", at(20))
    );
    assert_eq!(other.snapshot, Some(json!({"done": 1})));
    assert_eq!(take(&store, "b", 50), LeaseOutcome::Held);
    assert!(
        !beat(&store, "a", 51),
        "the first learns that it lost the lease"
    );
    write(&store, |tx| tx.release_lease("a"));
    assert_eq!(store.read_blocking(|r| r.lease()).unwrap().unwrap().id, "b");
}

#[test]
fn holder_may_take_its_own_lease_again_and_a_released_one_is_free() {
    let store = store();
    assert_eq!(take(&store, "a", 0), LeaseOutcome::Held);
    assert_eq!(take(&store, "a", 1), LeaseOutcome::Held);
    write(&store, |tx| tx.release_lease("a"));
    assert_eq!(take(&store, "b", 2), LeaseOutcome::Held);
}

/// A console that attaches, a script and the metrics all read the same word.
#[test]
fn the_state_of_the_engine_is_one_word_in_code_store_and_json() {
    let store = store();
    assert_eq!(take(&store, "a", 0), LeaseOutcome::Held);
    for state in EngineState::ALL {
        let word = state.word();
        assert_eq!(EngineState::from_word(word), Some(state));
        assert_eq!(json!(state), json!(word));
        assert!(write(&store, |tx| tx.beat_lease("a", at(1), word, None)));
        let kept = store.read_blocking(|r| r.lease()).unwrap().unwrap();
        assert_eq!(kept.state, word);
    }
}

#[test]
fn clock_set_back_does_not_keep_a_dead_lease() {
    let store = store();
    assert_eq!(take(&store, "a", 100_000), LeaseOutcome::Held);
    assert_eq!(take(&store, "b", 0), LeaseOutcome::Held);
}
