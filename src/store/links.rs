//! Links: two ids, one thing. Narrow rows, because every record passes here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::columns::{At, Guid, numbered};
use super::{Reader, StoreError, Tx};
use crate::model::{Entity, LinkId, MarketoId, RecordKey};
use uuid::Uuid;

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Kept in step.
    Live,
    /// Not written until the admin decides.
    Frozen,
    /// Ended; kept so that a late echo creates nobody anew.
    Tombstone,
    /// Its Dynamics row was asked for and is still to be found or created.
    Wanted,
}

numbered!(LinkState { Live = 0, Frozen = 1, Tombstone = 2, Wanted = 3 });

/// One thing, known by two ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Its entity.
    pub entity: Entity,
    /// The Dynamics row.
    pub dynamics: Option<Uuid>,
    /// The Marketo person; none for entities Marketo knows by our key.
    pub marketo: Option<MarketoId>,
    /// The Dynamics row version last known.
    pub version: Option<String>,
    /// How it stands.
    pub state: LinkState,
    /// When it was made.
    pub since: DateTime<Utc>,
}

/// A link to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// Its entity.
    pub entity: Entity,
    /// The Dynamics row.
    pub dynamics: Option<Uuid>,
    /// The Marketo person.
    pub marketo: Option<MarketoId>,
    /// The Dynamics row version last known.
    pub version: Option<String>,
    /// How it stands.
    pub state: LinkState,
    /// When it was made.
    pub since: DateTime<Utc>,
}

const COLUMNS: &str = "id, entity, dynamics, marketo, version, state, since";

fn read(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        id: row.get(0)?,
        entity: row.get(1)?,
        dynamics: row.get::<_, Option<Guid>>(2)?.map(|id| id.0),
        marketo: row.get(3)?,
        version: row.get(4)?,
        state: row.get(5)?,
        since: row.get::<_, At>(6)?.0,
    })
}

/// A live link comes before a frozen one, that before one that is asked for, all before a tombstone, and a later one
/// before an earlier one.
fn search(column: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM
           (SELECT {COLUMNS} FROM link WHERE {column} = ?1 AND state <> 2
            UNION ALL SELECT {COLUMNS} FROM link WHERE {column} = ?1 AND state = 2)
         ORDER BY state = 2, state, id DESC LIMIT 1"
    )
}

impl Reader<'_> {
    /// The links these keys belong to, whatever their entity; a tombstone only where nothing live has the key.
    /// Aliases are not followed.
    pub fn links_by_key(&self, keys: &[RecordKey]) -> Result<HashMap<RecordKey, Link>, StoreError> {
        let mut by_dynamics = self.conn().prepare_cached(&search("dynamics"))?;
        let mut by_marketo = self.conn().prepare_cached(&search("marketo"))?;
        let mut found = HashMap::with_capacity(keys.len());
        for &key in keys {
            let mut rows = match key {
                RecordKey::Dynamics(id) => by_dynamics.query([Guid(id)])?,
                RecordKey::Marketo(id) => by_marketo.query([id])?,
            };
            if let Some(row) = rows.next()? {
                found.insert(key, read(row)?);
            }
        }
        Ok(found)
    }

    /// One link.
    pub fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM link WHERE id = ?1");
        self.first(&sql, [id], read)
    }

    /// The next `limit` links of `entity` after `after`, tombstones too, oldest first.
    pub fn links_page(
        &self,
        entity: &Entity,
        after: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM link WHERE entity = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        );
        let after = after.unwrap_or(LinkId(0));
        self.all(&sql, (entity, after, limit as i64), read)
    }

    /// The next `limit` links of `entity` after `after` that are not younger than the full read of Dynamics that began at
    /// `began`, and that it has not named; no tombstones.
    pub fn unseen_links(
        &self,
        entity: &Entity,
        began: DateTime<Utc>,
        after: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM link
             WHERE entity = ?1 AND id > ?2 AND since <= ?3 AND seen IS NOT ?3 AND state < 2
               AND dynamics IS NOT NULL
             ORDER BY id LIMIT ?4"
        );
        let after = after.unwrap_or(LinkId(0));
        self.all(&sql, (entity, after, At(began), limit as i64), read)
    }

    /// How many links of `entity` are not tombstones; a kept count.
    pub fn link_count(&self, entity: &Entity) -> Result<u64, StoreError> {
        self.tally("link", entity.name())
    }

    /// The link a former or secondary key stands for.
    pub fn alias(&self, key: RecordKey) -> Result<Option<LinkId>, StoreError> {
        self.first("SELECT link FROM alias WHERE key = ?1", [key], |row| {
            row.get(0)
        })
    }
}

impl Tx<'_> {
    /// Makes a link; [`StoreError::Taken`] when either id belongs to another that is no tombstone.
    pub fn insert_link(&self, link: &NewLink) -> Result<LinkId, StoreError> {
        self.run(
            "INSERT INTO link(entity, dynamics, marketo, version, state, since)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                link.entity,
                link.dynamics.map(Guid),
                link.marketo,
                link.version,
                link.state,
                At(link.since),
            ],
        )
        .map_err(taken)?;
        Ok(LinkId(self.conn().last_insert_rowid()))
    }

    /// Remembers the Dynamics row version.
    pub fn set_link_version(&self, id: LinkId, version: Option<&str>) -> Result<(), StoreError> {
        self.run("UPDATE link SET version = ?2 WHERE id = ?1", (id, version))
            .map(drop)
    }

    /// Forgets the row versions of an entity's links: those of a restored database begin lower.
    pub fn forget_versions(&self, entity: &Entity) -> Result<(), StoreError> {
        let sql = "UPDATE link SET version = NULL WHERE entity = ?1 AND version IS NOT NULL";
        self.run(sql, [entity]).map(drop)
    }

    /// Notes that the full read of Dynamics that began at `began` has named these links.
    pub fn see_links(&self, links: &[LinkId], began: DateTime<Utc>) -> Result<(), StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("UPDATE link SET seen = ?2 WHERE id = ?1")?;
        for link in links {
            statement.execute((link, At(began)))?;
        }
        Ok(())
    }

    /// Changes how a link stands; [`StoreError::Taken`] when a tombstone's id has found another link.
    pub fn set_link_state(&self, id: LinkId, state: LinkState) -> Result<(), StoreError> {
        self.run("UPDATE link SET state = ?2 WHERE id = ?1", (id, state))
            .map_err(taken)
            .map(drop)
    }

    /// Gives a link its Marketo person, or takes it away; [`StoreError::Taken`] when it belongs to another.
    pub fn set_link_marketo(
        &self,
        id: LinkId,
        marketo: Option<MarketoId>,
    ) -> Result<(), StoreError> {
        self.run("UPDATE link SET marketo = ?2 WHERE id = ?1", (id, marketo))
            .map_err(taken)
            .map(drop)
    }

    /// Gives a link its Dynamics row, or takes it away; [`StoreError::Taken`] when it belongs to another.
    pub fn set_link_dynamics(&self, id: LinkId, dynamics: Option<Uuid>) -> Result<(), StoreError> {
        let sql = "UPDATE link SET dynamics = ?2 WHERE id = ?1";
        self.run(sql, (id, dynamics.map(Guid)))
            .map_err(taken)
            .map(drop)
    }

    /// Moves a link to another entity: a lead that became a contact.
    pub fn set_link_entity(&self, id: LinkId, entity: &Entity) -> Result<(), StoreError> {
        self.run("UPDATE link SET entity = ?2 WHERE id = ?1", (id, entity))
            .map_err(taken)
            .map(drop)
    }

    /// Remembers a former or secondary key of a link: a converted lead's, a merge loser's.
    pub fn add_alias(&self, key: RecordKey, link: LinkId) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO alias(key, link) VALUES(?1, ?2)";
        self.run(sql, (key, link)).map(drop)
    }
}

fn taken(error: StoreError) -> StoreError {
    match error {
        StoreError::Taken(_) => StoreError::Taken("a link's id"),
        other => other,
    }
}
