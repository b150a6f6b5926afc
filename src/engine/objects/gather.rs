//! Reading both sides of a slice of an object's lane afresh.

use std::collections::HashMap;

use uuid::Uuid;

use super::describe;
use super::dress;
use super::end::ObjectEnd;
use super::opportunities;
use super::outside;
use super::parents;
use super::references;
use super::roles;
use super::sharing;
use crate::connectors::marketo::ObjectRecord;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::gather::{read_rows, wait_for_others};
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen, Slice};
use crate::model::{Entity, Record, RecordKey};

/// Completes a slice's items: rows, what they point to, and Marketo's records.
pub(in crate::engine) async fn gather(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    slice: &mut Slice,
) -> Result<(), EngineError> {
    read_rows(context, lane, &mut slice.items).await?;
    if lane.entity().is_role() {
        roles::parts(context, lane, end, &mut slice.items).await?;
        wait_for_others(context, sharing::claim(end, slice)).await?;
        sharing::share(context, lane, end, &mut slice.items).await?;
    }
    let items = &mut slice.items;
    for item in items.iter_mut() {
        if let Seen::Here(row) = &mut item.row {
            dress(lane.entity(), row);
        }
    }
    if *lane.entity() == Entity::OPPORTUNITY {
        opportunities::companies(context, end, items).await?;
        outside::held(context, lane, end, items).await?;
    }
    parents::parents(context, end, items).await?;
    references::resolve(context, lane, items).await?;
    if !end.is_keyed_by_row() {
        return roles::records(context, lane, end, items).await;
    }
    read_records(context, lane, end, items).await
}

/// Marketo's records of a slice's rows, by the rows' GUIDs.
async fn read_records(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let Some(key) = end.keys.first() else {
        return Ok(());
    };
    let rows: Vec<String> = items
        .iter()
        .filter(|item| matches!(item.row, Seen::Here(_) | Seen::Gone))
        .filter_map(|item| item.row_key().and_then(RecordKey::dynamics))
        .map(|id| id.to_string())
        .collect();
    let mut found: HashMap<Uuid, Vec<ObjectRecord>> = HashMap::new();
    for record in by_key(context, lane, end, key, &rows).await? {
        if let Some(row) = row_of(&record, key) {
            found.entry(row).or_default().push(record);
        }
    }
    for item in items {
        let Some(row) = item.row_key().and_then(RecordKey::dynamics) else {
            continue;
        };
        let mut records = found.remove(&row).unwrap_or_default();
        item.records = records.len();
        let record = records.pop();
        item.person = record.map_or(Seen::Absent, |record| Seen::Here(under(row, record)));
    }
    Ok(())
}

/// Marketo's records with these keys. Where a field is gone that was there when the object was last described, the
/// others are read: a field that was not read is passed over, and put aside when the next cycle begins.
async fn by_key(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    key: &str,
    rows: &[String],
) -> Result<Vec<ObjectRecord>, EngineError> {
    let read = async |fields: &[String]| {
        let (object, marketo) = (&end.object, &context.marketo);
        marketo
            .objects(object, key, rows, fields, &lane.person)
            .await
    };
    match read(&lane.fields).await {
        Err(error) if error.code == NO_SUCH_FIELD => {
            let known = describe::afresh(context, &end.object).await?;
            let there = |name: &&String| known.iter().any(|field| field.name == **name);
            let fields: Vec<String> = lane.fields.iter().filter(there).cloned().collect();
            Ok(read(&fields).await?)
        }
        answer => Ok(answer?),
    }
}

/// Marketo's code for a field it does not have.
const NO_SUCH_FIELD: &str = "1006";

/// The GUID a record is keyed by.
fn row_of(record: &ObjectRecord, key: &str) -> Option<Uuid> {
    record.fields.get(key)?.as_text()?.trim().parse().ok()
}

/// A record of Marketo's under its row's key, as decisions read it.
pub(super) fn under(row: Uuid, record: ObjectRecord) -> Record {
    Record {
        key: RecordKey::Dynamics(row),
        version: None,
        modified: record.modified,
        fields: record.fields,
    }
}
