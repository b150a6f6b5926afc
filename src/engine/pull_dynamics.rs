//! Pulling from Dynamics: the change feed of a lane's table, page by page, into the dirty set.
//!
//! A page's keys and the cursor behind it commit together. A feed only says "look at this record": a row that equals
//! the base (our own write coming back, or a change of columns we do not map) is dropped here, without a call.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::backfill;
use super::chains::fingerprint;
use super::context::Context;
use super::converted;
use super::converting;
use super::deleting::revives;
use super::error::EngineError;
use super::lane::Lane;
use super::measuring;
use super::missing;
use super::mutant::{self, Mutant};
use super::objects::{self, ObjectEnd};
use super::related;
use super::scope::was_out;
use super::snapshot::NewsKind;
use super::watching;
use super::work::Arrivals;
use crate::connectors::dynamics::{Change, Next, Page, RESTORED};
use crate::connectors::{ConnectorError, Errand, Purpose, Trouble};
use crate::model::{Entity, LinkId, Record, RecordKey, Side};
use crate::store::{
    Base, Cursor, CursorStage, Dirty, DirtyReason, Link, LinkState, StoreError, Tx,
};

/// Rows a page: few enough to stay small in memory, enough to be few calls.
const PAGE: u32 = 500;

/// Pulls until the feed has nothing more.
pub(super) async fn pull(
    context: &Context,
    lane: &Arc<Lane>,
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    if *lane.entity() == Entity::ACCOUNT_ROLE {
        return objects::pull_members(context, lane, arrivals).await;
    }
    // Before the rows that lead through them are known, nobody is looked at twice.
    objects::pull_between(context, lane, arrivals).await?;
    let errand = Errand::of(Purpose::Everyday, lane.entity());
    errand.run(watching::parents(context, lane)).await?;
    let feed = lane.feed();
    let fingerprint = fingerprint(lane);
    let name = feed.clone();
    let stored = context
        .store
        .read(move |reader| reader.cursor(&name))
        .await?;
    // Other columns than before: the old chain would never tell their values, so everything is read and compared.
    let mut cursor = stored.filter(|cursor| cursor.fingerprint == fingerprint);
    while !context.control.stopping() {
        let mut page = match next_page(context, lane, cursor.as_ref()).await {
            Ok(page) => page,
            Err(error) if error.trouble == Trouble::CursorExpired && cursor.is_some() => {
                start_again(context, lane, &error).await?;
                cursor = None;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        objects::known_as(lane.entity(), &mut page.changes);
        let last = matches!(page.next, Next::Delta(_));
        if last
            && cursor
                .as_ref()
                .is_none_or(|cursor| cursor.stage == CursorStage::Copying)
        {
            let read = cursor.as_ref().map_or(0, |cursor| cursor.counted);
            measuring::still_full(context, lane, read + page.changes.len() as u64).await?;
            // Before the last page is taken in: a crash in between repeats the comparison.
            let began = cursor.as_ref().and_then(|cursor| cursor.since);
            missing::mark(context, lane, began.unwrap_or_else(|| context.clock.now())).await?;
        }
        related::dress(
            &context.dynamics,
            lane.scope.relations(),
            related::rows_of(&mut page.changes),
        )
        .await?;
        cursor = Some(take_in(context, lane, &fingerprint, page, cursor).await?);
        arrivals.announce();
        if last {
            break;
        }
    }
    let errand = Errand::of(Purpose::Background, lane.entity());
    errand.run(backfill::pull(context, lane, arrivals)).await
}

/// Drops a cursor that leads nowhere any more and says why: everything is read and compared.
async fn start_again(
    context: &Context,
    lane: &Lane,
    why: &ConnectorError,
) -> Result<(), EngineError> {
    let feed = lane.feed();
    // A restored database counts its rows' versions from an earlier point: against known ones every row looks outdated and is asked for once more.
    let restored = why.code == RESTORED;
    let said = if restored {
        why.message.as_str()
    } else {
        "the cursor has expired"
    };
    let text = format!("{feed}: {said}; reading everything to compare");
    let entity = lane.entity();
    context.progress.tell(NewsKind::Waiting, Some(entity), text);
    let entity = entity.clone();
    context
        .store
        .transaction(move |tx| {
            if restored {
                tx.forget_versions(&entity)?;
            }
            tx.clear_cursor(&feed)
        })
        .await?;
    Ok(())
}

async fn next_page(
    context: &Context,
    lane: &Lane,
    cursor: Option<&Cursor>,
) -> Result<Page, ConnectorError> {
    let following = cursor.is_some_and(|cursor| cursor.stage == CursorStage::Following);
    let purpose = if following {
        Purpose::Everyday
    } else {
        Purpose::Background
    };
    let (dynamics, table) = (&context.dynamics, &lane.table);
    let page = async {
        match cursor {
            Some(cursor) => dynamics.follow(table, &cursor.token, PAGE).await,
            None => dynamics.first_page(table, &lane.columns, PAGE).await,
        }
    };
    Errand::of(purpose, lane.entity()).run(page).await
}

/// What a page turned out to hold.
struct TakenIn {
    dirty: u64,
    same: u64,
}

async fn take_in(
    context: &Context,
    lane: &Arc<Lane>,
    fingerprint: &str,
    page: Page,
    before: Option<Cursor>,
) -> Result<Cursor, EngineError> {
    let now = context.clock.now();
    let records = page.changes.len() as u64;
    let copying = before
        .as_ref()
        .is_none_or(|cursor| cursor.stage == CursorStage::Copying);
    let (token, stage) = match page.next {
        Next::Page(link) if copying => (link, CursorStage::Copying),
        Next::Page(link) | Next::Delta(link) => (link, CursorStage::Following),
    };
    let (anew, counted) = (
        before.is_none(),
        before.as_ref().map_or(0, |cursor| cursor.counted),
    );
    let cursor = Cursor {
        feed: lane.feed(),
        token,
        stage,
        since: before.and_then(|cursor| cursor.since).or(Some(now)),
        obtained: now,
        fingerprint: fingerprint.to_owned(),
        counted: if copying { counted + records } else { counted },
    };
    let reason = if copying {
        DirtyReason::Copy
    } else {
        DirtyReason::Feed
    };
    if mutant::is(Mutant::CursorFirst) {
        let first = cursor.clone();
        context
            .store
            .transaction(move |tx| tx.set_cursor(&first))
            .await?;
    }
    let (taken, lane_, cursor_) = (page.changes, Arc::clone(lane), cursor.clone());
    let taken = context
        .store
        .transaction(move |tx| {
            let copy = cursor_.since.filter(|_| copying);
            if anew {
                // A new chain tells no deletion: what the old one brought may be gone by now.
                tx.forget_records(lane_.entity())?;
            }
            let taken = sort(tx, &lane_, taken, reason, (now, copy))?;
            tx.set_cursor(&cursor_)?;
            Ok(taken)
        })
        .await?;
    context.progress.count(lane.entity(), |counts| {
        counts.pulled.dynamics += records;
        counts.skipped += taken.same;
        counts.echoes += taken.same;
    });
    context.progress.expect(lane.entity(), taken.dirty);
    Ok(cursor)
}

/// Puts what has to be looked at into the dirty set, and drops the rest. `copy`: when the full read began that the
/// changes belong to, if they do.
fn sort(
    tx: &Tx<'_>,
    lane: &Lane,
    changes: Vec<Change>,
    reason: DirtyReason,
    (now, copy): (DateTime<Utc>, Option<DateTime<Utc>>),
) -> Result<TakenIn, StoreError> {
    let keys: Vec<RecordKey> = changes.iter().map(key).collect();
    let links = tx.links_by_key(&keys)?;
    let ids: Vec<LinkId> = links.values().map(|link| link.id).collect();
    if let Some(began) = copy {
        tx.see_links(&ids, began)?;
    }
    let bases = tx.bases(&ids)?;
    let open = tx.open_conflicts(&ids)?;
    let unfinished = tx.unfinished(&ids)?;
    let ended = converted::ended_contacts(tx, lane, &links)?;
    let mut dirty = Vec::new();
    let mut same = 0;
    for change in changes {
        let key = key(&change);
        let link = links.get(&key);
        if let Change::Upsert(row) = &change {
            for relation in lane.scope.relations() {
                for parent in relation.targets(row) {
                    tx.relate(parent, lane.entity(), key)?;
                }
            }
        }
        let (gone, record) = match change {
            Change::Upsert(mut record) => {
                objects::seen(tx, lane, &mut record, now)?;
                (false, Some(record))
            }
            Change::Delete(id) => {
                converted::deleted(tx, lane.entity(), id, now)?;
                (true, None)
            }
        };
        let reopened = ended.contains(&key) && record.as_ref().is_some_and(converting::is_open);
        // Back at the agreed value is news too, while a conflict shows another one or a write is on its way, or another
        // one waits to be looked at.
        let unsettled = link
            .is_some_and(|link| open.contains_key(&link.id) || unfinished.contains_key(&link.id));
        if !(unsettled || reopened)
            && nothing_new(lane, link, &bases, record.as_ref())
            && tx.dirty(lane.entity(), key)?.is_none()
        {
            same += 1;
            continue;
        }
        let reason = if gone { DirtyReason::Delete } else { reason };
        dirty.push(Dirty {
            gone,
            record,
            ..Dirty::new(lane.entity().clone(), key, reason, now)
        });
    }
    tx.mark_dirty(&dirty)?;
    Ok(TakenIn {
        dirty: dirty.len() as u64,
        same,
    })
}

fn key(change: &Change) -> RecordKey {
    match change {
        Change::Upsert(record) => record.key,
        Change::Delete(id) => RecordKey::Dynamics(*id),
    }
}

/// Whether the feed tells nothing that is not agreed already.
fn nothing_new(
    lane: &Lane,
    link: Option<&Link>,
    bases: &HashMap<LinkId, Base>,
    record: Option<&Record>,
) -> bool {
    let inside = record.is_none_or(|record| lane.scope.holds(record));
    let Some(link) = link else { return !inside };
    if link.state == LinkState::Tombstone {
        let base = bases.get(&link.id);
        // An object's row that is there again starts anew, unless it was unlinked; a person's link would hold two.
        if lane.object.is_some() {
            return record.is_none() || base.is_none_or(Base::is_empty);
        }
        return !record
            .zip(base)
            .is_some_and(|(record, base)| revives(lane, base, record));
    }
    let Some(record) = record else { return false };
    if lane.object.is_some() {
        let out = bases.get(&link.id).is_some_and(objects::is_out);
        if !inside || out {
            return !inside && (out || !objects::is_there(link));
        }
    } else if !inside || was_out(link) {
        return !inside && (was_out(link) || link.marketo.is_none());
    }
    let Some(base) = bases.get(&link.id) else {
        return false;
    };
    let there = link.marketo.is_some() || objects::is_there(link);
    // What is worked out may have changed with columns that are not mapped.
    let worked_out = lane.object.as_ref().is_some_and(ObjectEnd::is_worked_out);
    there
        && !worked_out
        && !objects::is_untold(lane.entity(), record)
        && lane.map.fields.iter().all(|field| {
            let raw = record.get(&field.map.dynamics);
            base.get(&field.map.name) == Some(&field.canonical(Side::Dynamics, raw))
        })
}
