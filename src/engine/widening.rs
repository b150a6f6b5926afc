//! A field that may travel where it could not before: both sides are looked at again.
//!
//! While a direction forbids a write, what a person was changed to is left as it is, and its feed does not tell it twice.
//! Rows are read anew whenever a direction changes (`pull_dynamics`); the people are compared here, so that what was left
//! apart is found although the row still is what was agreed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use crate::model::Side;

/// Where what may travel is kept, an entity.
fn key(lane: &Lane) -> String {
    format!("travels/{}", lane.entity())
}

/// Every field with each side it may be written to.
fn travels(lane: &Lane) -> BTreeSet<String> {
    let fields = lane.map.fields.iter().flat_map(|field| {
        let direction = lane.direction().and(field.direction);
        let to = Side::BOTH
            .into_iter()
            .filter(move |side| direction.writes(*side));
        to.map(move |side| format!("{} {side}", field.map.name))
    });
    fields.collect()
}

/// Asks for everybody to be compared where a field may travel further than in the cycle before. An entity that is off
/// has no lane: what was allowed when it was last on is what counts.
pub(super) async fn note(context: &Context, lanes: &[Arc<Lane>]) -> Result<(), EngineError> {
    for lane in lanes.iter().filter(|lane| lane.entity().is_person()) {
        let (name, travels, now) = (key(lane), travels(lane), context.clock.now());
        context
            .store
            .transaction(move |tx| {
                let known = tx.setting(&name)?;
                let text = travels.iter().cloned().collect::<Vec<_>>().join("\n");
                if known.as_deref() == Some(text.as_str()) {
                    return Ok(());
                }
                if let Some(known) = known {
                    let before: BTreeSet<&str> = known.lines().collect();
                    if !travels.iter().all(|one| before.contains(one.as_str())) {
                        compare::request(tx, now)?;
                    }
                }
                tx.set_setting(&name, &text)
            })
            .await?;
    }
    Ok(())
}
