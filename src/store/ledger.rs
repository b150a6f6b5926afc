//! Calls made a side and a day: a restart must not forget what of a quota is used.

use chrono::NaiveDate;

use super::columns::Count;
use super::{Reader, StoreError, Tx};
use crate::model::Side;

impl Reader<'_> {
    /// Calls made to `side` on `day` (the vendor's own day).
    pub fn calls(&self, side: Side, day: NaiveDate) -> Result<u64, StoreError> {
        let calls = self.first(
            "SELECT calls FROM ledger WHERE side = ?1 AND day = ?2",
            (side, day.to_string()),
            |row| row.get::<_, Count>(0),
        )?;
        Ok(calls.map_or(0, |calls| calls.0))
    }
}

impl Tx<'_> {
    /// Adds calls made to `side` on `day`.
    pub fn count_calls(&self, side: Side, day: NaiveDate, calls: u64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO ledger(side, day, calls) VALUES(?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
            (side, day.to_string(), Count(calls)),
        )
        .map(drop)
    }
}
