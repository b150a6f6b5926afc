//! Taking back what a cycle wrote to objects beside people: one way, so only Marketo is put back.
//!
//! A value that is put back is held against Dynamics until its field changes there. A record that the cycle deleted is
//! made again of what the journal kept; its row is gone, so it is kept in step no longer. One that the cycle created
//! comes again when its row changes. The plan says all of this before it is carried out.

use std::collections::HashSet;

use uuid::Uuid;

use super::rollback::{Allowed, RollbackStep};
use crate::model::{Cause, RecordKey, Side, Take, Value};
use crate::store::{JournalRow, LinkState, Reader, StoreError};

pub(super) const HELD: &str =
    "held until this field changes in Dynamics: correct it there to make it last";
const UNLINKED: &str = "made again as it was, but kept in step no longer: its row is gone";
const AGAIN: &str = "created again when its row changes in Dynamics: correct the filter or pause the entity to prevent it";

/// What a cycle did to whole records.
pub(super) struct Cycle {
    created: HashSet<Uuid>,
    deleted: HashSet<Uuid>,
    /// Those of which the journal kept what they held.
    kept: HashSet<Uuid>,
}

impl Cycle {
    pub(super) fn of(rows: &[JournalRow]) -> Self {
        let of = |which: fn(&JournalRow) -> bool| {
            let rows = rows.iter().filter(|row| which(row));
            rows.filter_map(|row| row.entry.dynamics_id).collect()
        };
        Self {
            created: of(|row| row.entry.cause == Cause::Create && row.entry.field.is_empty()),
            deleted: of(|row| row.entry.cause == Cause::Delete && row.entry.field.is_empty()),
            kept: of(|row| row.entry.cause == Cause::Delete && !row.entry.field.is_empty()),
        }
    }

    /// What taking one record's creation, deletion or field back comes to.
    pub(super) fn step(
        &self,
        reader: &Reader<'_>,
        allowed: &mut Allowed,
        group: &[JournalRow],
        delete_created: bool,
    ) -> Result<Option<RollbackStep>, StoreError> {
        let (Some(first), Some(last)) = (written(group), group.last()) else {
            return Ok(None);
        };
        let mut step = RollbackStep::about(&first.entry);
        step.side = Some(Side::Marketo);
        if first.entry.side == Side::Dynamics {
            step.side = Some(Side::Dynamics);
            step.why = Some("a task is not taken back: delete it in Dynamics".to_owned());
            return Ok(Some(step));
        }
        let Some(row) = first.entry.dynamics_id else {
            step.why = Some("its row is not known".to_owned());
            return Ok(Some(step));
        };
        let changed = |field| reader.written_after(RecordKey::Dynamics(row), field, last.id);
        if self.created.contains(&row) && self.deleted.contains(&row) {
            step.why = Some("its key changed: Dynamics would have it so again".to_owned());
            return Ok(first.entry.field.is_empty().then_some(step));
        }
        match (&first.entry.cause, first.entry.field.is_empty()) {
            (Cause::Create, true) if !delete_created => step.action = "keep",
            (Cause::Create, true) if changed(None)? => {
                step.why = Some("it was changed since".to_owned());
            }
            (Cause::Create, true) => {
                (step.action, step.then) = ("delete", Some(AGAIN));
                step.take = Some(Take::Side(Side::Marketo));
            }
            (Cause::Delete, whole) => match self.lost(reader, &step, row)? {
                Some(why) => {
                    step.why = Some(why);
                    return Ok(whole.then_some(step));
                }
                None if whole => {
                    (step.action, step.then) = ("recreate", Some(UNLINKED));
                    step.take = Some(Take::Side(Side::Dynamics));
                }
                None => value(&mut step, &first.entry.before),
            },
            _ if changed(Some(&step.field))? => {
                step.why = Some("it was written again since".to_owned());
            }
            _ if !allowed
                .of(reader, &step.entity, &step.field)?
                .writes(Side::Marketo) =>
            {
                step.why = Some("the field is not written to Marketo any more".to_owned());
            }
            _ => {
                step.written = last.entry.after.to_json();
                step.seen = [last.entry.after.clone(), last.entry.after.clone()];
                step.then = Some(HELD);
                value(&mut step, &first.entry.before);
            }
        }
        if step.take.is_some() && step.link.is_none() {
            (step.action, step.take) = ("skip", None);
            step.why = Some("its link is not known any more".to_owned());
        }
        Ok(Some(step))
    }

    /// Why a deleted record cannot be made again.
    fn lost(
        &self,
        reader: &Reader<'_>,
        step: &RollbackStep,
        row: Uuid,
    ) -> Result<Option<String>, StoreError> {
        if !self.kept.contains(&row) {
            let why = "it was only marked, or what it held is not in the journal";
            return Ok(Some(why.to_owned()));
        }
        let key = RecordKey::Dynamics(row);
        let link = reader.links_by_key(&[key])?.remove(&key);
        let ended = link
            .is_some_and(|link| link.state == LinkState::Tombstone && Some(link.id) == step.link);
        Ok((!ended).then(|| "its row is there again, or it is out of the filter".to_owned()))
    }
}

/// What was written first; a row's delete that was only noted takes nothing back.
fn written(group: &[JournalRow]) -> Option<&JournalRow> {
    let noted = |row: &JournalRow| {
        row.entry.field.is_empty() && matches!(row.entry.cause, Cause::Policy(_))
    };
    group.first().filter(|row| !noted(row))
}

fn value(step: &mut RollbackStep, before: &Value) {
    step.action = "restore";
    step.restored = before.to_json();
    step.take = Some(Take::Value(before.clone()));
}
