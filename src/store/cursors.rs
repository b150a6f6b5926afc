//! Where each change feed stands.

use chrono::{DateTime, Utc};
use rusqlite::Row;

use super::columns::{At, Count, numbered};
use super::{Reader, StoreError, Tx};

/// What a feed is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CursorStage {
    /// For the first copy: page after page of everything.
    Copying,
    /// For what changed since.
    Following,
}

numbered!(CursorStage { Copying = 0, Following = 1 });

/// Where one feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which feed: `dynamics/lead`, `marketo/changes`, `marketo/deletes`, …
    pub feed: String,
    /// What the vendor gave to go on with: a next link, a delta link or a paging token. Opaque.
    pub token: String,
    /// What the feed is read for.
    pub stage: CursorStage,
    /// When the feed was first read.
    pub since: Option<DateTime<Utc>>,
    /// When the token was obtained: vendors let tokens expire.
    pub obtained: DateTime<Utc>,
    /// Of the columns and the endpoint's identity: a token is good for these only.
    pub fingerprint: String,
    /// Records seen so far in this copy.
    pub counted: u64,
}

const COLUMNS: &str = "feed, token, stage, since, obtained, fingerprint, counted";

fn read(row: &Row<'_>) -> rusqlite::Result<Cursor> {
    Ok(Cursor {
        feed: row.get(0)?,
        token: row.get(1)?,
        stage: row.get(2)?,
        since: row.get::<_, Option<At>>(3)?.map(|at| at.0),
        obtained: row.get::<_, At>(4)?.0,
        fingerprint: row.get(5)?,
        counted: row.get::<_, Count>(6)?.0,
    })
}

impl Reader<'_> {
    /// Where `feed` stands; none before it was first read.
    pub fn cursor(&self, feed: &str) -> Result<Option<Cursor>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM cursor WHERE feed = ?1");
        self.first(&sql, [feed], read)
    }

    /// Every feed, by name.
    pub fn cursors(&self) -> Result<Vec<Cursor>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM cursor ORDER BY feed");
        self.all(&sql, (), read)
    }
}

impl Tx<'_> {
    /// Moves a feed; in the same transaction as the page it was moved past.
    pub fn set_cursor(&self, cursor: &Cursor) -> Result<(), StoreError> {
        self.run(
            "INSERT OR REPLACE INTO cursor(feed, token, stage, since, obtained, fingerprint, counted)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                &cursor.feed,
                &cursor.token,
                cursor.stage,
                cursor.since.map(At),
                At(cursor.obtained),
                &cursor.fingerprint,
                Count(cursor.counted),
            ),
        )
        .map(drop)
    }

    /// Forgets a feed: it will be read from the start.
    pub fn clear_cursor(&self, feed: &str) -> Result<(), StoreError> {
        self.run("DELETE FROM cursor WHERE feed = ?1", [feed])
            .map(drop)
    }
}
