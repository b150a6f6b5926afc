//! What a page of Marketo's feeds means: whom to look at, whose link follows a merge, who is gone.
//!
//! The values in the feed are text "for information": a changed person is read again before anything is decided.
//! They still serve two ends: a change that leads to the agreed value is our own write coming back and costs nothing;
//! and the old value of our own write tells whether somebody was overwritten in the window between our read and our
//! write, which Marketo cannot prevent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Context;
use super::lane::Lane;
use super::lost_update;
use super::merged;
use super::mutant::{self, Mutant};
use super::pull_marketo::STRANGER;
use crate::connectors::marketo::{DeletedPerson, LeadChange, LeadChangeKind, MergedPeople};
use crate::mapping::CheckedMap;
use crate::model::{Conflict, Entity, LinkId, MarketoId, RecordKey};
use crate::store::{Base, Dirty, DirtyReason, Link, LinkState, StoreError, Tx};

/// What a page turned out to hold.
#[derive(Default)]
pub(super) struct Sorted {
    named: HashMap<Entity, u64>,
    dirty: HashMap<Entity, u64>,
    lost: Vec<lost_update::Found>,
}

impl Sorted {
    pub(super) fn report(self, context: &Context) {
        for (entity, records) in self.named {
            context
                .progress
                .count(&entity, |counts| counts.pulled.marketo += records);
        }
        for (entity, records) in self.dirty {
            context.progress.expect(&entity, records);
        }
        for found in self.lost {
            found.report(context);
        }
    }
}

/// What the store knows about the people of a page.
struct Known {
    links: HashMap<RecordKey, Link>,
    bases: HashMap<LinkId, Base>,
    open: HashMap<LinkId, Vec<Conflict>>,
    unfinished: HashMap<LinkId, Option<DateTime<Utc>>>,
}

impl Known {
    fn of(tx: &Tx<'_>, changes: &[LeadChange]) -> Result<Self, StoreError> {
        let people: BTreeSet<MarketoId> = changes.iter().map(|change| change.person).collect();
        let keys: Vec<RecordKey> = people.into_iter().map(RecordKey::Marketo).collect();
        let links = tx.links_by_key(&keys)?;
        let ids: Vec<LinkId> = links.values().map(|link| link.id).collect();
        Ok(Self {
            links,
            bases: tx.bases(&ids)?,
            open: tx.open_conflicts(&ids)?,
            unfinished: tx.unfinished(&ids)?,
        })
    }

    /// Whether a change has to be looked at. Back at the agreed value is news too, while a conflict shows another one
    /// or a write is on its way.
    fn matters(&self, lane: &Lane, link: &Link, change: &LeadChange) -> bool {
        let open = self.open.get(&link.id);
        let unsettled = open.is_some_and(|open| names_one(lane, open, change))
            || self.unfinished.contains_key(&link.id);
        link.state == LinkState::Live && (unsettled || brings_news(lane, self.base(link), change))
    }

    fn base(&self, link: &Link) -> &Base {
        static NOTHING: Base = Base::new();
        self.bases.get(&link.id).unwrap_or(&NOTHING)
    }
}

/// Sorts changed people.
pub(super) fn changed(
    tx: &Tx<'_>,
    (lanes, off): (&[Arc<Lane>], &[CheckedMap]),
    mut changes: Vec<LeadChange>,
    now: DateTime<Utc>,
) -> Result<Sorted, StoreError> {
    let guids: Vec<String> = changes.iter().map(|change| change.guid.clone()).collect();
    let before = tx.seen_activities(&guids)?;
    changes.retain(|change| !before.contains(&change.guid));
    let known = Known::of(tx, &changes)?;
    let mut sorted = Sorted::default();
    let mut dirty: BTreeMap<RecordKey, Dirty> = BTreeMap::new();
    let mut look = |entity: &Entity, key| {
        dirty
            .entry(key)
            .or_insert_with(|| looked_at(entity.clone(), key, now));
    };
    let mut seen = Vec::new();
    for change in changes {
        let key = RecordKey::Marketo(change.person);
        let Some(link) = known.links.get(&key) else {
            look(&Entity::named(STRANGER), key);
            seen.push(change.guid);
            continue;
        };
        let Some(lane) = lanes.iter().find(|lane| *lane.entity() == link.entity) else {
            // Its entity is off: kept for the day it is switched on, since the feed will not tell it again.
            look(&link.entity, key);
            // Nor what a write replaced that we made before.
            if let Some(map) = off.iter().find(|map| map.entity == link.entity) {
                let lost = lost_update::look(tx, map, link, known.base(link), &change, now)?;
                sorted.lost.extend(lost);
            }
            seen.push(change.guid);
            continue;
        };
        *sorted.named.entry(link.entity.clone()).or_default() += 1;
        if mutant::is(Mutant::OriginFilter) && mutant::ours(tx, lane, &change, now)? {
            seen.push(change.guid);
            continue;
        }
        if known.matters(lane, link, &change) {
            look(&link.entity, key);
        }
        let lost = lost_update::look(tx, &lane.map, link, known.base(link), &change, now)?;
        sorted.lost.extend(lost);
        // The first copy's own creates are many, and bring no news whenever they come.
        if change.kind == LeadChangeKind::Changed {
            seen.push(change.guid);
        }
    }
    for row in dirty.values() {
        *sorted.dirty.entry(row.entity.clone()).or_default() += 1;
    }
    let dirty: Vec<Dirty> = dirty.into_values().collect();
    tx.mark_dirty(&dirty)?;
    tx.see_activities(&seen, now)?;
    Ok(sorted)
}

/// A person who has to be looked at now, because a feed named him.
pub(super) fn looked_at(entity: Entity, key: RecordKey, now: DateTime<Utc>) -> Dirty {
    Dirty::new(entity, key, DirtyReason::Feed, now)
}

/// Whether a change is of a field that one of these conflicts is about.
fn names_one(lane: &Lane, open: &[Conflict], change: &LeadChange) -> bool {
    change.fields.iter().any(|changed| {
        let mut fields = lane.map.fields.iter();
        let field = fields.find(|field| field.map.marketo == changed.name);
        field.is_some_and(|field| open.iter().any(|one| one.field == field.map.name))
    })
}

/// Whether a change of a linked person leads anywhere but to what is agreed already.
fn brings_news(lane: &Lane, base: &Base, change: &LeadChange) -> bool {
    // A linked person's "new lead" activity is our own create, or older than the link.
    change.kind == LeadChangeKind::Changed
        && change.fields.iter().any(|changed| {
            let mut fields = lane.map.fields.iter();
            let field = fields.find(|field| field.map.marketo == changed.name);
            field.is_some_and(|field| {
                let new = field.parse(changed.new.as_deref().unwrap_or_default());
                base.get(&field.map.name)
                    .is_none_or(|agreed| new.as_ref() != Ok(agreed))
            })
        })
}

/// Marks the links of deleted people.
pub(super) fn deleted(
    tx: &Tx<'_>,
    deletes: &[DeletedPerson],
    now: DateTime<Utc>,
) -> Result<Sorted, StoreError> {
    let people: Vec<MarketoId> = deletes.iter().map(|deleted| deleted.person).collect();
    tx.drop_marketo_only(&people)?;
    let keys: Vec<RecordKey> = people.into_iter().map(RecordKey::Marketo).collect();
    let links = tx.links_by_key(&keys)?.into_iter();
    let links = links.filter(|(_, link)| link.state != LinkState::Tombstone);
    let mut sorted = Sorted::default();
    let mut dirty = Vec::new();
    for (key, link) in links {
        for counts in [&mut sorted.named, &mut sorted.dirty] {
            *counts.entry(link.entity.clone()).or_default() += 1;
        }
        dirty.push(gone(link.entity, key, now));
    }
    tx.mark_dirty(&dirty)?;
    Ok(sorted)
}

/// A person who was deleted.
pub(super) fn gone(entity: Entity, key: RecordKey, now: DateTime<Utc>) -> Dirty {
    Dirty {
        gone: true,
        ..Dirty::new(entity, key, DirtyReason::Delete, now)
    }
}

/// Lets links follow their merges.
pub(super) fn merged(
    tx: &Tx<'_>,
    merges: Vec<MergedPeople>,
    now: DateTime<Utc>,
) -> Result<Sorted, StoreError> {
    let guids: Vec<String> = merges.iter().map(|merge| merge.guid.clone()).collect();
    let before = tx.seen_activities(&guids)?;
    for merge in merges.iter().filter(|merge| !before.contains(&merge.guid)) {
        merged::follow(tx, merge.winner, &merge.losers, now)?;
        tx.drop_marketo_only(&merge.losers)?;
    }
    tx.see_activities(&guids, now)?;
    Ok(Sorted::default())
}
