//! The custom entities the admin added, and forgetting what is known of one.

use chrono::{DateTime, Utc};

use super::columns::{At, Json};
use super::{Reader, StoreError, Tx};
use crate::model::{CustomEntity, Entity};

impl Reader<'_> {
    /// Every custom entity, in the order of adding.
    pub fn custom_entities(&self) -> Result<Vec<CustomEntity>, StoreError> {
        self.all(
            "SELECT document FROM custom_entity ORDER BY id",
            (),
            |row| Ok(row.get::<_, Json<CustomEntity>>(0)?.0),
        )
    }

    /// One of them.
    pub fn custom_entity(&self, entity: &Entity) -> Result<Option<CustomEntity>, StoreError> {
        let sql = "SELECT document FROM custom_entity WHERE entity = ?1";
        self.first(sql, [entity], |row| {
            Ok(row.get::<_, Json<CustomEntity>>(0)?.0)
        })
    }
}

impl Tx<'_> {
    /// Adds a custom entity, or changes one.
    pub fn set_custom_entity(&self, custom: &CustomEntity) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO custom_entity(entity, document) VALUES(?1, ?2)
             ON CONFLICT(entity) DO UPDATE SET document = excluded.document",
            (&custom.entity, Json(custom)),
        )
        .map(drop)
    }

    /// Forgets up to `limit` links of an entity with all that hangs on them, the journal apart. False when there were
    /// none left.
    pub fn forget_links(
        &self,
        entity: &Entity,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let links = self.links_page(entity, None, limit)?;
        for link in &links {
            self.run(
                "UPDATE conflict SET status = 'superseded', changed = ?2
                 WHERE link = ?1 AND status IN ('pending', 'resolved')",
                (link.id, At(now)),
            )?;
            for sql in [
                "UPDATE conflict SET link = NULL WHERE link = ?1",
                "DELETE FROM outbox WHERE link = ?1",
                "DELETE FROM alias WHERE link = ?1",
                "DELETE FROM base WHERE link = ?1",
                // By its state first, so that the kept count follows.
                "UPDATE link SET state = 2 WHERE id = ?1 AND state <> 2",
                "DELETE FROM link WHERE id = ?1",
            ] {
                self.run(sql, [link.id])?;
            }
        }
        Ok(!links.is_empty())
    }

    /// Forgets an entity whose links are forgotten: what waits, its cursors, its settings and field maps. Its journal
    /// stays as history.
    pub fn forget_entity(&self, entity: &Entity) -> Result<(), StoreError> {
        for sql in [
            "UPDATE failure SET status = 'healed', next_try = NULL WHERE entity = ?1 AND status <> 'healed'",
            "DELETE FROM outbox WHERE entity = ?1",
            "DELETE FROM dirty WHERE entity = ?1",
            "DELETE FROM dependant WHERE entity = ?1",
            "DELETE FROM cursor WHERE feed = 'dynamics/' || ?1 OR instr(feed, 'dynamics/' || ?1 || '/') = 1",
            "DELETE FROM setting WHERE key IN ('copied/' || ?1, 'first_copy/' || ?1, 'backfill/' || ?1,
                'quarantine/' || ?1, 'filter/' || ?1, 'filter_plan/' || ?1, 'schema/' || ?1, 'mapping/' || ?1,
                'mapping_applied/' || ?1)",
            "DELETE FROM mapping WHERE entity = ?1",
            "DELETE FROM entity_setting WHERE entity = ?1",
            "DELETE FROM custom_entity WHERE entity = ?1",
        ] {
            self.run(sql, [entity])?;
        }
        Ok(())
    }
}
