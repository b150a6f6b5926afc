//! Did our own write to Marketo replace a value somebody had just set?
//!
//! Marketo has no conditional write. But the change activity of our write carries the value it replaced: if that is
//! not the value we had read, somebody was overwritten in between, and the lost value is kept in a conflict.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::mutant::{self, Mutant};
use crate::connectors::marketo::LeadChange;
use crate::mapping::{CheckedField, CheckedMap};
use crate::model::{ConflictId, ConflictKind, ConflictStatus, Entity, Side, Value};
use crate::store::{Base, Link, NewConflict, Op, OpKind, StoreError, Tx};

/// A write of ours is recognised by what the feed tells of the time this long around it, however late that is read.
const RECOGNISED_FOR_HOURS: i64 = 24;

/// Who did it, where we did.
const OURS: &str = "Web service API";

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
    map: &CheckedMap,
    link: &Link,
    base: &Base,
    change: &LeadChange,
    now: DateTime<Utc>,
) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    // Where the feed says who did it, only what came through the API can be ours.
    let source = change.source.as_deref().unwrap_or(OURS);
    if source != OURS || mutant::is(Mutant::NoOldValue) {
        return Ok(found);
    }
    for changed in &change.fields {
        let mut fields = map.fields.iter();
        let Some(field) = fields.find(|field| field.map.marketo == changed.name) else {
            continue;
        };
        let old = Told::of(field, changed.old.as_deref());
        let new = Told::of(field, changed.new.as_deref()).value;
        let Some(ours) = ours(tx, (link, field), change, &new, now)? else {
            continue;
        };
        if old.is(field, &ours.0) || (old.is_regular && old.value == new) {
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
            dynamics: ours.1.clone(),
            marketo: old.as_it_was(field),
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

/// What a write of ours that may have made this change replaced, and what it wrote.
fn ours(
    tx: &Tx<'_>,
    (link, field): (&Link, &CheckedField),
    change: &LeadChange,
    new: &Value,
    now: DateTime<Utc>,
) -> Result<Option<(Value, Value)>, StoreError> {
    let name = &field.map.name;
    let is_new = |raw: &Value| field.canonical(Side::Marketo, raw) == *new;
    let around = TimeDelta::hours(RECOGNISED_FOR_HOURS);
    let mut writes = tx.recent_marketo_writes(change.person, name, change.at - around)?;
    // However late it is read, it tells of no write that came long after it.
    writes.retain(|row| row.entry.at <= change.at + around);
    match writes.into_iter().find(|row| is_new(&row.entry.after)) {
        Some(row) => {
            tx.verify_journal(&[row.id])?;
            Ok(Some((row.entry.before, row.entry.after)))
        }
        None => on_its_way(tx, link, name, &is_new, now),
    }
}

/// A value as the feed tells it: as text.
struct Told<'a> {
    text: &'a str,
    /// As it is compared.
    value: Value,
    /// Whether the field takes it. One it does not take is nobody's to lose either: it is compared, and kept, as its text.
    is_regular: bool,
}

impl<'a> Told<'a> {
    fn of(field: &CheckedField, text: Option<&'a str>) -> Self {
        let text = text.unwrap_or_default();
        let parsed = field.parse(text);
        Self {
            text,
            is_regular: parsed.is_ok(),
            value: parsed.unwrap_or_else(|_| field.canonical(Side::Marketo, &Value::text(text))),
        }
    }

    /// Whether it is the raw value `read`, which we believed we replaced.
    fn is(&self, field: &CheckedField, read: &Value) -> bool {
        if self.is_regular {
            self.value == field.canonical(Side::Marketo, read)
        } else {
            read.to_string().trim() == self.text.trim()
        }
    }

    /// As it was written, in its own case and punctuation, rather than as it is compared.
    fn as_it_was(&self, field: &CheckedField) -> Value {
        let raw = Value::text(self.text);
        let same = matches!(self.value, Value::Text(_))
            && field.canonical(Side::Marketo, &raw) == self.value;
        if same || !self.is_regular {
            raw
        } else {
            self.value.clone()
        }
    }
}

/// An older lost value of the field stays on record, but gives way: a second one must not vanish behind it.
fn supersede(tx: &Tx<'_>, link: &Link, field: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let open = tx.open_conflicts(&[link.id])?;
    let older = open.get(&link.id).into_iter().flatten();
    let mut older = older.filter(|one| one.kind == ConflictKind::Overwritten && one.field == field);
    older.try_for_each(|one| tx.set_conflict_status(one.id, ConflictStatus::Superseded, now))
}

/// What a write of ours replaces and writes, that has no answer yet although the feed shows it already. It is noted, so
/// that its journal row, once there is one, is not taken for another write.
fn on_its_way(
    tx: &Tx<'_>,
    link: &Link,
    field: &str,
    is_new: &dyn Fn(&Value) -> bool,
    now: DateTime<Utc>,
) -> Result<Option<(Value, Value)>, StoreError> {
    for op in tx.ops_of(link.id)? {
        let ours = op.side == Side::Marketo && op.kind == OpKind::Update;
        let mut fields = op.fields.iter().filter(|_| ours);
        let sent = fields.find(|sent| sent.field == field && is_new(&sent.after));
        if let Some(sent) = sent {
            tx.see_activities(&[shown(&op, field)], now)?;
            return Ok(Some((sent.before.clone(), sent.after.clone())));
        }
    }
    Ok(None)
}

/// Settles the journal rows just written for `op`: those whose activity the feed has shown already are verified.
pub(super) fn already_shown(tx: &Tx<'_>, op: &Op, now: DateTime<Utc>) -> Result<(), StoreError> {
    let (Side::Marketo, OpKind::Update, Some(person)) = (op.side, op.kind, op.marketo) else {
        return Ok(());
    };
    let fields = op.fields.iter().filter(|field| !field.field.is_empty());
    let marks: Vec<String> = fields.map(|field| shown(op, &field.field)).collect();
    let seen = tx.seen_activities(&marks)?;
    for field in op
        .fields
        .iter()
        .filter(|field| seen.contains(&shown(op, &field.field)))
    {
        let rows = tx.recent_marketo_writes(person, &field.field, now)?;
        let newest: Vec<i64> = rows.first().map(|row| row.id).into_iter().collect();
        tx.verify_journal(&newest)?;
    }
    Ok(())
}

/// Under which name it is noted that the feed has shown a field of a write.
fn shown(op: &Op, field: &str) -> String {
    format!("op/{}/{field}", op.id.0)
}
