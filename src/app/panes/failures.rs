//! Failures: groups that are alike, the records of one, and what is done about them.

use super::super::{Action, Alike, Cursor, Effect, FailureRow, Load, Query, State};
use crate::engine::Command;
use crate::model::{Failure, FailureId};

/// Records of a group that are shown.
const SHOWN: usize = 200;

/// The Failures pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// The groups, the largest first.
    pub groups: Vec<FailureRow>,
    /// The selected group.
    pub cursor: Cursor<Alike>,
    /// The records of `of`, oldest first.
    pub records: Vec<Failure>,
    /// The group the records are of.
    pub of: Option<Alike>,
    /// The selected record.
    pub record: Cursor<FailureId>,
    /// Whether the cursor is among the records.
    pub inside: bool,
    /// Where loading stands.
    pub load: Load,
}

impl Failures {
    /// The selected group.
    pub fn selected(&self) -> Option<&FailureRow> {
        let key = self.cursor.key()?;
        self.groups.iter().find(|group| group.which == *key)
    }

    /// The selected record, while the cursor is among them.
    pub fn selected_record(&self) -> Option<&Failure> {
        let key = self.record.key().filter(|_| self.inside)?;
        self.records.iter().find(|one| one.id == *key)
    }

    /// What an action applies to: the selected record, else the selected group.
    pub fn target(&self) -> Option<Alike> {
        match self.selected_record() {
            Some(one) => Some(Alike {
                id: Some(one.id),
                ..Alike::default()
            }),
            None => self.selected().map(|group| group.which.clone()),
        }
    }

    fn keys(&self) -> Vec<Alike> {
        self.groups
            .iter()
            .map(|group| group.which.clone())
            .collect()
    }

    fn record_keys(&self) -> Vec<FailureId> {
        self.records.iter().map(|one| one.id).collect()
    }
}

/// Asks for the groups, and for the records of the selected one.
pub(in crate::app) fn reload(state: &mut State) -> Vec<Effect> {
    let of = state.panes.failures.cursor.key().cloned();
    let (id, effect) = state.ask(Query::Failures { of, limit: SHOWN });
    state.panes.failures.load.asked(id, state.now);
    vec![effect]
}

/// An answer came.
pub(in crate::app) fn loaded(
    state: &mut State,
    groups: Vec<FailureRow>,
    of: Option<Alike>,
    records: Vec<Failure>,
) {
    let pane = &mut state.panes.failures;
    (pane.groups, pane.records, pane.of) = (groups, records, of);
    let keys = pane.keys();
    pane.cursor.settle(&keys);
    let keys = pane.record_keys();
    pane.record.settle(&keys);
    pane.inside &= !keys.is_empty();
    if pane.of.as_ref() != pane.cursor.key() {
        // Its group has healed: the records of the one that took its place are asked for.
        pane.load.touch();
    }
}

/// Moves the cursor by so many rows.
pub(in crate::app) fn step(state: &mut State, rows: isize) -> Vec<Effect> {
    let pane = &mut state.panes.failures;
    if pane.inside {
        let keys = pane.record_keys();
        pane.record.step(rows, &keys);
        return Vec::new();
    }
    let keys = pane.keys();
    pane.cursor.step(rows, &keys);
    moved(state)
}

/// Puts the cursor on a row of the list it is in.
pub(in crate::app) fn point(state: &mut State, index: usize) -> Vec<Effect> {
    let pane = &mut state.panes.failures;
    if pane.inside {
        let keys = pane.record_keys();
        pane.record.go(index, &keys);
        return Vec::new();
    }
    let keys = pane.keys();
    pane.cursor.go(index, &keys);
    moved(state)
}

fn moved(state: &mut State) -> Vec<Effect> {
    let pane = &mut state.panes.failures;
    if pane.cursor.key() == pane.of.as_ref() {
        return Vec::new();
    }
    pane.records.clear();
    reload(state)
}

/// Backs out of the records.
pub(in crate::app) fn back(state: &mut State) {
    state.panes.failures.inside = false;
}

pub(in crate::app) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let pane = &mut state.panes.failures;
    match action {
        Action::Inside => {
            pane.inside = !pane.inside && !pane.records.is_empty();
            let keys = pane.record_keys();
            pane.record.settle(&keys);
            Vec::new()
        }
        Action::RetryThese => send(state, |which| Command::RetryAlike { which }),
        Action::ParkThese => send(state, |which| Command::ParkFailures { which }),
        _ => Vec::new(),
    }
}

fn send(state: &mut State, command: impl Fn(Alike) -> Command) -> Vec<Effect> {
    let target = state.panes.failures.target();
    let command = target.map(command);
    command.map_or_else(Vec::new, |command| vec![state.send(command)])
}
