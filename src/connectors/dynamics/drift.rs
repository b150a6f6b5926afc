//! How a table differs from what it was: schema drift, in words for the admin.

use std::fmt;

use super::table::Table;
use crate::model::FieldInfo;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The column it is about; none for the table as a whole.
    pub column: Option<String>,
    /// What is different: `is new`, `is gone`, `type was Text, is Memo`.
    pub what: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column} {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Table {
    /// What is different from `before`, columns in the order of their names.
    pub fn drift_from(&self, before: &Self) -> Vec<Drift> {
        let mut found = Vec::new();
        let mut table = |what: String| found.push(Drift { column: None, what });
        said(&mut table, "entity set", &before.set, &self.set);
        said(&mut table, "key", &before.key, &self.key);
        said(
            &mut table,
            "change tracking",
            &before.change_tracking,
            &self.change_tracking,
        );
        said(
            &mut table,
            "row versions",
            &before.optimistic,
            &self.optimistic,
        );
        said(&mut table, "alternate keys", &names(before), &names(self));
        let mut columns: Vec<_> = before.columns.iter().chain(&self.columns).collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        columns.dedup_by(|a, b| a.name == b.name);
        for FieldInfo { name, .. } in columns {
            let mut column = |what: String| {
                let column = Some(name.clone());
                found.push(Drift { column, what });
            };
            match (before.column(name), self.column(name)) {
                (None, _) => column("is new".to_owned()),
                (_, None) => column("is gone".to_owned()),
                (Some(old), Some(new)) => column_drift(&mut column, old, new),
            }
            if self.column(name).is_some() && before.column(name).is_some() {
                let targets = |table: &Self| -> Vec<String> {
                    let targets = table.navigation.get(name).into_iter().flatten();
                    targets.map(|target| target.table.clone()).collect()
                };
                said(&mut column, "targets", &targets(before), &targets(self));
            }
        }
        found
    }
}

fn column_drift(found: &mut impl FnMut(String), old: &FieldInfo, new: &FieldInfo) {
    said(found, "type", &old.kind, &new.kind);
    said(found, "length", &old.max_length, &new.max_length);
    said(found, "precision", &old.precision, &new.precision);
    said(found, "required", &old.required, &new.required);
    said(found, "writable on create", &old.creatable, &new.creatable);
    said(found, "writable on update", &old.updatable, &new.updatable);
    let options = |column: &FieldInfo| -> Vec<String> {
        let options = column.options.iter();
        options
            .map(|item| format!("{} {}", item.code, item.label))
            .collect()
    };
    let (before, after) = (options(old), options(new));
    for gone in before.iter().filter(|item| !after.contains(item)) {
        found(format!("option {gone} is gone"));
    }
    for added in after.iter().filter(|item| !before.contains(item)) {
        found(format!("option {added} is new"));
    }
}

fn names(table: &Table) -> Vec<String> {
    let keys = table.keys.iter().map(|key| {
        let state = if key.active { "" } else { " (not active)" };
        format!("{}{state}", key.columns.join("+"))
    });
    keys.collect()
}

fn said<T: PartialEq + fmt::Debug>(found: &mut impl FnMut(String), what: &str, old: &T, new: &T) {
    if old != new {
        found(format!("{what} was {old:?}, is {new:?}"));
    }
}
