//! Watching the rows that filters ask about: when what matters of a parent changes, the rows that point to it are looked
//! at again. The parent's table is followed by a change feed of its own, whether or not it is kept in step itself.

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::related::{Parent, Relation};
use crate::connectors::Trouble;
use crate::connectors::dynamics::{Change, Next, Page};
use crate::model::RecordKey;
use crate::store::{Cursor, CursorStage, Dirty, DirtyReason};

/// Parents a page.
const PAGE: u32 = 2_000;
/// Children marked in one transaction.
const CHILDREN: usize = 2_000;

/// Follows every parent of a lane's rows to the end of its feed.
pub(super) async fn parents(context: &Context, lane: &Lane) -> Result<(), EngineError> {
    for relation in lane.scope.relations() {
        for parent in &relation.parents {
            follow(context, lane, relation, parent).await?;
        }
    }
    Ok(())
}

async fn follow(
    context: &Context,
    lane: &Lane,
    relation: &Relation,
    parent: &Parent,
) -> Result<(), EngineError> {
    let (table, columns) = (&parent.table, parent.columns());
    let feed = format!(
        "related/{}/{}/{}",
        lane.entity(),
        relation.lookup,
        table.logical
    );
    let fingerprint = relation.mark();
    let name = feed.clone();
    let stored = context
        .store
        .read(move |reader| reader.cursor(&name))
        .await?;
    let mut cursor = stored.filter(|cursor| cursor.fingerprint == fingerprint);
    while !context.control.stopping() {
        let page = match &cursor {
            Some(cursor) => context.dynamics.follow(table, &cursor.token, PAGE).await,
            None => context.dynamics.first_page(table, &columns, PAGE).await,
        };
        let page = match page {
            Err(error) if error.trouble == Trouble::CursorExpired && cursor.is_some() => {
                cursor = None;
                continue;
            }
            page => page?,
        };
        let (token, stage, last) = match &page.next {
            Next::Page(link) => (link.clone(), CursorStage::Copying, false),
            Next::Delta(link) => (link.clone(), CursorStage::Following, true),
        };
        let next = Cursor {
            feed: feed.clone(),
            token,
            stage,
            since: None,
            obtained: context.clock.now(),
            fingerprint: fingerprint.clone(),
            counted: 0,
        };
        take_in(context, lane, &columns, page, next.clone()).await?;
        cursor = Some(next);
        if last {
            break;
        }
    }
    Ok(())
}

/// Has the children of changed parents looked at, then moves past the page.
async fn take_in(
    context: &Context,
    lane: &Lane,
    columns: &[String],
    page: Page,
    cursor: Cursor,
) -> Result<(), EngineError> {
    let seen: Vec<(Uuid, i64)> = page
        .changes
        .iter()
        .filter_map(|one| mark(one, columns))
        .collect();
    let (feed, asked) = (cursor.feed.clone(), seen.clone());
    let changed: Vec<Uuid> = context
        .store
        .read(move |reader| {
            let mut changed = Vec::new();
            for (parent, mark) in asked {
                if reader.related_seen(&feed, parent)? != Some(mark) {
                    changed.push(parent);
                }
            }
            Ok(changed)
        })
        .await?;
    for parent in changed {
        wake(context, lane, parent).await?;
    }
    context
        .store
        .transaction(move |tx| {
            for (parent, mark) in seen {
                tx.see_related(&cursor.feed, parent, mark)?;
            }
            tx.set_cursor(&cursor)
        })
        .await?;
    Ok(())
}

/// What matters of a parent, as a number that changes with it.
fn mark(change: &Change, columns: &[String]) -> Option<(Uuid, i64)> {
    match change {
        Change::Delete(id) => Some((*id, 0)),
        Change::Upsert(row) => {
            let values: Vec<_> = columns.iter().map(|name| row.get(name)).collect();
            let mark = xxh3_64(format!("{values:?}").as_bytes());
            Some((row.key.dynamics()?, mark.cast_signed()))
        }
    }
}

/// Marks the rows that point to `parent`, some at a time.
async fn wake(context: &Context, lane: &Lane, parent: Uuid) -> Result<(), EngineError> {
    let mut after: Option<RecordKey> = None;
    loop {
        let (entity, now) = (lane.entity().clone(), context.clock.now());
        let keys = context
            .store
            .transaction(move |tx| {
                let keys = tx.related_children(parent, &entity, after, CHILDREN)?;
                let marks = keys.iter();
                let marks =
                    marks.map(|key| Dirty::new(entity.clone(), *key, DirtyReason::Feed, now));
                tx.mark_dirty(&marks.collect::<Vec<_>>())?;
                Ok(keys)
            })
            .await?;
        context.progress.expect(lane.entity(), keys.len() as u64);
        if keys.len() < CHILDREN {
            return Ok(());
        }
        after = keys.last().copied();
    }
}
