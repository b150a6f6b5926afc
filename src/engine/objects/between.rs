//! Rows between a row and its parent, which no lane of their own tells of: when one of them leads elsewhere, whoever
//! leads through it is looked at again.

use crate::connectors::Trouble;
use crate::connectors::dynamics::{Change, Next, Table};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::work::Arrivals;
use crate::store::{Cursor, CursorStage};

/// Rows a page.
const PAGE: u32 = 500;

/// Reads what changed in the tables between, as far as its feeds tell.
pub(in crate::engine) async fn pull(
    context: &Context,
    lane: &Lane,
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    let Some(end) = &lane.object else {
        return Ok(());
    };
    for (table, column) in &end.between {
        if let Some(table) = end.tables.get(table) {
            follow(context, lane, table, column).await?;
            arrivals.announce();
        }
    }
    Ok(())
}

async fn follow(
    context: &Context,
    lane: &Lane,
    table: &Table,
    column: &str,
) -> Result<(), EngineError> {
    let feed = format!("{}/{}", lane.feed(), table.logical);
    let columns = [column.to_owned()];
    let name = feed.clone();
    let stored = context
        .store
        .read(move |reader| reader.cursor(&name))
        .await?;
    let mut cursor = stored.filter(|cursor| cursor.fingerprint == column);
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
        let now = context.clock.now();
        let (token, last) = match page.next {
            Next::Page(link) => (link, false),
            Next::Delta(link) => (link, true),
        };
        let next = Cursor {
            feed: feed.clone(),
            token,
            stage: if last {
                CursorStage::Following
            } else {
                CursorStage::Copying
            },
            since: cursor.and_then(|cursor| cursor.since).or(Some(now)),
            obtained: now,
            fingerprint: column.to_owned(),
            counted: 0,
        };
        let (stored, entity) = (next.clone(), lane.entity().clone());
        context
            .store
            .transaction(move |tx| {
                for change in &page.changes {
                    let row = match change {
                        Change::Upsert(record) => record.key.dynamics(),
                        Change::Delete(id) => Some(*id),
                    };
                    row.map_or(Ok(()), |row| tx.wake_of(row, &entity, now))?;
                }
                tx.set_cursor(&stored)
            })
            .await?;
        if last {
            return Ok(());
        }
        cursor = Some(next);
    }
    Ok(())
}
