//! A table's metadata, remembered in the store for as long as the organisation's schema stamp stays the same.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::EngineError;
use super::snapshot::NewsKind;
use crate::connectors::dynamics::Table;
use crate::model::Entity;
use crate::store::{Reader, StoreError};

/// A table as it was when the stamp was this.
#[derive(Serialize, Deserialize)]
struct Remembered {
    stamp: String,
    table: Table,
}

/// The metadata of `entity`'s table. A difference from what is remembered is told as schema drift.
pub(super) async fn table(
    context: &Context,
    entity: &Entity,
    logical: &str,
    stamp: Option<&str>,
) -> Result<Table, EngineError> {
    let key = format!("table/{logical}");
    let name = key.clone();
    let stored = context
        .store
        .read(move |reader| reader.setting(&name))
        .await?;
    // Written by an older version, it is simply read again.
    let before: Option<Remembered> = stored.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(before) = &before
        && stamp == Some(before.stamp.as_str())
    {
        return Ok(before.table.clone());
    }
    let table = context.dynamics.table(logical).await?;
    for drift in before
        .iter()
        .flat_map(|before| table.drift_from(&before.table))
    {
        let text = format!("schema drift in Dynamics {logical}: {drift}");
        context.progress.tell(NewsKind::Trouble, Some(entity), text);
    }
    if let Some(stamp) = stamp {
        let remembered = Remembered {
            stamp: stamp.to_owned(),
            table: table.clone(),
        };
        let text = serde_json::to_string(&remembered).unwrap_or_default();
        context
            .store
            .transaction(move |tx| tx.set_setting(&key, &text))
            .await?;
    }
    Ok(table)
}

/// The metadata of a table that may have no lane: as it is remembered, unless it is to be read `afresh`.
pub(super) async fn known(
    context: &Context,
    logical: &str,
    afresh: bool,
) -> Result<Table, EngineError> {
    let key = format!("table/{logical}");
    let name = key.clone();
    let stored = context
        .store
        .read(move |reader| reader.setting(&name))
        .await?;
    let before: Option<Remembered> = stored.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(before) = before.filter(|_| !afresh) {
        return Ok(before.table);
    }
    let table = context.dynamics.table(logical).await?;
    let remembered = Remembered {
        stamp: String::new(),
        table: table.clone(),
    };
    let text = serde_json::to_string(&remembered).unwrap_or_default();
    context
        .store
        .transaction(move |tx| tx.set_setting(&key, &text))
        .await?;
    Ok(table)
}

/// What is remembered of a table.
pub(super) fn remembered(reader: &Reader<'_>, logical: &str) -> Result<Option<Table>, StoreError> {
    let stored = reader.setting(&format!("table/{logical}"))?;
    let known: Option<Remembered> = stored.and_then(|text| serde_json::from_str(&text).ok());
    Ok(known.map(|known| known.table))
}
