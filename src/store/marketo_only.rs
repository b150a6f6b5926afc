//! People who exist in Marketo only: ids and times, nothing personal.

use chrono::{DateTime, Utc};

use super::columns::At;
use super::{Reader, StoreError, Tx};
use crate::model::MarketoId;

/// Somebody in Marketo, and the time of the last change as far as it is known.
pub type Listed = (MarketoId, Option<DateTime<Utc>>);

impl Reader<'_> {
    /// How many people are known to exist in Marketo only; a kept count.
    pub fn marketo_only_count(&self) -> Result<u64, StoreError> {
        self.tally("marketo_only", "")
    }

    /// The next `limit` of them after `after`, by id, with the time of their last change as far as it is known.
    pub fn marketo_only(
        &self,
        after: Option<MarketoId>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        self.all(
            "SELECT id, updated FROM marketo_only WHERE id > ?1 ORDER BY id LIMIT ?2",
            (after.unwrap_or(0), limit as i64),
            |row| Ok((row.get(0)?, row.get::<_, Option<At>>(1)?.map(|at| at.0))),
        )
    }
}

impl Tx<'_> {
    /// Notes people found in Marketo; those who are linked, or were, are left out. A link made later takes its person
    /// off the list by itself.
    pub fn add_marketo_only(&self, people: &[Listed]) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare_cached(
            "INSERT INTO marketo_only(id, updated) SELECT ?1, ?2
             WHERE NOT EXISTS (SELECT 1 FROM link WHERE marketo = ?1 AND state <> 2)
               AND NOT EXISTS (SELECT 1 FROM link WHERE marketo = ?1 AND state = 2)
             ON CONFLICT(id) DO UPDATE SET updated = coalesce(excluded.updated, updated)",
        )?;
        for (person, updated) in people {
            statement.execute((person, updated.map(At)))?;
        }
        Ok(())
    }

    /// Forgets people who are not in Marketo any more.
    pub fn drop_marketo_only(&self, people: &[MarketoId]) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("DELETE FROM marketo_only WHERE id = ?1")?;
        for person in people {
            statement.execute([person])?;
        }
        Ok(())
    }
}
