//! Failures and what the admin does about them: try again, park, type another value.

use chrono::{DateTime, Utc};

use super::mapping_facts::mapping_facts;
use super::stage::dirty;
use crate::mapping::{CheckedField, EntityMap, FieldMap};
use crate::model::{
    ConflictKind, ConflictStatus, Entity, Failure, FailureId, FailureStatus, Refusal, Resolution,
    Side, Take, Value,
};
use crate::store::{
    Dirty, DirtyReason, FailureFilter, LinkState, NewConflict, Op, Reader, StoreError, Tx,
};

/// Open failures of one cause at which they are told as one problem of the set-up.
pub const ALIKE: u64 = 20;

/// The values of one record that a side refuses, as one failure a side: the first names it, all are in its message.
pub(super) fn together(
    refused: &[(Side, String, Refusal)],
) -> Vec<(Side, Option<String>, Refusal)> {
    let mut found: Vec<(Side, Option<String>, Refusal)> = Vec::new();
    for (side, field, refusal) in refused {
        if let Some((.., first)) = found.iter_mut().find(|(known, ..)| known == side) {
            first.message += "; ";
            first.message += &refusal.message;
        } else {
            let field = Some(field.clone()).filter(|field| !field.is_empty());
            found.push((*side, field, refusal.clone()));
        }
    }
    found
}

/// The logical field a vendor's refusal is about: the one whose API name its message mentions.
pub(super) fn field_of(op: &Op, refusal: &Refusal) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = refusal.message.split(|c: char| !word(c)).collect();
    let mut sent = op.fields.iter().filter(|field| !field.field.is_empty());
    let named = sent.find(|field| {
        let name = field.name.split(':').next().unwrap_or(&field.name);
        words.iter().any(|word| word.eq_ignore_ascii_case(name))
    });
    named.map(|field| field.field.clone())
}

/// Has failed records looked at again now, parked ones too; how many.
pub fn retry_failures(
    tx: &Tx<'_>,
    filter: &FailureFilter,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let records = tx.retry_failures(filter, now)?;
    let rows: Vec<Dirty> = records
        .iter()
        .map(|(entity, key, gone)| Dirty {
            gone: *gone,
            ..dirty(entity, *key, DirtyReason::Conflict, now)
        })
        .collect();
    tx.mark_dirty(&rows)?;
    Ok(rows.len() as u64)
}

/// Has one entity's failed records, or all, looked at again now.
pub fn retry(tx: &Tx<'_>, entity: Option<&Entity>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let filter = FailureFilter {
        entity: entity.cloned(),
        ..FailureFilter::default()
    };
    retry_failures(tx, &filter, now)
}

/// A value typed for a field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Edit {
    /// The failure it mends.
    pub failure: FailureId,
    /// The field: its logical name, or its name on either side.
    pub field: String,
    /// What was typed; nothing clears the field.
    pub value: String,
    /// Who typed it.
    pub by: String,
}

/// Writes a typed value to both sides as a decision, and has the record tried again at once. The inner error says why
/// it cannot be done.
pub fn edit_failure(
    tx: &Tx<'_>,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<Result<Failure, String>, StoreError> {
    let Some((failure, key)) = tx.failure(edit.failure)? else {
        return Ok(Err("there is no such failure".to_owned()));
    };
    if failure.status == FailureStatus::Healed {
        return Ok(Err("it has healed already".to_owned()));
    }
    let link = tx.links_by_key(&[key])?.remove(&key);
    let Some(link) = link.filter(|link| link.state != LinkState::Tombstone) else {
        return Ok(Err(
            "its record is not linked: correct the value where it was entered, then retry"
                .to_owned(),
        ));
    };
    let field = match typed(tx, &failure.entity, &edit.field, &edit.value)? {
        Ok(field) => field,
        Err(why) => return Ok(Err(why)),
    };
    let known = tx.open_conflicts(&[link.id])?.remove(&link.id);
    for older in known.into_iter().flatten() {
        if older.kind == ConflictKind::Edit && older.field == field {
            tx.set_conflict_status(older.id, ConflictStatus::Superseded, now)?;
        }
    }
    let id = tx.open_conflict(&NewConflict {
        link: Some(link.id),
        entity: failure.entity.clone(),
        kind: ConflictKind::Edit,
        field,
        dynamics_id: link.dynamics,
        marketo_id: link.marketo,
        label: String::new(),
        base: None,
        dynamics: Value::Null,
        marketo: Value::Null,
        detected: now,
        note: format!("a value typed for failure {}", failure.id),
    })?;
    let resolution = Resolution {
        take: Take::Value(Value::text(edit.value.trim())),
        by: edit.by.clone(),
        at: now,
    };
    tx.resolve_conflict(id, &resolution)?;
    let one = FailureFilter {
        id: Some(failure.id),
        ..FailureFilter::default()
    };
    retry_failures(tx, &one, now)?;
    // Retried already in this very moment, it was not marked again.
    tx.mark_dirty(&[dirty(&failure.entity, key, DirtyReason::Conflict, now)])?;
    Ok(Ok(tx.failure(failure.id)?.map_or(failure, |(it, _)| it)))
}

/// The logical field that `name` means, if what was typed is a value of it that may be written to both sides.
fn typed(
    reader: &Reader<'_>,
    entity: &Entity,
    name: &str,
    text: &str,
) -> Result<Result<String, String>, StoreError> {
    let facts = mapping_facts(reader, entity)?;
    let fact = facts
        .iter()
        .find(|fact| fact.field == name)
        .or_else(|| {
            let mut facts = facts.iter();
            facts.find(|fact| fact.dynamics_name == name || fact.marketo_name == name)
        })
        .cloned();
    let Some(fact) = fact else {
        return Ok(Err(format!("{entity} has no mapped field '{name}'")));
    };
    let settings = reader.entity_settings()?;
    let of_entity = settings.iter().find(|settings| settings.entity == *entity);
    let direction = of_entity.map_or(fact.direction, |it| it.direction.and(fact.direction));
    // What travels one way takes a value in Marketo alone: it stays until the row changes.
    let sides = Side::BOTH.into_iter();
    let mut sides = sides.filter(|side| entity.is_person() || *side == Side::Marketo);
    if let Some(side) = sides.find(|side| !direction.writes(*side)) {
        return Ok(Err(format!(
            "{name} is not written to {side}, so a value typed here would not last: correct it in {}, then retry",
            side.other()
        )));
    }
    let (Some(column), Some(theirs)) = (fact.dynamics, fact.marketo) else {
        return Ok(Err(format!("{name} is missing on one side")));
    };
    let map = EntityMap {
        entity: entity.clone(),
        table: String::new(),
        object: String::new(),
        fields: vec![FieldMap::new(fact.dynamics_name, fact.marketo_name)],
    };
    let checked = map.check(&[column], &[theirs]);
    let parsed = checked
        .fields
        .first()
        .map_or(Ok(()), |field: &CheckedField| field.parse(text).map(drop));
    Ok(parsed.map(|()| fact.field))
}
