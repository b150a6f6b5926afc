//! The chains that feeds of Dynamics are read along, and the rules they were begun under.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use crate::store::{Cursor, Tx};

/// The fingerprint of a chain that is begun anew whatever the rules are.
const OUTDATED: &str = "outdated";

/// Marks the chains that were begun under other rules, before anything is decided under these: what is settled now may
/// have to be looked at again, even if the rules are the old ones once more before the feed is read. What such a chain
/// has brought is read afresh: the next one tells nothing of a row that is gone.
pub(super) async fn mark_outdated(
    context: &Context,
    lanes: &[Arc<Lane>],
) -> Result<(), EngineError> {
    let lanes = lanes.to_vec();
    let mark = move |tx: &Tx<'_>| {
        for lane in &lanes {
            let known = [fingerprint(lane), OUTDATED.to_owned()];
            let stored = tx.cursor(&lane.feed())?;
            let outdated = |cursor: &Cursor| !known.contains(&cursor.fingerprint);
            if let Some(mut cursor) = stored.filter(outdated) {
                OUTDATED.clone_into(&mut cursor.fingerprint);
                tx.set_cursor(&cursor)?;
                tx.forget_records(lane.entity())?;
            }
        }
        Ok(())
    };
    Ok(context.store.transaction(mark).await?)
}

/// What the chain of a feed depends on; another one starts a new chain. Another direction does: what could not
/// travel before was settled as it was, and is looked at again.
pub(super) fn fingerprint(lane: &Lane) -> String {
    let scope = lane.scope.mark();
    let pairs = lane.map.fields.iter().map(|field| &field.map);
    let pairs = serde_json::to_vec(&pairs.collect::<Vec<_>>()).unwrap_or_default();
    let (direction, columns) = (lane.direction(), lane.columns.join(","));
    format!("{direction} {columns} {:x} {scope}", xxh3_64(&pairs))
}
