//! A field that may travel where it could not before: both sides are looked at again.
//!
//! While a direction forbids a write, or a pair is quarantined, what a person was changed to is left as it is, and its
//! feed does not tell it twice. Rows are read anew whenever directions or pairs change (`pull_dynamics`); the people are
//! compared here, so that what was left apart is found although its row still is what was agreed. A field that is mapped
//! for the first time needs none of that: nothing was agreed about it, so every row is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use crate::model::{Direction, Side};

/// Where it is kept what may travel, an entity: the fields that were ever mapped, and those with the side they may be
/// written to.
fn key(lane: &Lane) -> String {
    format!("travels/{}", lane.entity())
}

/// Every field with its direction.
fn directions(lane: &Lane) -> impl Iterator<Item = (&str, Direction)> {
    let fields = lane.map.fields.iter();
    fields.map(|field| {
        let direction = lane.direction().and(field.direction);
        (field.map.name.as_str(), direction)
    })
}

/// What may travel now, given what might before; and whether a field that was known may travel further.
fn widened<'a>(
    before: &str,
    now: impl Iterator<Item = (&'a str, Direction)>,
) -> (BTreeSet<String>, bool) {
    let before: BTreeSet<&str> = before.lines().collect();
    let names = before.iter().filter(|line| !line.contains(' '));
    let mut kept: BTreeSet<String> = names.map(|name| (*name).to_owned()).collect();
    let mut further = false;
    for (name, direction) in now {
        for side in Side::BOTH
            .into_iter()
            .filter(|side| direction.writes(*side))
        {
            let travels = format!("{name} {side}");
            further |= before.contains(name) && !before.contains(travels.as_str());
            kept.insert(travels);
        }
        kept.insert(name.to_owned());
    }
    (kept, further)
}

/// Asks for everybody to be compared where a known field may travel further than in the cycle before. An entity that is
/// off has no lane: what was allowed when it was last on is what counts.
pub(super) async fn note(context: &Context, lanes: &[Arc<Lane>]) -> Result<(), EngineError> {
    for lane in lanes.iter().filter(|lane| lane.entity().is_person()) {
        let (lane, now) = (Arc::clone(lane), context.clock.now());
        context
            .store
            .transaction(move |tx| {
                let name = key(&lane);
                let known = tx.setting(&name)?.unwrap_or_default();
                let (travels, further) = widened(&known, directions(&lane));
                if further {
                    compare::request(tx, now)?;
                }
                let travels = travels.into_iter().collect::<Vec<_>>().join("\n");
                if travels == known {
                    return Ok(());
                }
                tx.set_setting(&name, &travels)
            })
            .await?;
    }
    Ok(())
}
