//! Backfill: what Dynamics holds in some fields is carried to Marketo anew, empties included.
//!
//! Over everything, a range of days, a filter or a list of rows; a part a cycle, so that everyday changes go on; it can be
//! taken up again after a restart, and be cancelled. Where both sides have agreed on a field before, it only evens out
//! what differs; where they never have (a pair that was just added), Dynamics' value goes to Marketo, also an empty one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::backfill_spec::{BackfillSpec, IDS_MAX};
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::objects;
use super::snapshot::NewsKind;
use super::stage::dirty;
use super::work::Arrivals;
use crate::connectors::dynamics::{Change, Next};
use crate::mapping::Expression;
use crate::model::{Entity, Record, RecordKey};
use crate::store::{Dirty, DirtyReason, Reader, StoreError, Tx};

/// Rows a page.
const PAGE: u32 = 500;
/// Rows looked at a cycle: a tenth of what the vendors let through in five minutes.
const A_CYCLE: u64 = 30_000;
/// With more than this waiting in the lane, no more are added for now.
const WAITING: u64 = 5_000;

/// Where a backfill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillState {
    /// A part of it is carried out each cycle.
    Running,
    /// Every row was looked at.
    Done,
    /// The admin ended it.
    Cancelled,
    /// It cannot be carried out; the note says why.
    Failed,
}

/// A backfill and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// What was asked for.
    pub spec: BackfillSpec,
    /// Where it stands.
    pub state: BackfillState,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// Rows read so far.
    pub looked: u64,
    /// Of these, rows that were meant and are looked at again.
    pub marked: u64,
    /// Why it failed.
    pub note: String,
    /// Where to go on.
    cursor: Option<String>,
}

/// The last backfill of `entity`.
pub fn backfill(reader: &Reader<'_>, entity: &Entity) -> Result<Option<Backfill>, StoreError> {
    let stored = reader.setting(&key(entity))?;
    Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Starts a backfill, in place of the one before.
pub fn start_backfill(
    tx: &Tx<'_>,
    entity: &Entity,
    mut spec: BackfillSpec,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    spec.ids.truncate(IDS_MAX);
    let started = Backfill {
        spec,
        state: BackfillState::Running,
        asked: now,
        looked: 0,
        marked: 0,
        note: String::new(),
        cursor: None,
    };
    store(tx, entity, &started)
}

/// Ends a running backfill; what it has marked is still carried out.
pub fn cancel_backfill(tx: &Tx<'_>, entity: &Entity) -> Result<bool, StoreError> {
    match backfill(tx, entity)? {
        Some(mut running) if running.state == BackfillState::Running => {
            running.state = BackfillState::Cancelled;
            store(tx, entity, &running)?;
            compare_all(tx, entity)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn key(entity: &Entity) -> String {
    format!("backfill/{entity}")
}

fn store(tx: &Tx<'_>, entity: &Entity, backfill: &Backfill) -> Result<(), StoreError> {
    let text = serde_json::to_string(backfill).map_err(|_| StoreError::Damaged("a backfill"))?;
    tx.set_setting(&key(entity), &text)
}

/// Rows beyond a backfill were not compared in its fields while it ran: now they are.
fn compare_all(tx: &Tx<'_>, entity: &Entity) -> Result<(), StoreError> {
    tx.clear_cursor(&format!("dynamics/{entity}"))
}

/// Reads on where a running backfill stands, and marks the rows it is about.
pub(super) async fn pull(
    context: &Context,
    lane: &Lane,
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    let mut looked = 0;
    while looked < A_CYCLE && !context.control.holds_lane(lane.entity()) {
        let (entity, now) = (lane.entity().clone(), context.clock.now());
        let (known, backlog) = context
            .store
            .read(move |reader| Ok((backfill(reader, &entity)?, reader.backlog(&entity, now)?)))
            .await?;
        let Some(running) = known.filter(|one| one.state == BackfillState::Running) else {
            return Ok(());
        };
        if backlog.due > WAITING {
            return Ok(());
        }
        let before = running.looked;
        let asked = running.asked;
        let (after, rows) = part(context, lane, running).await?;
        looked += after.looked - before;
        tell(context, lane, &after);
        let entity = lane.entity().clone();
        let marked = rows.len() as u64;
        context
            .store
            .transaction(move |tx| {
                // Cancelled, or replaced by another one, while it was read.
                let still = backfill(tx, &entity)?
                    .is_some_and(|one| one.state == BackfillState::Running && one.asked == asked);
                if !still {
                    return Ok(());
                }
                tx.mark_dirty(&rows)?;
                if after.state == BackfillState::Done && !after.spec.is_everything() {
                    compare_all(tx, &entity)?;
                }
                store(tx, &entity, &after)
            })
            .await?;
        context.progress.expect(lane.entity(), marked);
        arrivals.announce();
    }
    Ok(())
}

fn tell(context: &Context, lane: &Lane, after: &Backfill) {
    let (kind, text) = match after.state {
        BackfillState::Done => {
            let text = format!(
                "backfill: all {} rows that were meant are on their way",
                after.marked
            );
            (NewsKind::Done, text)
        }
        BackfillState::Failed => (NewsKind::Trouble, format!("backfill: {}", after.note)),
        _ => return,
    };
    context.progress.tell(kind, Some(lane.entity()), text);
}

/// One page: the backfill as it stands behind it, and the rows to be looked at.
async fn part(
    context: &Context,
    lane: &Lane,
    running: Backfill,
) -> Result<(Backfill, Vec<Dirty>), EngineError> {
    let known = |name: &str| lane.table.column(name).is_some();
    let filter = running.spec.filter.as_deref();
    let filter = match filter.map(|text| Expression::over(text, known)).transpose() {
        Ok(filter) => filter,
        Err(error) => {
            let failed = Backfill {
                state: BackfillState::Failed,
                note: error.to_string(),
                ..running
            };
            return Ok((failed, Vec::new()));
        }
    };
    let now = context.clock.now();
    let mark = |row| mark_row(lane, row, now);
    if !running.spec.ids.is_empty() {
        let rows = running.spec.ids.iter().copied();
        let rows: Vec<Dirty> = rows.map(mark).collect();
        let done = Backfill {
            state: BackfillState::Done,
            looked: rows.len() as u64,
            marked: rows.len() as u64,
            ..running
        };
        return Ok((done, rows));
    }
    let mut columns: Vec<String> = filter
        .iter()
        .flat_map(|one| one.columns().to_vec())
        .collect();
    columns.extend(known("createdon").then(|| "createdon".to_owned()));
    let table = &lane.table;
    let page = if let Some(link) = &running.cursor {
        context.dynamics.follow(table, link, PAGE).await?
    } else {
        context.dynamics.first_page(table, &columns, PAGE).await?
    };
    let meant = |row: &&Record| {
        running.spec.within(row) && filter.as_ref().is_none_or(|one| one.holds(row))
    };
    let rows = page.changes.iter().filter_map(|change| match change {
        Change::Upsert(row) => Some(row),
        Change::Delete(_) => None,
    });
    let marks = rows.filter(meant).filter_map(|row| row.key.dynamics());
    let marks: Vec<Dirty> = marks.map(mark).collect();
    let (state, cursor) = match page.next {
        Next::Page(link) => (BackfillState::Running, Some(link)),
        Next::Delta(_) => (BackfillState::Done, None),
    };
    let after = Backfill {
        state,
        cursor,
        looked: running.looked + page.changes.len() as u64,
        marked: running.marked + marks.len() as u64,
        ..running
    };
    Ok((after, marks))
}

fn mark_row(lane: &Lane, row: Uuid, now: DateTime<Utc>) -> Dirty {
    let key = RecordKey::Dynamics(objects::namesake(lane.entity(), row));
    dirty(lane.entity(), key, DirtyReason::Backfill, now)
}

/// How far a backfill that runs has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillProgress {
    /// The logical fields; all where none is named.
    pub fields: Vec<String>,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// Rows read so far.
    pub looked: u64,
    /// Of these, rows that were meant.
    pub marked: u64,
    /// Rows there are to be read, as far as that is known: the ids that are named, or what is linked.
    pub total: u64,
}

/// How far the running backfill of `entity` has come; `links` are linked.
pub(super) fn running(
    reader: &Reader<'_>,
    entity: &Entity,
    links: u64,
) -> Result<Option<BackfillProgress>, StoreError> {
    let known = backfill(reader, entity)?;
    let running = known.filter(|one| one.state == BackfillState::Running);
    Ok(running.map(|one| BackfillProgress {
        total: match one.spec.ids.len() {
            0 => links.max(one.looked),
            ids => ids as u64,
        },
        fields: one.spec.fields,
        asked: one.asked,
        looked: one.looked,
        marked: one.marked,
    }))
}

/// The last backfill of `entity` as `status` shows it.
pub(super) fn document(
    reader: &Reader<'_>,
    entity: &Entity,
) -> Result<serde_json::Value, StoreError> {
    Ok(
        backfill(reader, entity)?.map_or(serde_json::Value::Null, |one| {
            serde_json::json!({
                "state": one.state, "fields": one.spec.fields, "asked": one.asked,
                "looked": one.looked, "marked": one.marked, "note": one.note,
            })
        }),
    )
}
