//! A row being filled by column names, for seeding.

use std::borrow::Cow;

use super::cell::{Cell, Owned};
use super::schema::Table;

/// Values gathered so far.
pub struct Sheet<'a> {
    table: &'a Table,
    cells: Vec<(u16, Owned)>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet for a row of `table`.
    pub fn new(table: &'a Table) -> Self {
        Self {
            table,
            cells: Vec::with_capacity(24),
        }
    }

    /// Sets a column, when the table has it and there is a value.
    pub fn put(&mut self, name: &str, cell: Owned) -> &mut Self {
        if let Some(at) = self.table.find(name).filter(|_| !cell.is_null()) {
            self.cells.push((at, cell));
        }
        self
    }

    /// Sets a text column.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        self.put(name, Cell::Text(Cow::Owned(text.into())))
    }

    /// Sets a text column, when there is a text.
    pub fn maybe(&mut self, name: &str, text: Option<&String>) -> &mut Self {
        self.text(name, text.map_or("", String::as_str))
    }

    /// Sets an option or whole number.
    pub fn int(&mut self, name: &str, value: i32) -> &mut Self {
        self.put(name, Cell::Int(value))
    }

    /// Sets a Boolean.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.put(name, Cell::Bool(value))
    }

    /// Active, as most rows are.
    pub fn active(&mut self) -> &mut Self {
        self.int("statecode", 0).int("statuscode", 1)
    }

    /// The values, sorted by column.
    pub fn finish(mut self) -> Vec<(u16, Owned)> {
        self.cells.sort_unstable_by_key(|(at, _)| *at);
        self.cells
    }
}
