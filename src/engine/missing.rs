//! Rows that a repeated full read no longer names: the deletions nobody reported.
//!
//! A change feed whose cursor has expired starts again with every row, and tells no deletions. A linked row that was not
//! among them is asked for by its id, and only if it is really not there it counts as deleted. The brakes measure the
//! result before anything is written.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::context::Context;
use super::converted;
use super::error::EngineError;
use super::lane::Lane;
use super::objects;
use super::stage::dirty;
use crate::model::{LinkId, RecordKey};
use crate::store::{Dirty, DirtyReason, Link};

/// Links compared at a time.
const AT_ONCE: usize = 1000;

/// Marks the rows of `lane` as deleted that are linked, were not named by the full read that began at `began`, and are
/// not there.
pub(super) async fn mark(
    context: &Context,
    lane: &Lane,
    began: DateTime<Utc>,
) -> Result<(), EngineError> {
    let mut after: Option<LinkId> = None;
    loop {
        let entity = lane.entity().clone();
        let unseen = context
            .store
            .read(move |reader| reader.unseen_links(&entity, began, after, AT_ONCE))
            .await?;
        let Some(last) = unseen.last() else {
            return Ok(());
        };
        after = Some(last.id);
        let gone = not_there(context, lane, &unseen).await?;
        context.progress.expect(lane.entity(), gone.len() as u64);
        context
            .store
            .transaction(move |tx| {
                for one in &gone {
                    if let Some(row) = one.key.dynamics() {
                        converted::deleted(tx, &one.entity, row, one.since)?;
                    }
                }
                tx.mark_dirty(&gone)
            })
            .await?;
    }
}

async fn not_there(
    context: &Context,
    lane: &Lane,
    unseen: &[Link],
) -> Result<Vec<Dirty>, EngineError> {
    let ids: Vec<Uuid> = unseen.iter().filter_map(|link| link.dynamics).collect();
    let there = objects::read(context, lane, &[], &ids).await?;
    let there: HashSet<RecordKey> = there.into_iter().map(|row| row.key).collect();
    let now = context.clock.now();
    Ok(ids
        .into_iter()
        .map(RecordKey::Dynamics)
        .filter(|key| !there.contains(key))
        .map(|key| Dirty {
            gone: true,
            ..dirty(lane.entity(), key, DirtyReason::Delete, now)
        })
        .collect())
}
