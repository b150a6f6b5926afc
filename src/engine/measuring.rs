//! The brakes on creates and changes: what a cycle would write is measured before the first of it that is too much.
//!
//! As long as all that waits, with all that was written in this cycle, is within the limits, nothing has to be measured.
//! Otherwise the lane waits until everything is pulled, decides it all without sending anything, and halts if that is
//! too much. The plan's name is made of exactly what would be written.

use std::collections::HashSet;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::approval::{limits, released};
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::objects;
use super::plan::{Plan, Write};
use super::slice::{self, Item, SLICE, Seen};
use super::work::Work;
use crate::model::{RecordKey, Side};
use crate::reconcile::Measure;
use crate::store::OpKind;

/// Records decided for a plan; more of them are only counted.
const MEASURED: usize = 20_000;

/// What may still be written without being measured.
pub(super) struct Gate {
    open: bool,
    creates: u64,
    changes: u64,
    links: u64,
}

impl Gate {
    /// The gate of a lane at the start of its live part: open for good while its first copy runs.
    pub(super) async fn of(work: &Work<'_>, lane: &Lane) -> Result<Self, EngineError> {
        let context = work.context;
        let (entity, key) = (lane.entity().clone(), copied_key(lane));
        let (links, copied) = context
            .store
            .read(move |reader| Ok((reader.link_count(&entity)?, reader.setting(&key)?)))
            .await?;
        let limits = limits(&lane.settings.rules.brakes);
        Ok(Self {
            open: copied.is_none_or(|cycle| cycle == work.cycle.to_string()),
            creates: limits.creates.of(links),
            changes: limits.changes.of(links),
            links,
        })
    }

    /// Whether a slice may be taken that, with all that was written and is being written, stays within the limits.
    pub(super) async fn lets(
        &self,
        context: &Context,
        lane: &Lane,
        running: usize,
    ) -> Result<bool, EngineError> {
        if self.open {
            return Ok(true);
        }
        let (entity, now) = (lane.entity().clone(), context.clock.now());
        let backlog = context
            .store
            .read(move |reader| reader.backlog(&entity, now))
            .await?;
        let (created, written) = done(context, lane);
        let coming = backlog.due + (running * SLICE) as u64;
        Ok(created + coming <= self.creates && written + coming <= self.changes)
    }

    /// Measures all that is due, and opens for good; or halts.
    pub(super) async fn measure(
        &mut self,
        work: &Work<'_>,
        lane: &Arc<Lane>,
    ) -> Result<(), EngineError> {
        let context = work.context;
        let planned = planned(work, lane).await?;
        if planned.creates + planned.changes == 0 {
            self.open = true;
            return Ok(());
        }
        let (created, written) = done(context, lane);
        let measure = Measure {
            creates: created + planned.creates,
            changes: written + planned.changes,
            ..Measure::nothing(lane.entity().clone(), self.links)
        };
        released(context, lane, &measure, "changes", &planned.shown()).await?;
        self.open = true;
        Ok(())
    }
}

/// Remembers that a lane's first copy is done: from then on its creates and changes are measured. What still rests
/// after lost answers belongs to it, unless it is so little that the brakes let it through anyway.
pub(super) async fn copied(work: &Work<'_>, lane: &Lane) -> Result<(), EngineError> {
    let (context, cycle) = (work.context, work.cycle.to_string());
    let (key, entity, now) = (copied_key(lane), lane.entity().clone(), context.clock.now());
    let creates = limits(&lane.settings.rules.brakes).creates;
    context
        .store
        .transaction(move |tx| {
            if tx.setting(&key)?.is_some() {
                return Ok(());
            }
            let backlog = tx.backlog(&entity, now)?;
            let left = backlog.due + backlog.later + tx.outbox_count()?;
            if left > creates.of(tx.link_count(&entity)?) {
                return Ok(());
            }
            tx.set_setting(&key, &cycle)
        })
        .await?;
    Ok(())
}

fn copied_key(lane: &Lane) -> String {
    format!("copied/{}", lane.entity())
}

/// Records created and changed in this cycle so far.
fn done(context: &Context, lane: &Lane) -> (u64, u64) {
    let counts = context.progress.counts();
    let counts = counts.iter().find(|counts| counts.entity == *lane.entity());
    counts.map_or((0, 0), |counts| {
        (counts.created.total(), counts.written.total())
    })
}

#[derive(Default)]
struct Planned {
    creates: u64,
    changes: u64,
    digest: u64,
    /// Looked at only in number.
    beyond: u64,
}

impl Planned {
    fn shown(&self) -> String {
        format!(
            "{} {} {:x} {}",
            self.creates, self.changes, self.digest, self.beyond
        )
    }

    fn add(&mut self, plan: &Plan) {
        let writes = [
            (Side::Dynamics, &plan.to_dynamics),
            (Side::Marketo, &plan.to_marketo),
        ];
        for (side, write) in writes {
            let Some(write) = write else { continue };
            match write.kind {
                OpKind::Create => self.creates += 1,
                _ => self.changes += 1,
            }
            self.digest ^= xxh3_64(shown(plan, side, write).as_bytes());
        }
    }
}

/// One write as the plan's name sees it: who, and which fields become what.
fn shown(plan: &Plan, side: Side, write: &Write) -> String {
    let fields = write.fields.iter();
    let fields: Vec<String> = fields
        .map(|field| format!("{}={:?}", field.name, field.after))
        .collect();
    format!(
        "{side} {:?} {:?} {:?} {}",
        write.kind,
        plan.dynamics,
        plan.marketo,
        fields.join(" ")
    )
}

/// Decides everything that is due, and sends nothing.
async fn planned(work: &Work<'_>, lane: &Arc<Lane>) -> Result<Planned, EngineError> {
    let mut planned = Planned::default();
    let mut seen: HashSet<RecordKey> = HashSet::new();
    while seen.len() < MEASURED {
        let Some(mut slice) = slice::look(work.context, lane, &seen).await? else {
            return Ok(planned);
        };
        let dirty = slice.items.iter().flat_map(|item| &item.dirty);
        seen.extend(dirty.map(|dirty| dirty.key));
        for plan in work.decided(lane, &mut slice).await? {
            planned.add(&plan);
        }
    }
    let (entity, now) = (lane.entity().clone(), work.context.clock.now());
    let backlog = work
        .context
        .store
        .read(move |reader| reader.backlog(&entity, now))
        .await?;
    planned.beyond = backlog.due.saturating_sub(seen.len() as u64);
    planned.changes += planned.beyond;
    Ok(planned)
}

/// Fewer linked people of a slice than this tell nothing about a side.
const EMPTIED_FROM: usize = 25;

/// Halts when most of the people, or an object's records, a slice is linked to are suddenly not there, though no delete
/// was reported.
pub(super) async fn there(
    context: &Context,
    lane: &Lane,
    items: &[Item],
) -> Result<(), EngineError> {
    let linked = items.iter().filter(|item| was_there(lane, item));
    let looked: Vec<&Item> = linked
        .filter(|item| matches!(item.person, Seen::Here(_) | Seen::Absent))
        .collect();
    let absent: Vec<&&Item> = looked
        .iter()
        .filter(|item| item.person == Seen::Absent)
        .collect();
    if looked.len() < EMPTIED_FROM {
        return Ok(());
    }
    let measure = Measure {
        side_count_before: Some(looked.len() as u64),
        side_count_now: Some((looked.len() - absent.len()) as u64),
        ..Measure::nothing(lane.entity().clone(), looked.len() as u64)
    };
    let mut keys: Vec<String> = absent
        .iter()
        .filter_map(|item| item.row_key())
        .map(|key| key.to_string())
        .collect();
    keys.sort_unstable();
    released(context, lane, &measure, "missing", &keys.join(" ")).await
}

/// Whether Marketo is known to have what an item is linked to. A key that is worked out may lead to another record.
fn was_there(lane: &Lane, item: &Item) -> bool {
    match &lane.object {
        None => item.is_linked(),
        Some(end) => {
            let live = item.link.as_ref().is_some_and(objects::is_there);
            live && end.is_keyed_by_row() && item.row != Seen::Gone
        }
    }
}

/// Halts when a full read of a table names far fewer rows than are linked: nothing is taken for deleted then.
pub(super) async fn still_full(
    context: &Context,
    lane: &Lane,
    rows: u64,
) -> Result<(), EngineError> {
    let entity = lane.entity().clone();
    let links = context
        .store
        .read(move |reader| reader.link_count(&entity))
        .await?;
    let measure = Measure {
        side_count_before: Some(links),
        side_count_now: Some(rows),
        ..Measure::nothing(lane.entity().clone(), links)
    };
    released(
        context,
        lane,
        &measure,
        "emptied",
        &format!("{links} {rows}"),
    )
    .await
}
