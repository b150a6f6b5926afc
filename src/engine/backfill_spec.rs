//! Which fields of which rows a backfill is about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{Record, Value};

/// Row ids a backfill may name.
pub const IDS_MAX: usize = 100_000;

/// Which fields of which rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BackfillSpec {
    /// The logical fields; all where none is named.
    pub fields: Vec<String>,
    /// Only rows created at or after this moment.
    pub created_from: Option<DateTime<Utc>>,
    /// Only rows changed at or after this moment.
    pub updated_from: Option<DateTime<Utc>>,
    /// Only rows created, or changed, before this moment.
    pub to: Option<DateTime<Utc>>,
    /// Only rows this CEL expression holds for.
    pub filter: Option<String>,
    /// Only these rows, at most [`IDS_MAX`].
    pub ids: Vec<Uuid>,
}

impl BackfillSpec {
    /// Whether every row is meant.
    pub(super) fn is_everything(&self) -> bool {
        let range = self.created_from.or(self.updated_from).or(self.to);
        range.is_none() && self.filter.is_none() && self.ids.is_empty()
    }

    /// Whether a row is of the days that are meant.
    pub(super) fn within(&self, row: &Record) -> bool {
        let created = match row.get("createdon") {
            Value::DateTime(at) => Some(*at),
            _ => None,
        };
        let from = |from: Option<DateTime<Utc>>, at: Option<DateTime<Utc>>| match (from, at) {
            (None, _) => true,
            (Some(from), Some(at)) => at >= from && self.to.is_none_or(|to| at < to),
            (Some(_), None) => false,
        };
        let only_to = self.created_from.is_none() && self.updated_from.is_none();
        let before = !only_to
            || self
                .to
                .is_none_or(|to| created.or(row.modified).is_some_and(|at| at < to));
        from(self.created_from, created) && from(self.updated_from, row.modified) && before
    }
}
