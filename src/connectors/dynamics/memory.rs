//! Remembers tables, so that a cycle does not read metadata that did not change.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use chrono::{DateTime, TimeDelta, Utc};

use super::call::Caller;
use super::query::Origin;
use super::table::Table;
use super::{identity, metadata};
use crate::clock::Clock;
use crate::connectors::ConnectorError;

/// How long a table is trusted where the server has no stamp to compare.
const TRUSTED_WITHOUT_STAMP: TimeDelta = TimeDelta::minutes(15);
/// More tables than any sync maps; beyond it the memory starts anew.
const TABLES_MAX: usize = 256;

struct Remembered {
    table: Table,
    /// The server's schema stamp when it was read.
    stamp: Option<String>,
    read_at: DateTime<Utc>,
}

/// Tables by logical name.
pub(super) struct Memory {
    clock: Clock,
    tables: Mutex<HashMap<String, Remembered>>,
}

impl Memory {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            tables: Mutex::default(),
        }
    }

    /// The table as remembered while the stamp stays (one call), else read anew.
    pub(super) async fn table(
        &self,
        caller: &Caller,
        origin: &Origin,
        logical: &str,
    ) -> Result<Table, ConnectorError> {
        let stamp = identity::schema(caller, origin).await?;
        if let Some(table) = self.recall(logical, stamp.as_deref()) {
            return Ok(table);
        }
        let table = metadata::table(caller, origin, logical).await?;
        let remembered = Remembered {
            table: table.clone(),
            stamp,
            read_at: self.clock.now(),
        };
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.len() >= TABLES_MAX {
            tables.clear();
        }
        tables.insert(logical.to_owned(), remembered);
        Ok(table)
    }

    fn recall(&self, logical: &str, stamp: Option<&str>) -> Option<Table> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tables.get(logical)?;
        let holds = match stamp {
            Some(stamp) => known.stamp.as_deref() == Some(stamp),
            None => self.clock.now() - known.read_at < TRUSTED_WITHOUT_STAMP,
        };
        holds.then(|| known.table.clone())
    }
}
