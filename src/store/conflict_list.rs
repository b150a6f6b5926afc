//! Listing conflicts: filtered, paged by key, counted by field.

use rusqlite::{ToSql, params_from_iter};

use super::StoreError;
use super::columns::Count;
use super::conflicts::{COLUMNS, read};
use super::query::Reader;
use crate::model::{Conflict, ConflictId, ConflictStatus, Entity, LinkId};

/// Which conflicts to list; everything that is none does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConflictFilter {
    /// Only this entity's.
    pub entity: Option<Entity>,
    /// Only this logical field's.
    pub field: Option<String>,
    /// Only in one of these states.
    pub status: Option<Vec<ConflictStatus>>,
    /// Only this link's.
    pub link: Option<LinkId>,
    /// Only where the label, the field or a value contains this, in any case (ASCII).
    pub text: Option<String>,
}

/// Which end a list starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest conflict first.
    NewestFirst,
    /// The oldest conflict first.
    OldestFirst,
}

impl Reader<'_> {
    /// The next `limit` conflicts behind `after`.
    pub fn conflicts(
        &self,
        filter: &ConflictFilter,
        order: Order,
        after: Option<ConflictId>,
        limit: usize,
    ) -> Result<Vec<Conflict>, StoreError> {
        let text = filter.text.as_deref().map(like);
        let mut narrow = Narrow::new(filter, text.as_ref());
        let (behind, direction) = match order {
            Order::NewestFirst => (" AND id < #", "DESC"),
            Order::OldestFirst => (" AND id > #", "ASC"),
        };
        narrow.and(behind, after.as_ref().map(|id| id as _));
        let sql = format!(
            "SELECT {COLUMNS} FROM conflict {} ORDER BY id {direction} LIMIT {limit}",
            narrow.sql
        );
        self.all(&sql, params_from_iter(narrow.values), read)
    }

    /// How many conflicts the filter admits.
    pub fn count_conflicts(&self, filter: &ConflictFilter) -> Result<u64, StoreError> {
        let text = filter.text.as_deref().map(like);
        let narrow = Narrow::new(filter, text.as_ref());
        let sql = format!("SELECT count(*) FROM conflict {}", narrow.sql);
        let count = self.first(&sql, params_from_iter(narrow.values), |row| {
            row.get::<_, Count>(0)
        });
        Ok(count?.map_or(0, |count| count.0))
    }

    /// How many of the conflicts the filter admits each field has, the most frequent first.
    pub fn conflict_fields(
        &self,
        filter: &ConflictFilter,
    ) -> Result<Vec<(Entity, String, u64)>, StoreError> {
        let text = filter.text.as_deref().map(like);
        let narrow = Narrow::new(filter, text.as_ref());
        let sql = format!(
            "SELECT entity, field, count(*) FROM conflict {} GROUP BY entity, field
             ORDER BY count(*) DESC, entity, field",
            narrow.sql
        );
        self.all(&sql, params_from_iter(narrow.values), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Count>(2)?.0))
        })
    }
}

/// A filter as a condition and its values.
struct Narrow<'a> {
    sql: String,
    values: Vec<&'a dyn ToSql>,
}

impl<'a> Narrow<'a> {
    fn new(filter: &'a ConflictFilter, text: Option<&'a String>) -> Self {
        let statuses = filter.status.as_deref().unwrap_or(&ConflictStatus::ALL);
        let all_open = statuses.iter().all(|status| status.is_open());
        // Word for word the condition of the index over open conflicts, which are few among the closed ones.
        let start = match (all_open, filter.link) {
            (true, None) => "INDEXED BY conflict_open WHERE status IN ('pending', 'resolved')",
            _ => "WHERE 1",
        };
        let mut narrow = Self {
            sql: start.to_owned(),
            values: Vec::new(),
        };
        narrow.and(" AND entity = #", filter.entity.as_ref().map(|it| it as _));
        narrow.and(" AND field = #", filter.field.as_ref().map(|it| it as _));
        narrow.and(" AND link = #", filter.link.as_ref().map(|it| it as _));
        narrow.and(
            r" AND (label LIKE # ESCAPE '\' OR field LIKE # ESCAPE '\'
               OR dynamics LIKE # ESCAPE '\' OR marketo LIKE # ESCAPE '\')",
            text.map(|it| it as _),
        );
        let wanted: Vec<String> = statuses
            .iter()
            .map(|status| format!("'{}'", status.word()))
            .collect();
        narrow.sql += &format!(" AND status IN ({})", wanted.join(", "));
        narrow
    }

    /// Adds a condition; every `#` in it stands for `value`. None: it does not matter.
    fn and(&mut self, condition: &str, value: Option<&'a dyn ToSql>) {
        if let Some(value) = value {
            self.values.push(value);
            self.sql += &condition.replace('#', &format!("?{}", self.values.len()));
        }
    }
}

/// A pattern that matches what contains `text`, taken literally.
pub(super) fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
