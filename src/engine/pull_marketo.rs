//! Pulling from Marketo: changed, deleted and merged people, page by page, into the dirty set.
//!
//! The values in the feed are text "for information": a changed person is read again before anything is decided.
//! They still serve two ends: a change that leads to the agreed value is our own write coming back and costs nothing;
//! and the old value of our own write tells whether somebody was overwritten in the window between our read and our
//! write, which Marketo cannot prevent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::lost_update;
use super::work::Arrivals;
use crate::connectors::marketo::{LeadChange, LeadChangeKind};
use crate::model::{Conflict, Entity, LinkId, MarketoId, RecordKey};
use crate::store::{
    Base, Cursor, CursorStage, Dirty, DirtyReason, Link, LinkState, StoreError, Tx,
};

/// A first token starts this far back, and a feed is read again from so far before the last such time.
const OVERLAP_MINUTES: i64 = 10;

/// People whose entity is not known yet are looked at under this name.
pub(super) const STRANGER: &str = "person";

/// The feeds, by the name of their cursor.
const CHANGES: &str = "marketo/changes";
const DELETES: &str = "marketo/deletes";
const MERGES: &str = "marketo/merges";

/// Pulls all three feeds until they have nothing more.
pub(super) async fn pull(
    context: &Context,
    lanes: &[Arc<Lane>],
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    if lanes.is_empty() {
        return Ok(());
    }
    pull_changes(context, lanes, arrivals).await?;
    pull_merges(context).await?;
    pull_deletes(context).await?;
    arrivals.announce();
    Ok(())
}

/// The token a feed stands at; a new one where there is none.
async fn token(context: &Context, feed: &'static str) -> Result<Cursor, EngineError> {
    if let Some(cursor) = context
        .store
        .read(move |reader| reader.cursor(feed))
        .await?
    {
        return Ok(cursor);
    }
    let now = context.clock.now();
    let token = context
        .marketo
        .paging_token(now - TimeDelta::minutes(OVERLAP_MINUTES))
        .await?;
    let cursor = Cursor {
        feed: feed.to_owned(),
        token,
        stage: CursorStage::Following,
        since: Some(now),
        obtained: now,
        fingerprint: String::new(),
        counted: 0,
    };
    // Stored at once: an edit made after this moment must not fall before a later token.
    let stored = cursor.clone();
    context
        .store
        .transaction(move |tx| tx.set_cursor(&stored))
        .await?;
    Ok(cursor)
}

async fn pull_changes(
    context: &Context,
    lanes: &[Arc<Lane>],
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    let fields: BTreeSet<String> = lanes
        .iter()
        .flat_map(|lane| {
            lane.map
                .fields
                .iter()
                .map(|field| field.map.marketo.clone())
        })
        .collect();
    let fields: Vec<String> = fields.into_iter().collect();
    let mut cursor = token(context, CHANGES).await?;
    while !context.control.stopping() {
        let page = context.marketo.lead_changes(&cursor.token, &fields).await?;
        cursor = Cursor {
            token: page.token,
            obtained: context.clock.now(),
            ..cursor
        };
        let (stored, now, lanes_) = (cursor.clone(), context.clock.now(), lanes.to_vec());
        let sorted = context
            .store
            .transaction(move |tx| {
                let sorted = sort(tx, &lanes_, page.items, now)?;
                tx.set_cursor(&stored)?;
                Ok(sorted)
            })
            .await?;
        sorted.report(context);
        arrivals.announce();
        if !page.more {
            break;
        }
    }
    Ok(())
}

/// What a page of changes turned out to hold.
#[derive(Default)]
struct Sorted {
    named: HashMap<Entity, u64>,
    dirty: HashMap<Entity, u64>,
    lost: Vec<lost_update::Found>,
}

impl Sorted {
    fn report(self, context: &Context) {
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

fn sort(
    tx: &Tx<'_>,
    lanes: &[Arc<Lane>],
    changes: Vec<LeadChange>,
    now: DateTime<Utc>,
) -> Result<Sorted, StoreError> {
    let people: BTreeSet<MarketoId> = changes.iter().map(|change| change.person).collect();
    let keys: Vec<RecordKey> = people.into_iter().map(RecordKey::Marketo).collect();
    let links = tx.links_by_key(&keys)?;
    let ids: Vec<LinkId> = links.values().map(|link| link.id).collect();
    let bases = tx.bases(&ids)?;
    let open = tx.open_conflicts(&ids)?;
    let unfinished = tx.unfinished(&ids)?;
    let nothing = Base::new();
    let mut sorted = Sorted::default();
    let mut dirty: BTreeMap<RecordKey, Dirty> = BTreeMap::new();
    for change in changes {
        let key = RecordKey::Marketo(change.person);
        let Some(link) = links.get(&key) else {
            dirty
                .entry(key)
                .or_insert_with(|| looked_at(Entity::named(STRANGER), key, now));
            continue;
        };
        let Some(lane) = lanes.iter().find(|lane| *lane.entity() == link.entity) else {
            // Its entity is off: kept for the day it is switched on, since the feed will not tell it again.
            let entity = link.entity.clone();
            dirty
                .entry(key)
                .or_insert_with(|| looked_at(entity, key, now));
            continue;
        };
        *sorted.named.entry(link.entity.clone()).or_default() += 1;
        let base = bases.get(&link.id).unwrap_or(&nothing);
        // Back at the agreed value is news too, while a conflict shows another one or a write is on its way.
        let asked = open
            .get(&link.id)
            .is_some_and(|open| names_one(lane, open, &change));
        let unsettled = asked || unfinished.contains_key(&link.id);
        if link.state == LinkState::Live && (unsettled || brings_news(lane, base, &change)) {
            dirty
                .entry(key)
                .or_insert_with(|| looked_at(link.entity.clone(), key, now));
        }
        sorted
            .lost
            .extend(lost_update::look(tx, lane, link, base, &change, now)?);
    }
    for row in dirty.values() {
        *sorted.dirty.entry(row.entity.clone()).or_default() += 1;
    }
    let dirty: Vec<Dirty> = dirty.into_values().collect();
    tx.mark_dirty(&dirty)?;
    Ok(sorted)
}

fn looked_at(entity: Entity, key: RecordKey, now: DateTime<Utc>) -> Dirty {
    let reason = DirtyReason::Feed;
    Dirty {
        entity,
        key,
        reason,
        since: now,
        due: now,
        seq: 0,
        gone: false,
        record: None,
    }
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
            let field = lane
                .map
                .fields
                .iter()
                .find(|field| field.map.marketo == changed.name);
            field.is_some_and(|field| {
                let new = field.parse(changed.new.as_deref().unwrap_or_default());
                base.get(&field.map.name)
                    .is_none_or(|agreed| new.as_ref() != Ok(agreed))
            })
        })
}

async fn pull_deletes(context: &Context) -> Result<(), EngineError> {
    let mut cursor = token(context, DELETES).await?;
    while !context.control.stopping() {
        let page = context.marketo.deleted_people(&cursor.token).await?;
        cursor = Cursor {
            token: page.token,
            obtained: context.clock.now(),
            ..cursor
        };
        let (stored, now) = (cursor.clone(), context.clock.now());
        let people: Vec<MarketoId> = page.items.iter().map(|deleted| deleted.person).collect();
        let gone = context
            .store
            .transaction(move |tx| {
                let gone = mark_gone(tx, &people, now)?;
                tx.set_cursor(&stored)?;
                Ok(gone)
            })
            .await?;
        for link in &gone {
            context
                .progress
                .count(&link.entity, |counts| counts.pulled.marketo += 1);
            context.progress.expect(&link.entity, 1);
        }
        if !page.more {
            break;
        }
    }
    Ok(())
}

fn mark_gone(
    tx: &Tx<'_>,
    people: &[MarketoId],
    now: DateTime<Utc>,
) -> Result<Vec<Link>, StoreError> {
    let keys: Vec<RecordKey> = people.iter().copied().map(RecordKey::Marketo).collect();
    let links: Vec<(RecordKey, Link)> = tx
        .links_by_key(&keys)?
        .into_iter()
        .filter(|(_, link)| link.state != LinkState::Tombstone)
        .collect();
    let dirty: Vec<Dirty> = links
        .iter()
        .map(|(key, link)| Dirty {
            gone: true,
            reason: DirtyReason::Delete,
            ..looked_at(link.entity.clone(), *key, now)
        })
        .collect();
    tx.mark_dirty(&dirty)?;
    Ok(links.into_iter().map(|(_, link)| link).collect())
}

async fn pull_merges(context: &Context) -> Result<(), EngineError> {
    let mut cursor = token(context, MERGES).await?;
    while !context.control.stopping() {
        let page = context.marketo.merged_people(&cursor.token).await?;
        cursor = Cursor {
            token: page.token,
            obtained: context.clock.now(),
            ..cursor
        };
        let (stored, now, items) = (cursor.clone(), context.clock.now(), page.items);
        context
            .store
            .transaction(move |tx| {
                for merged in &items {
                    super::merged::follow(tx, merged.winner, &merged.losers, now)?;
                }
                tx.set_cursor(&stored)
            })
            .await?;
        if !page.more {
            break;
        }
    }
    Ok(())
}
