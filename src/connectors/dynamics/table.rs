//! What Dynamics says about one table: its names, columns, keys, and how its lookups are bound.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::model::{FieldInfo, FieldKind};

/// One table's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The logical name, `lead`.
    pub logical: String,
    /// The name people see.
    pub label: String,
    /// The entity set used in URLs, `leads`; cannot be computed from the name.
    pub set: String,
    /// The key column, `leadid`.
    pub key: String,
    /// The column people know a row by, `fullname`; empty where there is none.
    pub name_column: String,
    /// Whether its changes can be followed.
    pub change_tracking: bool,
    /// Whether a write may demand a row version; without it every update is unguarded.
    pub optimistic: bool,
    /// The columns that can be read, by logical name (lookups too: `customerid`, not
    /// `_customerid_value`).
    pub columns: Vec<FieldInfo>,
    /// For each lookup column, the tables it may point to and how each is bound.
    pub navigation: BTreeMap<String, Vec<Target>>,
    /// Alternate keys.
    pub keys: Vec<AlternateKey>,
}

/// One table a lookup may point to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its logical name, `account`.
    pub table: String,
    /// Its entity set, `accounts`.
    pub set: String,
    /// The navigation property to bind, in its right case: `customerid_account`.
    pub property: String,
}

/// An alternate key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlternateKey {
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether its index is built, so that it can be used.
    pub active: bool,
}

impl Table {
    /// The column of that logical name.
    pub fn column(&self, name: &str) -> Option<&FieldInfo> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// A mark that changes with anything said here; equal marks mean an unchanged table.
    pub fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("{:032x}", xxh3_128(&text))
    }

    /// How `column` is called in `$select` and in rows.
    pub(super) fn member(column: &FieldInfo) -> String {
        if column.kind == FieldKind::Lookup {
            format!("_{}_value", column.name)
        } else {
            column.name.clone()
        }
    }
}
