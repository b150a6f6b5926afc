//! The store keeps what it was told, whole or not at all.

mod conflicts;
mod dirty;
mod failures;
mod file;
mod guid;
mod history;
mod lease;
mod links;
mod outbox;
mod small;

use chrono::{DateTime, TimeDelta, Utc};
use syncdeck::model::{Entity, LinkId, RecordKey};
use syncdeck::store::{LinkState, NewLink, Store, StoreError, Tx};
use uuid::Uuid;

/// A store in memory.
fn store() -> Store {
    Store::open_in_memory().unwrap()
}

/// `seconds` after the beginning of the tests' time.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn guid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn dynamics(number: u128) -> RecordKey {
    RecordKey::Dynamics(guid(number))
}

fn lead(number: u128, marketo: i64) -> NewLink {
    NewLink {
        entity: Entity::LEAD,
        dynamics: Some(guid(number)),
        marketo: Some(marketo),
        version: None,
        state: LinkState::Live,
        since: at(0),
    }
}

/// Does `work` in one transaction that must succeed.
fn write<T>(store: &Store, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
    store.transaction_blocking(work).unwrap()
}

/// A link in an otherwise empty store.
fn one_link(store: &Store) -> LinkId {
    write(store, |tx| tx.insert_link(&lead(1, 1)))
}
