//! What a running backfill means for a decision: in its fields Dynamics wins where the record is meant.

use super::backfill::{BackfillState, backfill};
use super::backfill_spec::BackfillSpec;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::slice::Item;
use crate::model::{Entity, Record, Side};
use crate::store::{Base, Dirty, DirtyReason};

/// What a running backfill means for a decision.
#[derive(Debug, Clone)]
pub(super) struct Active {
    spec: BackfillSpec,
}

/// The running backfill of a lane.
pub(super) async fn active(
    context: &Context,
    entity: &Entity,
) -> Result<Option<Active>, EngineError> {
    let entity = entity.clone();
    let known = context
        .store
        .read(move |reader| backfill(reader, &entity))
        .await?;
    Ok(known
        .filter(|one| one.state == BackfillState::Running)
        .map(|one| Active { spec: one.spec }))
}

impl Active {
    /// The base and the row a record is merged with. In the backfill's fields that both sides never agreed on, Dynamics
    /// wins where the record is meant; where it is not, the field waits for the backfill's end.
    pub(super) fn seen(
        &self,
        lane: &Lane,
        item: &Item,
        row: &Record,
        person: &Record,
    ) -> (Base, Record) {
        let meant = self.spec.is_everything() || marked(item);
        let (mut base, mut row) = (item.base.clone(), row.clone());
        let fields = &self.spec.fields;
        for field in &lane.map.fields {
            let name = &field.map.name;
            let named = fields.is_empty() || fields.contains(name);
            let travels = lane.direction().and(field.direction).writes(Side::Marketo);
            if !named || !travels || field.map.consent || base.contains_key(name) {
                continue;
            }
            if meant {
                let theirs = field.canonical(Side::Marketo, person.get(&field.map.marketo));
                base.insert(name.clone(), theirs);
            } else {
                row.fields.remove(&field.map.dynamics);
            }
        }
        (base, row)
    }

    /// The same for a lane that travels one way: what was edited in Marketo in the backfill's fields gives way too.
    pub(super) fn seen_one_way(
        &self,
        lane: &Lane,
        item: &Item,
        row: &Record,
        record: &Record,
    ) -> (Base, Record) {
        let (mut base, row) = self.seen(lane, item, row, record);
        let fields = &self.spec.fields;
        let named = |name: &String| fields.is_empty() || fields.contains(name);
        for field in lane.map.fields.iter().filter(|_| marked(item)) {
            if named(&field.map.name) {
                let theirs = field.canonical(Side::Marketo, record.get(&field.map.marketo));
                base.insert(field.map.name.clone(), theirs);
            }
        }
        (base, row)
    }
}

/// Whether a backfill asked for an item.
fn marked(item: &Item) -> bool {
    let backfill = |entry: &Dirty| entry.reason == DirtyReason::Backfill;
    item.dirty.iter().any(backfill)
}
