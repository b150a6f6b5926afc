//! What the last cycle found about each field map, kept in the store so that the console shows it without asking a vendor.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::EngineError;
use crate::mapping::{CheckedMap, EntityMap};
use crate::model::{Direction, Entity, FieldInfo, Policy};
use crate::store::{Reader, StoreError};

/// One field map beside what both sides said about its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFact {
    /// The logical field.
    pub field: String,
    /// The Dynamics column's API name.
    pub dynamics_name: String,
    /// What Dynamics says about it; none when it is not there.
    pub dynamics: Option<FieldInfo>,
    /// The Marketo field's API name.
    pub marketo_name: String,
    /// What Marketo says about it; none when it is not there.
    pub marketo: Option<FieldInfo>,
    /// Which way its changes may travel.
    pub direction: Direction,
    /// Who wins; none for the entity's policy.
    pub policy: Option<Policy>,
    /// What is wrong or risky about it.
    pub problems: Vec<String>,
}

/// The field maps of `entity` as the last cycle found them; empty before the first.
pub fn mapping_facts(reader: &Reader<'_>, entity: &Entity) -> Result<Vec<MappingFact>, StoreError> {
    let stored = reader.setting(&key(entity))?;
    // Written by an older version, it is simply not known until the next cycle.
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// Keeps what was found.
pub(super) async fn keep(
    context: &Context,
    map: &EntityMap,
    checked: &CheckedMap,
    dynamics: &[FieldInfo],
    marketo: &[FieldInfo],
) -> Result<(), EngineError> {
    let of =
        |fields: &[FieldInfo], name: &str| fields.iter().find(|field| field.name == name).cloned();
    let facts: Vec<MappingFact> = map
        .fields
        .iter()
        .map(|field| MappingFact {
            field: field.name.clone(),
            dynamics_name: field.dynamics.clone(),
            dynamics: of(dynamics, &field.dynamics),
            marketo_name: field.marketo.clone(),
            marketo: of(marketo, &field.marketo),
            direction: checked
                .field(&field.name)
                .map_or(field.direction, |it| it.direction),
            policy: field.policy,
            problems: checked
                .problems
                .iter()
                .filter(|problem| problem.field == field.name)
                .map(|problem| problem.text.clone())
                .collect(),
        })
        .collect();
    let text = serde_json::to_string(&facts).unwrap_or_default();
    let key = key(&map.entity);
    context
        .store
        .transaction(move |tx| {
            if tx.setting(&key)?.as_deref() == Some(text.as_str()) {
                return Ok(());
            }
            tx.set_setting(&key, &text)
        })
        .await?;
    Ok(())
}

fn key(entity: &Entity) -> String {
    format!("mapping/{entity}")
}
