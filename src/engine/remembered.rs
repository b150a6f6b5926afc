//! What the store knows of one record.

use uuid::Uuid;

use super::context::Context;
use super::custom;
use super::error::EngineError;
use super::pull_marketo::STRANGER;
use crate::model::{Conflict, Entity, Failure, LinkId, MarketoId, RecordKey};
use crate::store::{Base, Conversion, Dirty, JournalRow, Link, Op, Reader, StoreError};

/// Journal rows shown of a record.
const WRITES: usize = 50;

/// What the store knows of a pair.
pub(super) struct Remembered {
    pub(super) link: Option<Link>,
    pub(super) base: Base,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) failures: Vec<Failure>,
    pub(super) pending: Vec<Dirty>,
    pub(super) outbox: Vec<Op>,
    pub(super) journal: Vec<JournalRow>,
    /// The leads it came of, and the contact it became.
    pub(super) conversions: Vec<Conversion>,
}

/// Everything the store knows of a row and a person that belong together.
pub(super) async fn remembered(
    context: &Context,
    row: Option<Uuid>,
    person: Option<MarketoId>,
) -> Result<Remembered, EngineError> {
    let keys: Vec<RecordKey> = row
        .map(RecordKey::Dynamics)
        .into_iter()
        .chain(person.map(RecordKey::Marketo))
        .collect();
    let read = move |reader: &Reader<'_>| -> Result<Remembered, StoreError> {
        let links = reader.links_by_key(&keys)?;
        let link = keys.iter().find_map(|key| links.get(key)).cloned();
        let ids: Vec<LinkId> = link.iter().map(|link| link.id).collect();
        let mut pending = Vec::new();
        if let Some(link) = &link {
            for key in &keys {
                pending.extend(reader.dirty(&link.entity, *key)?);
            }
        } else {
            let known = custom::all_settings(reader)?.into_iter();
            let known = known.map(|settings| settings.entity);
            for entity in known.chain([Entity::named(STRANGER)]) {
                for key in &keys {
                    pending.extend(reader.dirty(&entity, *key)?);
                }
            }
        }
        let mut journal: Vec<JournalRow> = Vec::new();
        for key in &keys {
            journal.extend(reader.journal_of(*key, WRITES)?);
        }
        journal.sort_by_key(|row| std::cmp::Reverse(row.id));
        journal.dedup_by_key(|row| row.id);
        journal.truncate(WRITES);
        let first = ids.first().copied();
        let rows = row.or(link.as_ref().and_then(|link| link.dynamics));
        let rows: Vec<Uuid> = rows.into_iter().collect();
        let mut conversions: Vec<Conversion> = reader.conversions(&rows)?.into_values().collect();
        for row in rows {
            conversions.extend(reader.conversions_into(row)?);
        }
        Ok(Remembered {
            base: reader.bases(&ids)?.into_values().next().unwrap_or_default(),
            conflicts: reader
                .open_conflicts(&ids)?
                .into_values()
                .flatten()
                .collect(),
            failures: reader.failures_of(&keys)?,
            outbox: first.map_or_else(|| Ok(Vec::new()), |link| reader.ops_of(link))?,
            link,
            pending,
            journal,
            conversions,
        })
    };
    Ok(context.store.read(read).await?)
}
