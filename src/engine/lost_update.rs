//! Did our own write to Marketo replace a value somebody had just set?
//!
//! Marketo has no conditional write. But the change activity of our write carries the value it replaced: if that is
//! not the value we had read, somebody was overwritten in between, and the lost value is kept in a conflict.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::lane::Lane;
use crate::connectors::marketo::LeadChange;
use crate::model::{ConflictId, ConflictKind, ConflictStatus, Entity, Side, Value};
use crate::store::{Base, Link, NewConflict, StoreError, Tx};

/// A write of ours is recognised in the feed for this long.
const RECOGNISED_FOR_HOURS: i64 = 24;

/// A lost update that was found.
pub(super) struct Found {
    entity: Entity,
    conflict: ConflictId,
    field: String,
}

impl Found {
    pub(super) fn report(self, context: &Context) {
        context
            .progress
            .count(&self.entity, |counts| counts.conflicts += 1);
        context.progress.rows_changed();
        let text = format!(
            "{}: our write replaced a value somebody had just set",
            self.field
        );
        context
            .progress
            .tell_conflict(&self.entity, self.conflict, text);
    }
}

/// Compares a change of a linked person with our own writes to it.
pub(super) fn look(
    tx: &Tx<'_>,
    lane: &Lane,
    link: &Link,
    base: &Base,
    change: &LeadChange,
    now: DateTime<Utc>,
) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    for changed in &change.fields {
        let field = lane
            .map
            .fields
            .iter()
            .find(|field| field.map.marketo == changed.name);
        let Some(field) = field else { continue };
        let text = |value: &Option<String>| field.parse(value.as_deref().unwrap_or_default());
        let (Ok(old), Ok(new)) = (text(&changed.old), text(&changed.new)) else {
            continue;
        };
        let canonical = |raw: &Value| field.canonical(Side::Marketo, raw);
        let since = now - TimeDelta::hours(RECOGNISED_FOR_HOURS);
        let writes = tx.recent_marketo_writes(change.person, &field.map.name, since)?;
        let Some(ours) = writes.iter().find(|row| canonical(&row.entry.after) == new) else {
            continue;
        };
        tx.verify_journal(&[ours.id])?;
        if old == canonical(&ours.entry.before) || old == new {
            continue;
        }
        supersede(tx, link, &field.map.name, now)?;
        let conflict = tx.open_conflict(&NewConflict {
            link: Some(link.id),
            entity: link.entity.clone(),
            kind: ConflictKind::Overwritten,
            field: field.map.name.clone(),
            dynamics_id: link.dynamics,
            marketo_id: link.marketo,
            label: String::new(),
            base: base.get(&field.map.name).cloned(),
            dynamics: ours.entry.after.clone(),
            marketo: old,
            detected: now,
            note: "our write replaced the value shown under Marketo, which was set between our \
                   reading and our writing: take dynamics to keep what was written, marketo to \
                   bring the lost value back"
                .to_owned(),
        })?;
        let (entity, field) = (link.entity.clone(), field.map.name.clone());
        found.push(Found {
            entity,
            conflict,
            field,
        });
    }
    Ok(found)
}

/// An older lost value of the field stays on record, but gives way: a second one must not vanish behind it.
fn supersede(tx: &Tx<'_>, link: &Link, field: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let open = tx.open_conflicts(&[link.id])?;
    let older = open.get(&link.id).into_iter().flatten();
    let mut older = older.filter(|one| one.kind == ConflictKind::Overwritten && one.field == field);
    older.try_for_each(|one| tx.set_conflict_status(one.id, ConflictStatus::Superseded, now))
}
