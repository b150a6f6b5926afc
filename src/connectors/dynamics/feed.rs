//! Reading rows: a table's change feed page by page, and single rows by id.

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::call::{Ask, Caller, failure};
use super::page::{Change, Next, Page, RawPage, Reader};
use super::query::{self, Origin, PAGE_MAX};
use super::stamp::DeltaStamp;
use super::table::Table;
use crate::connectors::{ConnectorError, Trouble};
use crate::model::Record;

/// The code of the refusal of a link that comes from the future of a restored database.
pub const RESTORED: &str = "restored";

/// One URL's rows never take more pages than this.
const PAGES_MAX: usize = 64;

fn tracked(table: &Table, url: String, page_size: u32) -> Ask {
    let preferences = query::preferences(table, &url, page_size);
    Ask::get(url).prefer(format!("odata.track-changes,{preferences}"))
}

/// The first page of everything there is.
pub(super) async fn first_page(
    caller: &Caller,
    origin: &Origin,
    table: &Table,
    columns: &[String],
    page_size: u32,
) -> Result<Page, ConnectorError> {
    let select = query::select(table, columns)?;
    let url = origin.api(&format!("{}?{select}", table.set));
    page(caller, origin, table, tracked(table, url, page_size)).await
}

/// The page behind a link of the server. A link that is refused, whatever for (its age, a changed
/// table), or that comes from the future of a restored database, cannot be used any more:
/// [`Trouble::CursorExpired`].
pub(super) async fn follow(
    caller: &Caller,
    origin: &Origin,
    table: &Table,
    link: &str,
    page_size: u32,
) -> Result<Page, ConnectorError> {
    let url = origin.own_link(link).ok_or_else(|| {
        let message = "the stored link belongs to another organisation".to_owned();
        failure(Trouble::CursorExpired, "foreign_link", message)
    })?;
    let ask = tracked(table, url, page_size);
    let page = page(caller, origin, table, ask)
        .await
        .map_err(|mut error| {
            if error.trouble == Trouble::Refused {
                error.trouble = Trouble::CursorExpired;
            }
            error
        })?;
    if went_back(link, &page.next) {
        let message = "the database was restored to an earlier point: its versions went back";
        let message = message.to_owned();
        return Err(failure(Trouble::CursorExpired, RESTORED, message));
    }
    Ok(page)
}

/// Whether the fresh link stands before the one it answers. A restored database refuses no token:
/// it tells of no change until its versions have caught up, and what happened meanwhile is lost.
fn went_back(link: &str, next: &Next) -> bool {
    let Next::Delta(fresh) = next else {
        return false;
    };
    match (DeltaStamp::of(link), DeltaStamp::of(fresh)) {
        (Some(before), Some(now)) => now.version < before.version,
        _ => false,
    }
}

async fn page(
    caller: &Caller,
    origin: &Origin,
    table: &Table,
    ask: Ask,
) -> Result<Page, ConnectorError> {
    let reader = Reader::new(table);
    let raw = caller.read(&ask, |body| reader.page(body)).await?;
    let (link, next): (_, fn(String) -> Next) = match (raw.next_link, raw.delta_link) {
        (Some(link), _) => (link, Next::Page),
        (None, Some(link)) => (link, Next::Delta),
        (None, None) => return Err(untracked()),
    };
    if origin.own_link(&link).is_none() {
        return Err(astray());
    }
    Ok(Page {
        changes: raw.changes,
        next: next(link),
    })
}

fn untracked() -> ConnectorError {
    let message = "the last page has no delta link: change tracking was not applied".to_owned();
    failure(Trouble::Protocol, "no_delta_link", message)
}

fn astray() -> ConnectorError {
    let message = "the answer's link leads to another address: check the Dynamics url".to_owned();
    failure(Trouble::Configuration, "foreign_link", message)
}

/// The rows of these ids that exist, in no particular order.
pub(super) async fn read(
    caller: &Caller,
    origin: &Origin,
    table: &Table,
    columns: &[String],
    ids: &[Uuid],
) -> Result<Vec<Record>, ConnectorError> {
    let select = query::select(table, columns)?;
    let reader = Reader::new(table);
    let urls = query::reads(origin, table, &select, ids).into_iter();
    let reads = urls.map(|url| rows(caller, origin, &reader, url));
    let found = try_join_all(reads).await?;
    Ok(found.into_iter().flatten().collect())
}

/// All rows behind one URL.
async fn rows(
    caller: &Caller,
    origin: &Origin,
    reader: &Reader<'_>,
    url: String,
) -> Result<Vec<Record>, ConnectorError> {
    let mut rows = Vec::new();
    let mut url = Some(url);
    for _ in 0..PAGES_MAX {
        let Some(next) = url.take() else { break };
        let preferences = query::preferences(reader.table(), &next, PAGE_MAX);
        let ask = Ask::get(next).prefer(preferences);
        let RawPage {
            changes, next_link, ..
        } = caller.read(&ask, |body| reader.page(body)).await?;
        rows.extend(records(changes));
        url = match next_link {
            Some(link) => Some(origin.own_link(&link).ok_or_else(astray)?),
            None => None,
        };
    }
    Ok(rows)
}

/// The rows behind a URL that limits itself.
pub(super) async fn find(
    caller: &Caller,
    table: &Table,
    url: String,
) -> Result<Vec<Record>, ConnectorError> {
    let reader = Reader::new(table);
    let page = caller
        .read(&Ask::get(url), |body| reader.page(body))
        .await?;
    Ok(records(page.changes).collect())
}

fn records(changes: Vec<Change>) -> impl Iterator<Item = Record> {
    changes.into_iter().filter_map(|change| match change {
        Change::Upsert(record) => Some(record),
        Change::Delete(_) => None,
    })
}
