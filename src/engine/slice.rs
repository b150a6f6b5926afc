//! A slice: up to one Marketo batch of records that are looked at together.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::claims::{Claim, Claims};
use super::context::Context;
use super::errands;
use super::error::EngineError;
use super::landed::{self, Rested};
use super::lane::Lane;
use super::objects::{Missing, TakenAlong};
use super::outdated::outdated;
use crate::model::{Conflict, LinkId, Record, RecordKey, Side};
use crate::store::{Base, Dirty, DirtyReason, Link, LinkState, StoreError, Tx};

/// Records a slice: what one Marketo call takes.
pub(super) const SLICE: usize = 300;

/// What is known of one side of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// Not looked at yet, or there is nothing to look at.
    Unread,
    /// As it was read.
    Here(Record),
    /// Its feed said it was deleted.
    Gone,
    /// It was asked for and did not come; no feed said that it was deleted.
    Absent,
}

impl Seen {
    pub(super) fn record(&self) -> Option<&Record> {
        match self {
            Self::Here(record) => Some(record),
            _ => None,
        }
    }
}

/// One thing to look at: a link with both its ends, or a row or person that is not linked.
#[derive(Debug)]
pub(super) struct Item {
    /// The dirty entries it settles.
    pub(super) dirty: Vec<Dirty>,
    pub(super) link: Option<Link>,
    pub(super) base: Base,
    pub(super) open: Vec<Conflict>,
    /// Writes of it that had no answer and have settled.
    pub(super) rested: Vec<Rested>,
    /// The Dynamics row.
    pub(super) row: Seen,
    /// The Marketo person, or the object's record (under the row's key).
    pub(super) person: Seen,
    /// How many records Marketo has under an object's key; one is as it should be.
    pub(super) records: usize,
    /// What the row points to and Marketo does not have, or cannot follow.
    pub(super) missing: Vec<Missing>,
    /// Rows it is looked at again for, whenever they become another record in Marketo or lead elsewhere.
    pub(super) follows: Vec<Uuid>,
    /// A role whose opportunity or contact is out of scope, and what that means for it.
    pub(super) taken_along: Option<TakenAlong>,
    /// The roles Marketo has of an opportunity that is to be deleted there: they go first.
    pub(super) held_by: Vec<Uuid>,
}

impl Item {
    /// An item of which nothing was read yet.
    pub(super) fn of(link: Option<Link>, base: Base) -> Self {
        Self {
            dirty: Vec::new(),
            link,
            base,
            open: Vec::new(),
            rested: Vec::new(),
            row: Seen::Unread,
            person: Seen::Unread,
            records: 0,
            missing: Vec::new(),
            follows: Vec::new(),
            taken_along: None,
            held_by: Vec::new(),
        }
    }

    /// The Dynamics key, where it is known.
    pub(super) fn row_key(&self) -> Option<RecordKey> {
        let linked = self
            .link
            .as_ref()
            .and_then(|link| link.dynamics)
            .map(RecordKey::Dynamics);
        linked.or_else(|| {
            self.dirty
                .iter()
                .map(|dirty| dirty.key)
                .find(|key| key.dynamics().is_some())
        })
    }

    /// Whether a person is linked to a row.
    pub(super) fn is_linked(&self) -> bool {
        self.link
            .as_ref()
            .is_some_and(|link| link.marketo.is_some() && link.state != LinkState::Tombstone)
    }

    pub(super) fn link_id(&self) -> Option<LinkId> {
        self.link.as_ref().map(|link| link.id)
    }
}

/// Items that are looked at together, and the claims that keep others away meanwhile.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) items: Vec<Item>,
    pub(super) claim: Claim,
}

impl Slice {
    /// One item that is only looked at; keeps nobody away.
    pub(super) fn of_one(item: Item) -> Self {
        Self {
            items: vec![item],
            claim: Claims::default().open(),
        }
    }
}

/// Which part of the dirty set a slice is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Creates and changes.
    Live,
    /// Deletes: they run last.
    Gone,
}

/// Takes the next slice of a lane; none when everything due is finished or being worked on.
pub(super) async fn take(
    context: &Context,
    lane: &Lane,
    part: Part,
    claims: &Claims,
) -> Result<Option<Slice>, EngineError> {
    errands::put_off_retries(context, lane.entity()).await?;
    let now = context.clock.now();
    let (entity, excluded) = (lane.entity().clone(), claims.keys());
    let taken = context
        .store
        .transaction(move |tx| {
            let gone = part == Part::Gone;
            let dirty = tx.take_dirty(&entity, now, gone, SLICE, &excluded)?;
            let items = items(tx, dirty)?;
            rest_unfinished(tx, items)
        })
        .await?;
    let mut claim = claims.open();
    let items: Vec<Item> = taken
        .into_iter()
        .filter(|item| {
            let mut keys: Vec<RecordKey> = item.dirty.iter().map(|dirty| dirty.key).collect();
            if let Some(link) = &item.link {
                keys.extend(link.dynamics.map(RecordKey::Dynamics));
                keys.extend(link.marketo.map(RecordKey::Marketo));
            }
            let unlinked = if item.is_linked() {
                None
            } else {
                item.row.record()
            };
            claim.extend(
                &keys,
                unlinked.and_then(|row| lane.email_of(row)).as_deref(),
            )
        })
        .collect();
    Ok((!items.is_empty()).then_some(Slice { items, claim }))
}

/// The next records that are due and not among `seen`, to be decided without being sent; claims nothing.
pub(super) async fn look(
    context: &Context,
    lane: &Lane,
    seen: &HashSet<RecordKey>,
) -> Result<Option<Slice>, EngineError> {
    let now = context.clock.now();
    let (entity, seen) = (lane.entity().clone(), seen.clone());
    let items = context
        .store
        .transaction(move |tx| {
            let dirty = tx.take_dirty(&entity, now, false, SLICE, &seen)?;
            items(tx, dirty)
        })
        .await?;
    let claim = Claims::default().open();
    Ok((!items.is_empty()).then_some(Slice { items, claim }))
}

/// Groups dirty entries by the link they belong to.
fn items(tx: &Tx<'_>, dirty: Vec<Dirty>) -> Result<Vec<Item>, StoreError> {
    let keys: Vec<RecordKey> = dirty.iter().map(|dirty| dirty.key).collect();
    let links = tx.links_by_key(&keys)?;
    let ids: Vec<LinkId> = links.values().map(|link| link.id).collect();
    let mut bases = tx.bases(&ids)?;
    let mut open = tx.open_conflicts(&ids)?;
    let dirty = handed_on(tx, dirty, &links)?;
    let mut rested = landed::rested(tx, &ids)?;
    let mut items: Vec<Item> = Vec::with_capacity(dirty.len());
    let mut by_link: HashMap<LinkId, usize> = HashMap::new();
    for entry in dirty {
        let link = links.get(&entry.key).cloned();
        let known = link
            .as_ref()
            .and_then(|link| by_link.get(&link.id).copied());
        let at = known.unwrap_or_else(|| {
            let id = link.as_ref().map(|link| link.id);
            by_link.extend(id.map(|id| (id, items.len())));
            let base = id.and_then(|id| bases.remove(&id)).unwrap_or_default();
            items.push(Item {
                open: id.and_then(|id| open.remove(&id)).unwrap_or_default(),
                rested: id.and_then(|id| rested.remove(&id)).unwrap_or_default(),
                ..Item::of(link, base)
            });
            items.len() - 1
        });
        add(&mut items[at], entry);
    }
    Ok(items)
}

/// Gives people back that belong to another entity by now: a lead became a contact.
fn handed_on(
    tx: &Tx<'_>,
    dirty: Vec<Dirty>,
    links: &HashMap<RecordKey, Link>,
) -> Result<Vec<Dirty>, StoreError> {
    let (moved, ours): (Vec<Dirty>, Vec<Dirty>) = dirty.into_iter().partition(|entry| {
        let link = links.get(&entry.key);
        entry.key.side() == Side::Marketo && link.is_some_and(|link| link.entity != entry.entity)
    });
    for entry in moved {
        tx.clear_dirty(&entry.entity, &[(entry.key, entry.seq)])?;
        let link = links.get(&entry.key);
        let entity = link.map_or_else(|| entry.entity.clone(), |link| link.entity.clone());
        tx.mark_dirty(&[Dirty { entity, ..entry }])?;
    }
    Ok(ours)
}

fn add(item: &mut Item, mut entry: Dirty) {
    let record = entry.record.take();
    // Only the row as it is now tells whether a write without an answer was done.
    let mut settled = item.rested.iter().map(|rested| rested.op.side);
    let asked = settled.any(|side| side == entry.key.side());
    let record = record.filter(|record| !asked && !outdated(item.link.as_ref(), record));
    let seen = match entry.key.side() {
        Side::Dynamics => &mut item.row,
        Side::Marketo => &mut item.person,
    };
    if entry.gone {
        *seen = Seen::Gone;
    } else if let Some(record) = record {
        *seen = Seen::Here(record);
    }
    item.dirty.push(entry);
}

/// Leaves out items whose last write has no known outcome yet: they rest until it is settled.
fn rest_unfinished(tx: &Tx<'_>, items: Vec<Item>) -> Result<Vec<Item>, StoreError> {
    let ids: Vec<LinkId> = items.iter().filter_map(Item::link_id).collect();
    let unfinished = tx.unfinished(&ids)?;
    let (resting, ready): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| {
        item.link_id()
            .is_some_and(|id| unfinished.contains_key(&id))
    });
    let mut later = Vec::new();
    for item in resting {
        let settle = item
            .link_id()
            .and_then(|id| unfinished.get(&id).copied().flatten());
        for entry in item.dirty {
            if let Some(settle) = settle {
                later.push(Dirty {
                    due: settle,
                    reason: DirtyReason::Settle,
                    ..entry
                });
            }
        }
    }
    tx.mark_dirty(&later)?;
    Ok(ready)
}
