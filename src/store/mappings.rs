//! Every version of an entity's field map: who set it, and when.

use chrono::{DateTime, Utc};

use super::columns::At;
use super::{Reader, StoreError, Tx};
use crate::model::Entity;

/// One version of a field map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingVersion {
    /// Counted from 1.
    pub version: i64,
    /// When it was set.
    pub at: DateTime<Utc>,
    /// Who set it.
    pub by: String,
    /// The map, as TOML.
    pub document: String,
}

impl Reader<'_> {
    /// The versions of `entity`'s field map, the newest first, at most `limit`; empty while it has the default one.
    pub fn mappings(
        &self,
        entity: &Entity,
        limit: usize,
    ) -> Result<Vec<MappingVersion>, StoreError> {
        self.all(
            "SELECT version, at, author, document FROM mapping
             WHERE entity = ?1 ORDER BY version DESC LIMIT ?2",
            (entity, limit as i64),
            |row| {
                Ok(MappingVersion {
                    version: row.get(0)?,
                    at: row.get::<_, At>(1)?.0,
                    by: row.get(2)?,
                    document: row.get(3)?,
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Adds a version, which is obeyed from the next cycle on; returns its number.
    pub fn add_mapping(
        &self,
        entity: &Entity,
        document: &str,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let last = self
            .mappings(entity, 1)?
            .first()
            .map_or(0, |one| one.version);
        self.run(
            "INSERT INTO mapping(entity, version, at, author, document) VALUES(?1, ?2, ?3, ?4, ?5)",
            (entity, last + 1, At(at), by, document),
        )?;
        Ok(last + 1)
    }
}
