//! Following which account opportunities and contacts belong to, for the roles that makes.
//!
//! Two feeds, the contacts' first; a page, whose its rows are and the cursor behind it are stored in one transaction.
//! Then the roles of the opportunities that are concerned are worked out anew, some at a time.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::namesakes::namesake;
use super::opportunities::{CONTACT, MEMBER_OF};
use crate::connectors::dynamics::{Change, Next, Page, Table};
use crate::connectors::{ConnectorError, Errand, Purpose, Trouble};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::stage::dirty;
use crate::engine::work::Arrivals;
use crate::model::{Entity, Record, RecordKey, Value};
use crate::store::{
    Belonging, Cursor, CursorStage, Dirty, DirtyReason, Half, Paired, StoreError, Tx,
};

/// Rows a page.
const PAGE: u32 = 500;
/// Opportunities whose roles are worked out, or rows that are asked for, at once; rows that end at once.
const AT_ONCE: usize = 50;
const ENDED_AT_ONCE: usize = 2_000;

/// One of the two feeds.
struct Feed<'a> {
    half: Half,
    table: &'a Table,
    columns: Vec<String>,
    /// The column, worked out, of the account a row belongs to.
    account: &'static str,
    name: String,
    /// Another one: everything is read, and looked at, again.
    fingerprint: String,
}

/// Reads what both feeds tell, and marks the roles that are to be looked at for it.
pub(in crate::engine) async fn pull(
    context: &Context,
    lane: &Lane,
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    let forget = |tx: &Tx<'_>| tx.forget_account_roles(ENDED_AT_ONCE);
    context.store.transaction(forget).await?;
    let end = lane.object.as_ref();
    let Some((end, contacts)) = end.and_then(|end| Some((end, end.tables.get(CONTACT)?))) else {
        return Ok(());
    };
    let name = |half: &str| format!("{}/{half}", lane.feed());
    let members = Feed {
        half: Half::Member,
        table: contacts,
        columns: vec![MEMBER_OF.to_owned()],
        account: "parentcustomerid:account",
        name: name(CONTACT),
        fingerprint: MEMBER_OF.to_owned(),
    };
    let pairs = lane.map.fields.iter().map(|field| &field.map);
    let pairs = serde_json::to_vec(&pairs.collect::<Vec<_>>()).unwrap_or_default();
    let (columns, pairs) = (lane.columns.join(","), xxh3_64(&pairs));
    let role = end.members.clone().unwrap_or_default();
    let deals = Feed {
        half: Half::Deal,
        table: &lane.table,
        columns: lane.columns.clone(),
        account: "customerid:account",
        name: name("opportunity"),
        fingerprint: format!("{columns} {pairs:x} {} {role}", lane.scope.mark()),
    };
    let mut reason = DirtyReason::Feed;
    if end.members.is_some() {
        follow(context, &members).await?;
        if follow(context, &deals).await? {
            reason = DirtyReason::Copy;
        }
    } else {
        take_back(context, [members.name, deals.name]).await?;
    }
    pair_up(context, lane, reason, arrivals).await
}

/// Has no row belong to anybody any more: all roles end.
async fn take_back(context: &Context, feeds: [String; 2]) -> Result<(), EngineError> {
    let clear = move |tx: &Tx<'_>| feeds.iter().try_for_each(|feed| tx.clear_cursor(feed));
    context.store.transaction(clear).await?;
    let some = |tx: &Tx<'_>| tx.belongs_to_nobody(ENDED_AT_ONCE);
    while context.store.transaction(some).await? {}
    Ok(())
}

async fn pair_up(
    context: &Context,
    lane: &Lane,
    reason: DirtyReason,
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    while !context.control.stopping() {
        let now = context.clock.now();
        let marked = context
            .store
            .transaction(move |tx| {
                let Some(Paired { mut keys, moved }) = tx.pair_up(AT_ONCE)? else {
                    return Ok(None);
                };
                // What is said of too many contacts is said anew, or taken back.
                let entity = Entity::ACCOUNT_ROLE;
                keys.extend(moved.iter().map(|deal| namesake(&entity, *deal)));
                let mark = |key: &_| {
                    let key = RecordKey::Dynamics(*key);
                    dirty(&entity, key, reason, now)
                };
                let marks: Vec<Dirty> = keys.iter().map(mark).collect();
                tx.mark_dirty(&marks)?;
                Ok(Some(marks.len() as u64))
            })
            .await?;
        let Some(marked) = marked else {
            return Ok(());
        };
        context.progress.expect(lane.entity(), marked);
        arrivals.announce();
    }
    Ok(())
}

/// Reads a feed to its end; whether everything was read.
async fn follow(context: &Context, feed: &Feed<'_>) -> Result<bool, EngineError> {
    let name = feed.name.clone();
    let stored = context
        .store
        .read(move |reader| reader.cursor(&name))
        .await?;
    let mut cursor = stored.filter(|cursor| cursor.fingerprint == feed.fingerprint);
    while !context.control.stopping() {
        let page = match next_page(context, feed, cursor.as_ref()).await {
            Err(error) if error.trouble == Trouble::CursorExpired && cursor.is_some() => {
                cursor = None;
                continue;
            }
            page => page?,
        };
        let now = context.clock.now();
        let copying = is_copying(cursor.as_ref());
        let since = cursor.and_then(|cursor| cursor.since).unwrap_or(now);
        let (token, last) = match page.next {
            Next::Page(link) => (link, false),
            Next::Delta(link) => (link, true),
        };
        if last && copying {
            // Before the last cursor is stored: a crash in between repeats it.
            sweep(context, feed, since).await?;
        }
        let stage = if last || !copying {
            CursorStage::Following
        } else {
            CursorStage::Copying
        };
        let next = Cursor {
            feed: feed.name.clone(),
            token,
            stage,
            since: Some(since),
            obtained: now,
            fingerprint: feed.fingerprint.clone(),
            counted: 0,
        };
        let told: Vec<Belonging> = page.changes.iter().filter_map(|it| feed.of(it)).collect();
        let stored = next.clone();
        context
            .store
            .transaction(move |tx| {
                note(tx, &told, copying, now)?;
                tx.set_cursor(&stored)
            })
            .await?;
        if last {
            return Ok(copying);
        }
        cursor = Some(next);
    }
    Ok(false)
}

fn is_copying(cursor: Option<&Cursor>) -> bool {
    cursor.is_none_or(|cursor| cursor.stage == CursorStage::Copying)
}

async fn next_page(
    context: &Context,
    feed: &Feed<'_>,
    cursor: Option<&Cursor>,
) -> Result<Page, ConnectorError> {
    let purpose = if is_copying(cursor) {
        Purpose::Background
    } else {
        Purpose::Everyday
    };
    let (dynamics, table) = (&context.dynamics, feed.table);
    let page = async {
        match cursor {
            Some(cursor) => dynamics.follow(table, &cursor.token, PAGE).await,
            None => dynamics.first_page(table, &feed.columns, PAGE).await,
        }
    };
    Errand::of(purpose, &Entity::ACCOUNT_ROLE).run(page).await
}

fn note(
    tx: &Tx<'_>,
    told: &[Belonging],
    again: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    told.iter().try_for_each(|one| tx.belongs(one, again, now))
}

/// Asks for the rows a full read did not name: only what is really not there belongs to nobody.
async fn sweep(
    context: &Context,
    feed: &Feed<'_>,
    began: DateTime<Utc>,
) -> Result<(), EngineError> {
    let (half, mut after) = (feed.half, None);
    loop {
        let unseen = context
            .store
            .read(move |reader| reader.belonging_unseen(half, began, after, AT_ONCE))
            .await?;
        let Some(last) = unseen.last() else {
            return Ok(());
        };
        after = Some(*last);
        let read = context.dynamics.read(feed.table, &feed.columns, &unseen);
        let read = Errand::of(Purpose::Background, &Entity::ACCOUNT_ROLE).run(read);
        let mut told: Vec<Belonging> = unseen.iter().map(|row| feed.gone(*row)).collect();
        for row in read.await?.into_iter().map(Change::Upsert) {
            let Some(there) = feed.of(&row) else { continue };
            told.retain(|one| one.row != there.row);
            told.push(there);
        }
        let now = context.clock.now();
        context
            .store
            .transaction(move |tx| note(tx, &told, false, now))
            .await?;
    }
}

impl Feed<'_> {
    /// Whose a row is by what the feed tells of it.
    fn of(&self, change: &Change) -> Option<Belonging> {
        let row = match change {
            Change::Delete(id) => return Some(self.gone(*id)),
            Change::Upsert(row) => row,
        };
        let account = match row.get(self.account) {
            Value::Id(id) => Some(*id),
            _ => None,
        };
        let mark = match self.half {
            Half::Deal => digest(row),
            Half::Member => 0,
        };
        Some(Belonging {
            account,
            mark,
            ..self.gone(row.key.dynamics()?)
        })
    }

    /// A row that belongs to nobody, as one that was deleted.
    fn gone(&self, row: Uuid) -> Belonging {
        Belonging {
            half: self.half,
            row,
            account: None,
            mark: 0,
        }
    }
}

/// What a row holds as one number: other changes of it matter to no role.
fn digest(row: &Record) -> i64 {
    let fields = serde_json::to_vec(&row.fields).unwrap_or_default();
    xxh3_64(&fields).cast_signed()
}
