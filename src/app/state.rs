//! Everything the console knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset, Utc};

use super::panes::{Conflicts, Entities, Failures, Mappings, Overview};
use super::{
    Command, CommandId, Effect, NewsList, Overlay, Pane, Query, QueryId, Snapshot, Toasts, Tone,
};
use crate::model::EngineState;

/// The terminal's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// One state a pane.
#[derive(Debug, Clone, Default)]
pub struct Panes {
    /// How it goes.
    pub overview: Overview,
    /// What needs a decision.
    pub conflicts: Conflicts,
    /// Which field goes where.
    pub mappings: Mappings,
    /// Direction and policy.
    pub entities: Entities,
    /// What could not be written.
    pub failures: Failures,
}

/// Questions and commands on their way.
#[derive(Debug, Clone, Default)]
pub struct Flight {
    next: u64,
    /// Commands that were sent and not answered yet.
    pub commands: BTreeMap<CommandId, Command>,
    /// How many of a bulk were taken and refused so far; none when no bulk is on its way.
    pub bulk: Option<(usize, usize)>,
}

/// This console, as opposed to the engine.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who decides; kept with every decision.
    pub user: String,
    /// Local time, for the events list.
    pub offset: FixedOffset,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// Whether the terminal window has the focus.
    pub focused: bool,
    /// When ctrl-c was last pressed.
    pub interrupted: Option<DateTime<Utc>>,
    /// Whether the engine's task ended without being asked to.
    pub engine_gone: bool,
}

/// Everything the console knows.
#[derive(Debug, Clone)]
pub struct State {
    /// The time now, as it was last told.
    pub now: DateTime<Utc>,
    /// The terminal's size.
    pub size: Size,
    /// The newest picture of the engine.
    pub snapshot: Arc<Snapshot>,
    /// The events list.
    pub news: NewsList,
    /// The shown pane.
    pub pane: Pane,
    /// Each pane's own state.
    pub panes: Panes,
    /// Dialogs; only the last one sees keys, and Esc takes away exactly one.
    pub overlays: Vec<Overlay>,
    /// Short messages.
    pub toasts: Toasts,
    /// Questions and commands on their way.
    pub flight: Flight,
    /// This console.
    pub session: Session,
}

impl State {
    /// A console that has heard nothing yet.
    pub fn new(user: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self {
            now,
            size: Size::default(),
            snapshot: Arc::default(),
            news: NewsList::default(),
            pane: Pane::default(),
            panes: Panes::default(),
            overlays: Vec::new(),
            toasts: Toasts::default(),
            flight: Flight::default(),
            session: Session {
                user: user.into(),
                offset: Utc.fix(),
                mouse: false,
                focused: true,
                interrupted: None,
                engine_gone: false,
            },
        }
    }

    /// Whether the engine is held by the admin.
    pub fn is_paused(&self) -> bool {
        self.snapshot.state == EngineState::Paused
    }

    /// Whether this is the embedded sandbox.
    pub fn is_sandbox(&self) -> bool {
        self.snapshot.profile == "sandbox"
    }

    /// Whether a batch is being written by the engine of this process.
    pub fn is_writing(&self) -> bool {
        !self.snapshot.batches.is_empty() && self.snapshot.attached_to.is_none()
    }

    /// Whether the dialog on top, if any, takes text.
    pub fn takes_text(&self) -> bool {
        let top = self.overlays.last();
        matches!(
            top,
            Some(Overlay::Edit(_) | Overlay::Filter(_) | Overlay::Palette(_))
        )
    }

    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.toasts.push(tone, text, self.now);
    }

    pub(super) fn ask(&mut self, query: Query) -> (QueryId, Effect) {
        self.flight.next += 1;
        let id = QueryId(self.flight.next);
        (id, Effect::Query(id, query))
    }

    pub(super) fn send(&mut self, command: Command) -> Effect {
        self.flight.next += 1;
        let id = CommandId(self.flight.next);
        self.flight.commands.insert(id, command.clone());
        Effect::Send(id, command)
    }
}
