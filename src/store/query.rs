//! [`Reader`] and [`Tx`]: what work is handed, and the few ways it asks SQLite.

use std::collections::BTreeMap;
use std::ops::Deref;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::StoreError;
use super::columns::Count;
use crate::model::Entity;

/// One read snapshot: everything it returns was true at one moment.
pub struct Reader<'a> {
    conn: &'a Connection,
}

/// One transaction of the writer: all of it is kept, or nothing. Reads see its own changes.
pub struct Tx<'a> {
    reader: Reader<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn on(conn: &'a Connection) -> Self {
        Self { conn }
    }

    pub(super) fn conn(&self) -> &Connection {
        self.conn
    }

    /// Every row of a query.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first row of a query.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row(params, read).optional()?)
    }

    /// One kept count, by entity.
    pub(super) fn tally(&self, what: &str, entity: &str) -> Result<u64, StoreError> {
        let count = self.first(
            "SELECT n FROM tally WHERE what = ?1 AND entity = ?2",
            (what, entity),
            |row| row.get::<_, Count>(0),
        )?;
        Ok(count.map_or(0, |count| count.0))
    }

    /// One kept count for every entity that has any.
    pub(super) fn tallies(&self, what: &str) -> Result<BTreeMap<Entity, u64>, StoreError> {
        let counts = self.all(
            "SELECT entity, n FROM tally WHERE what = ?1 AND n > 0",
            [what],
            |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)),
        )?;
        Ok(counts.into_iter().collect())
    }
}

impl<'a> Tx<'a> {
    pub(super) fn on(conn: &'a Connection) -> Self {
        Self {
            reader: Reader::on(conn),
        }
    }

    /// Runs a statement; how many rows it changed.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.conn().prepare_cached(sql)?.execute(params)?)
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}
