//! Schema drift: a column that vanishes, changes its type, gets shorter or read-only puts its pair alone aside.
//!
//! What a pair's two fields were like when it was first used (with this version of the map) is remembered. The pair comes
//! back by itself when they are like that again; what moved meanwhile is merged like any other edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::EngineError;
use super::maps::Current;
use super::snapshot::NewsKind;
use crate::mapping::EntityMap;
use crate::model::{Entity, FieldInfo, FieldKind, Side};
use crate::store::{Reader, StoreError};

/// A pair that is left alone, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The logical field.
    pub field: String,
    /// Where the drift is.
    pub side: Side,
    /// What it is.
    pub reason: String,
}

/// The pairs of `entity` that the last cycle left alone.
pub fn quarantined(reader: &Reader<'_>, entity: &Entity) -> Result<Vec<Quarantined>, StoreError> {
    let stored = reader.setting(&list_key(entity))?;
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// What has to stay for a pair to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    kind: FieldKind,
    max_length: Option<u32>,
    updatable: bool,
}

impl Shape {
    fn of(info: &FieldInfo) -> Self {
        Self {
            kind: info.kind,
            max_length: info.max_length,
            updatable: info.updatable,
        }
    }

    /// What is worse now than it was, in words.
    fn drift(&self, name: &str, now: Option<&FieldInfo>) -> Option<String> {
        let Some(now) = now else {
            return Some(format!("{name} is gone"));
        };
        if now.kind != self.kind {
            return Some(format!("{name} has another type now"));
        }
        if self.updatable && !now.updatable {
            return Some(format!("{name} is read-only now"));
        }
        match (self.max_length, now.max_length) {
            (Some(before), Some(after)) if after < before => Some(format!(
                "{name} takes {after} characters now, {before} before"
            )),
            _ => None,
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    version: i64,
    pairs: BTreeMap<String, [Shape; 2]>,
}

/// Takes the pairs out of a map whose fields have drifted; says so when that changes.
pub(super) async fn without_drifted(
    context: &Context,
    current: Current,
    dynamics: &[FieldInfo],
    marketo: &[FieldInfo],
) -> Result<(EntityMap, Vec<Quarantined>), EngineError> {
    let entity = current.map.entity.clone();
    let (key, named) = (shape_key(&entity), entity.clone());
    let (stored, before) = context
        .store
        .read(move |reader| Ok((reader.setting(&key)?, quarantined(reader, &named)?)))
        .await?;
    let remembered: Remembered = stored
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .filter(|known: &Remembered| known.version == current.version)
        .unwrap_or_default();
    let mut pairs = BTreeMap::new();
    let mut drifted = Vec::new();
    for field in &current.map.fields {
        let name = |info: &&FieldInfo, name: &str| info.name == name;
        let now = [
            dynamics.iter().find(|info| name(info, &field.dynamics)),
            marketo.iter().find(|info| name(info, &field.marketo)),
        ];
        let known = remembered.pairs.get(&field.name);
        let drift = known.and_then(|shapes| {
            let names = [&field.dynamics, &field.marketo];
            Side::BOTH.into_iter().find_map(|side| {
                let at = side as usize;
                Some((side, shapes[at].drift(names[at], now[at])?))
            })
        });
        match (drift, known, now) {
            (Some((side, reason)), Some(shapes), _) => {
                pairs.insert(field.name.clone(), shapes.clone());
                drifted.push(Quarantined {
                    field: field.name.clone(),
                    side,
                    reason,
                });
            }
            (_, _, [Some(dynamics), Some(marketo)]) => {
                pairs.insert(field.name.clone(), [dynamics, marketo].map(Shape::of));
            }
            _ => {}
        }
    }
    let mut map = current.map;
    map.fields
        .retain(|field| !drifted.iter().any(|one| one.field == field.name));
    tell(context, &entity, &before, &drifted);
    let version = current.version;
    let shapes = serde_json::to_string(&Remembered { version, pairs }).unwrap_or_default();
    keep(context, &entity, (stored, shapes), (before, &drifted)).await?;
    Ok((map, drifted))
}

fn tell(context: &Context, entity: &Entity, before: &[Quarantined], now: &[Quarantined]) {
    for one in now.iter().filter(|one| !before.contains(one)) {
        let text = format!(
            "field {} is left alone until {} has it back as it was: {}",
            one.field, one.side, one.reason
        );
        context.progress.tell(NewsKind::Trouble, Some(entity), text);
    }
    for one in before {
        if !now.iter().any(|still| still.field == one.field) {
            let text = format!(
                "field {} is back as it was, and kept in step again",
                one.field
            );
            context.progress.tell(NewsKind::Done, Some(entity), text);
        }
    }
}

async fn keep(
    context: &Context,
    entity: &Entity,
    (stored, shapes): (Option<String>, String),
    (before, drifted): (Vec<Quarantined>, &[Quarantined]),
) -> Result<(), EngineError> {
    if stored.as_ref() == Some(&shapes) && before == drifted {
        return Ok(());
    }
    let (shape_key, list_key) = (shape_key(entity), list_key(entity));
    let list = serde_json::to_string(drifted).unwrap_or_default();
    context
        .store
        .transaction(move |tx| {
            tx.set_setting(&shape_key, &shapes)?;
            tx.set_setting(&list_key, &list)
        })
        .await?;
    Ok(())
}

fn shape_key(entity: &Entity) -> String {
    format!("schema/{entity}")
}

fn list_key(entity: &Entity) -> String {
    format!("quarantine/{entity}")
}
