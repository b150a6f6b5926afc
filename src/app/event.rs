//! Everything that can happen to the console.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{CommandId, Key, Loaded, Pane, QueryId};
use crate::engine::{News, Snapshot};

/// What a mouse click means; `tui` knows where things are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A tab of the first row.
    Tab(Pane),
    /// The row of the shown list with this index.
    Row(usize),
    /// The choice of the dialog on top with this index.
    Choice(usize),
}

/// Something that happened; the only way anything reaches [`super::State`].
#[derive(Debug, Clone)]
pub enum Event {
    /// The time now; sent before every other event and when [`super::wakes_at`] asked for it.
    Time(DateTime<Utc>),
    /// A key was pressed.
    Key(Key),
    /// A bracketed paste.
    Paste(String),
    /// So many printable keys arrived at once that it was a paste the terminal did not mark.
    Burst,
    /// The terminal has a new size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal window gained or lost the focus.
    Focus(bool),
    /// A click, with what was drawn there.
    Click(Target),
    /// The newest picture of the engine.
    Engine(Arc<Snapshot>),
    /// A line for the events list.
    News(News),
    /// So many lines were missed because they came faster than they were read.
    NewsSkipped(u64),
    /// The engine's task is gone.
    EngineGone,
    /// A query's answer.
    Loaded(QueryId, Loaded),
    /// A command was taken or refused (with the reason).
    Done(CommandId, Result<(), String>),
    /// Something outside asks the console to end (SIGTERM, lost terminal).
    Quit,
}
