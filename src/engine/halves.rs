//! The other halves of rows: the lead a contact came of, the contact a lead became, and how they stand.
//!
//! Both are rows of one person, in two lanes: while one is decided, nobody may work on the other.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::context::Context;
use super::converting::{is_open, origin};
use super::error::EngineError;
use super::lane::Lane;
use super::slice::{Item, Slice};
use crate::model::{Entity, LinkId, MarketoId, Record, RecordKey, Side, Value};
use crate::store::{Base, Dirty, DirtyReason, Link, LinkState, Reader, StoreError};

/// How often, and how long each time, a contact waits for a slice that works on its lead.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);
/// Writes to a lead that are looked through for what they replaced.
const WRITES: usize = 50;
/// How long a row is put off whose other half is being worked on.
const OTHERS_NEED: Duration = Duration::from_secs(2);

/// Values a row had until we wrote others, by field, each as the side says it that it was written to.
pub(super) type Replaced = HashMap<String, Vec<(Side, Value)>>;

/// What a row's other half means for it.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    /// A contact came of this lead, which is, or was, linked like this.
    Of {
        lead: Uuid,
        link: Option<Link>,
        base: Base,
        /// What our writes put into the lead's fields and replaced there: a contact made before a later one has that.
        replaced: Replaced,
    },
    /// A lead became a contact that stands for it.
    Became,
    /// A lead is open again, and the contact that stood for it was deleted.
    Again { link: Link, base: Base },
}

impl Turn {
    /// The person the other half's link names.
    pub(super) fn person(&self) -> Option<MarketoId> {
        match self {
            Self::Of { link, .. } => link.as_ref()?.marketo,
            Self::Became => None,
            Self::Again { link, .. } => link.marketo,
        }
    }

    /// The lead whose stamp the person may carry still.
    pub(super) fn stamp(&self) -> Option<Uuid> {
        match self {
            Self::Of { lead, .. } => Some(*lead),
            _ => None,
        }
    }
}

/// Finds the other halves of a slice's unlinked rows, and keeps others away from them meanwhile. Rows whose other half
/// is being written are put off.
pub(super) async fn turns(
    context: &Context,
    lane: &Lane,
    slice: &mut Slice,
) -> Result<HashMap<Uuid, Turn>, EngineError> {
    let mut halves = halves(context, lane, &slice.items).await?;
    if halves.is_empty() {
        return Ok(HashMap::new());
    }
    // Only contacts wait: a lead that waited for a contact which waits for it would never end.
    let tries = if *lane.entity() == Entity::CONTACT {
        TRIES
    } else {
        1
    };
    let mut busy = slice.claim_rows(halves.values());
    for _ in 1..tries {
        if busy.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        busy = slice.claim_rows(halves.values());
    }
    let (now, soon) = (context.clock.now(), context.clock.after(OTHERS_NEED));
    let mut off: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    off.extend(
        halves
            .iter()
            .filter(|(_, other)| busy.contains(other))
            .map(|(row, _)| (*row, soon)),
    );
    let known = Known::of(context, halves.values().copied().collect()).await?;
    let resting = halves.iter().filter_map(|(row, other)| {
        let link = known.links.get(&RecordKey::Dynamics(*other))?;
        let settles = known.unfinished.get(&link.id)?.unwrap_or(soon);
        // What has settled lands no more.
        (settles > now).then_some((*row, settles))
    });
    off.extend(resting);
    put_off(context, slice, &off).await?;
    halves.retain(|row, _| !off.contains_key(row));
    let mut found = HashMap::new();
    for item in &slice.items {
        let Some(row) = item.row.record() else {
            continue;
        };
        let Some(id) = row.key.dynamics() else {
            continue;
        };
        let Some(other) = halves.get(&id) else {
            continue;
        };
        found.extend(known.turn(lane, row, *other).map(|turn| (id, turn)));
    }
    Ok(found)
}

/// The other half of each unlinked row: a contact's lead, a lead's contact.
async fn halves(
    context: &Context,
    lane: &Lane,
    items: &[Item],
) -> Result<HashMap<Uuid, Uuid>, EngineError> {
    let unlinked = items.iter().filter(|item| !item.is_linked());
    let rows = unlinked.filter_map(|item| Some((item, item.row.record()?)));
    if *lane.entity() == Entity::CONTACT {
        let ended = |item: &Item| {
            let state = item.link.as_ref().map(|link| link.state);
            matches!(state, Some(LinkState::Tombstone | LinkState::Wanted))
        };
        let rows = rows.filter(|(item, _)| !ended(item));
        return Ok(rows
            .filter_map(|(_, row)| Some((row.key.dynamics()?, origin(row)?)))
            .collect());
    }
    if *lane.entity() != Entity::LEAD {
        return Ok(HashMap::new());
    }
    let leads: Vec<Uuid> = rows.filter_map(|(_, row)| row.key.dynamics()).collect();
    let became = context
        .store
        .read(move |reader| reader.conversions(&leads))
        .await?;
    Ok(became
        .into_iter()
        .map(|(lead, one)| (lead, one.contact))
        .collect())
}

/// What the store knows about other halves.
struct Known {
    links: HashMap<RecordKey, Link>,
    bases: HashMap<LinkId, Base>,
    unfinished: HashMap<LinkId, Option<DateTime<Utc>>>,
    gone: Vec<Uuid>,
    replaced: HashMap<Uuid, Replaced>,
}

/// What our last writes to a row put there, and what they replaced; and what had been replaced on the other side before
/// one of them.
fn replaced(reader: &Reader<'_>, row: Uuid) -> Result<Replaced, StoreError> {
    let mut replaced = Replaced::new();
    let writes = reader.journal_of(RecordKey::Dynamics(row), WRITES)?;
    let writes = writes.into_iter().map(|one| one.entry);
    // The newest first.
    for write in writes.filter(|one| !one.field.is_empty()) {
        if write.side == Side::Dynamics {
            // People may have written in between: what we had put there need not be what a later write of ours replaced.
            let values = [write.before, write.after].map(|value| (write.side, value));
            replaced.entry(write.field).or_default().extend(values);
        } else if let Some(values) = replaced.get_mut(&write.field) {
            values.push((write.side, write.before));
        }
    }
    Ok(replaced)
}

impl Known {
    async fn of(context: &Context, others: Vec<Uuid>) -> Result<Self, EngineError> {
        let read = context.store.read(move |reader| {
            let keys: Vec<RecordKey> = others.iter().copied().map(RecordKey::Dynamics).collect();
            let links = reader.links_by_key(&keys)?;
            let ids: Vec<_> = links.values().map(|link| link.id).collect();
            let (mut gone, mut before) = (Vec::new(), HashMap::new());
            for other in others {
                before.insert(other, replaced(reader, other)?);
                let into = reader.conversions_into(other)?;
                gone.extend(into.iter().any(|one| one.gone.is_some()).then_some(other));
            }
            Ok(Self {
                bases: reader.bases(&ids)?,
                unfinished: reader.unfinished(&ids)?,
                links,
                gone,
                replaced: before,
            })
        });
        Ok(read.await?)
    }

    fn turn(&self, lane: &Lane, row: &Record, other: Uuid) -> Option<Turn> {
        let link = self.links.get(&RecordKey::Dynamics(other));
        let base = link.and_then(|link| self.bases.get(&link.id));
        let base = base.cloned().unwrap_or_default();
        if *lane.entity() == Entity::CONTACT {
            let of_lead = |link: &&Link| link.entity == Entity::LEAD;
            // One that the admin ended, or that another contact took over, has no base: its person is not ours to take.
            let usable = |link: &&Link| link.state != LinkState::Tombstone || !base.is_empty();
            let link = link.filter(of_lead).filter(usable).cloned();
            return Some(Turn::Of {
                lead: other,
                link,
                base,
                replaced: self.replaced.get(&other).cloned().unwrap_or_default(),
            });
        }
        let ended = |link: &&Link| link.state == LinkState::Tombstone && self.gone.contains(&other);
        // Where the contact is linked to nobody, the lead is matched like any other.
        Some(match Some(link?).filter(ended) {
            Some(link) if is_open(row) => Turn::Again {
                link: link.clone(),
                base,
            },
            _ => Turn::Became,
        })
    }
}

async fn put_off(
    context: &Context,
    slice: &mut Slice,
    off: &HashMap<Uuid, DateTime<Utc>>,
) -> Result<(), EngineError> {
    let mut later = Vec::new();
    slice.items.retain_mut(|item| {
        let id = item.row_key().and_then(RecordKey::dynamics);
        let due = id.and_then(|id| off.get(&id)).filter(|_| !item.is_linked());
        let Some(due) = due else { return true };
        let entries = std::mem::take(&mut item.dirty);
        later.extend(entries.into_iter().map(|entry| Dirty {
            due: *due,
            reason: DirtyReason::Settle,
            ..entry
        }));
        false
    });
    if !later.is_empty() {
        let store = &context.store;
        store.transaction(move |tx| tx.mark_dirty(&later)).await?;
    }
    Ok(())
}
