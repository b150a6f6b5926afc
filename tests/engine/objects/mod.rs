//! What travels one way to objects beside people: owners, companies, opportunities, roles, custom objects.

mod account_roles;
mod accounts;
mod adopting;
mod backfills;
pub mod cast;
mod companies;
mod custom;
mod custom_types;
mod customers;
mod flags;
mod followers;
mod growing;
mod maps;
mod opportunities;
mod orphans;
mod owners;
mod previews;
mod records;
mod relations;
mod roles;
mod rules;
mod sharing;
mod undoing;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::harness::Bench;

pub type Fields = Map<String, Json>;

/// The record of an object whose field has this value.
pub fn record(bench: &Bench, object: &str, key: &str, value: &str) -> Option<Fields> {
    let mut records = bench.world.marketo.records(object);
    records.retain(|record| record.get(key) == Some(&json!(value)));
    assert!(records.len() <= 1, "{object} {value}: {records:#?}");
    records.pop()
}

/// The company of an account.
pub fn company(bench: &Bench, account: Uuid) -> Option<Fields> {
    record(
        bench,
        "companies",
        "externalCompanyId",
        &account.to_string(),
    )
}

/// The lookup that points to a row, as a client writes it.
pub fn bind(set: &str, row: Uuid) -> Json {
    json!(format!("/{set}({row})"))
}
