//! Conflicts: the list, the marks, the decisions and how to take them back.

use std::collections::BTreeSet;

use super::super::{
    Action, ConflictQuery, Cursor, Effect, FieldCount, Load, Loaded, Query, State, StatusFilter,
};
use crate::engine::Command;
use crate::model::{Conflict, ConflictId, ConflictKind, ConflictStatus, Entity, Take};

pub(in crate::app) mod decide;

/// Rows a page of the list asks for.
const PAGE: usize = 200;
/// Rows the list ever holds; a narrower filter shows the others.
const HELD: usize = 2_000;
/// So close to the end of the loaded rows the next page is asked for.
const NEAR_END: usize = 50;

/// The Conflicts pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Conflicts {
    /// The loaded rows, ascending by id.
    pub rows: Vec<Conflict>,
    /// How many the filter lets through in all.
    pub total: u64,
    /// The selected conflict.
    pub cursor: Cursor<ConflictId>,
    /// The marked ones; always among the rows.
    pub marked: BTreeSet<ConflictId>,
    /// The filter as typed.
    pub filter: String,
    /// Narrowed to this entity and field by a menu.
    pub narrowed: (Option<Entity>, Option<String>),
    /// Which statuses are shown.
    pub status: StatusFilter,
    /// Whether the details have the whole pane.
    pub zoomed: bool,
    /// Where loading stands.
    pub load: Load,
    /// Whether the awaited page is to be added to the rows.
    appends: bool,
}

impl Conflicts {
    /// The selected conflict.
    pub fn selected(&self) -> Option<&Conflict> {
        self.cursor.key().and_then(|id| self.get(*id))
    }

    /// A loaded conflict.
    pub fn get(&self, id: ConflictId) -> Option<&Conflict> {
        let at = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.rows.get(at)
    }

    /// What a decision applies to: the marked ones, else the selected one.
    pub fn targets(&self) -> Vec<&Conflict> {
        if self.marked.is_empty() {
            return self.selected().into_iter().collect();
        }
        self.marked.iter().filter_map(|id| self.get(*id)).collect()
    }

    /// Whether anything is filtered away.
    pub fn is_narrowed(&self) -> bool {
        !self.filter.trim().is_empty() || self.narrowed != (None, None)
    }

    /// The question the list asks.
    pub fn query(&self) -> ConflictQuery {
        let mut query = ConflictQuery {
            entity: self.narrowed.0.clone(),
            field: self.narrowed.1.clone(),
            text: String::new(),
            status: self.status,
        };
        let mut words = Vec::new();
        for word in self.filter.split_whitespace() {
            if let Some(entity) = word.strip_prefix("entity:") {
                query.entity = Some(Entity::named(entity));
            } else if let Some(field) = word.strip_prefix("field:") {
                query.field = Some(field.to_owned());
            } else {
                words.push(word);
            }
        }
        query.text = words.join(" ");
        query
    }

    fn keys(&self) -> Vec<ConflictId> {
        self.rows.iter().map(|row| row.id).collect()
    }
}

/// The conflicts of the same record as `conflict` that are loaded: the rows of the three-way view.
pub fn group<'a>(rows: &'a [Conflict], conflict: &'a Conflict) -> Vec<&'a Conflict> {
    let same = |row: &&Conflict| {
        row.id == conflict.id
            || (row.link.is_some()
                && row.link == conflict.link
                && row.kind == ConflictKind::Field
                && row.status.is_open())
    };
    rows.iter().filter(same).collect()
}

/// Asks for the first page anew, as many rows as are shown.
pub(in crate::app) fn reload(state: &mut State) -> Vec<Effect> {
    let limit = state.panes.conflicts.rows.len().clamp(PAGE, HELD);
    ask(state, None, limit)
}

fn ask(state: &mut State, after: Option<ConflictId>, limit: usize) -> Vec<Effect> {
    let filter = state.panes.conflicts.query();
    let (id, effect) = state.ask(Query::Conflicts {
        filter,
        after,
        limit,
    });
    let pane = &mut state.panes.conflicts;
    pane.appends = after.is_some();
    pane.load.asked(id, state.now);
    vec![effect]
}

/// Asks for the next page when the cursor comes near the end of what is loaded.
fn read_on(state: &mut State) -> Vec<Effect> {
    let pane = &state.panes.conflicts;
    let held = pane.rows.len();
    let near = pane.cursor.at() + NEAR_END >= held;
    if !near || pane.load.busy() || held >= HELD || held as u64 >= pane.total {
        return Vec::new();
    }
    let after = pane.rows.last().map(|row| row.id);
    ask(state, after, PAGE)
}

/// An answer came.
pub(in crate::app) fn loaded(state: &mut State, rows: Vec<Conflict>, total: u64) {
    let pane = &mut state.panes.conflicts;
    if pane.appends {
        pane.rows.extend(rows);
    } else {
        pane.rows = rows;
    }
    pane.rows.sort_by_key(|row| row.id);
    pane.rows.dedup_by_key(|row| row.id);
    pane.total = total;
    settle(state);
}

pub(in crate::app) fn settle(state: &mut State) {
    let pane = &mut state.panes.conflicts;
    let keys = pane.keys();
    pane.cursor.settle(&keys);
    pane.marked.retain(|id| keys.binary_search(id).is_ok());
    if keys.is_empty() {
        pane.zoomed = false;
    }
}

/// Moves the cursor by so many rows.
pub(in crate::app) fn step(state: &mut State, rows: isize) -> Vec<Effect> {
    let pane = &mut state.panes.conflicts;
    let keys = pane.keys();
    pane.cursor.step(rows, &keys);
    read_on(state)
}

/// Puts the cursor on a row.
pub(in crate::app) fn point(state: &mut State, index: usize) -> Vec<Effect> {
    let pane = &mut state.panes.conflicts;
    let keys = pane.keys();
    pane.cursor.go(index, &keys);
    read_on(state)
}

/// Shows one entity's or one field's conflicts only.
pub(in crate::app) fn narrow_to(
    state: &mut State,
    entity: Option<Entity>,
    field: Option<String>,
) -> Vec<Effect> {
    state.panes.conflicts.narrowed = (entity, field);
    fresh(state)
}

/// The filter changed: the old page stays until the new one comes.
pub(in crate::app) fn fresh(state: &mut State) -> Vec<Effect> {
    ask(state, None, PAGE)
}

/// Backs out one step; whether there was one.
pub(in crate::app) fn back(state: &mut State) -> Option<Vec<Effect>> {
    let pane = &mut state.panes.conflicts;
    if pane.zoomed {
        pane.zoomed = false;
        return Some(Vec::new());
    }
    if !pane.marked.is_empty() {
        pane.marked.clear();
        return Some(Vec::new());
    }
    if pane.is_narrowed() {
        pane.filter.clear();
        pane.narrowed = (None, None);
        return Some(fresh(state));
    }
    None
}

pub(in crate::app) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::TakeDynamics => decide::take_side(state, crate::model::Side::Dynamics),
        Action::TakeMarketo => decide::take_side(state, crate::model::Side::Marketo),
        Action::TypeValue => decide::open_edit(state),
        Action::Undo => decide::undo(state),
        Action::Mark => mark(state),
        Action::MarkAll => mark_all(state),
        Action::Narrow => decide::open_fields(state),
        Action::NextStatus => {
            let status = &mut state.panes.conflicts.status;
            *status = status.next();
            fresh(state)
        }
        Action::NextConflict => jump(state, true),
        Action::PreviousConflict => jump(state, false),
        Action::Zoom => {
            let pane = &mut state.panes.conflicts;
            pane.zoomed = !pane.zoomed && pane.selected().is_some();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn mark(state: &mut State) -> Vec<Effect> {
    let pane = &mut state.panes.conflicts;
    if let Some(id) = pane.cursor.key().copied()
        && !pane.marked.remove(&id)
    {
        pane.marked.insert(id);
    }
    step(state, 1)
}

fn mark_all(state: &mut State) -> Vec<Effect> {
    let pane = &mut state.panes.conflicts;
    let keys: BTreeSet<ConflictId> = pane.keys().into_iter().collect();
    let all = pane.marked == keys;
    let (held, total) = (keys.len(), pane.total);
    pane.marked = if all { BTreeSet::new() } else { keys };
    if !all && (held as u64) < total {
        let text =
            format!("{held} of {total} marked: those that are loaded; decide them, then go on");
        state.say(super::super::Tone::Note, text);
    }
    Vec::new()
}

/// Goes to the next or previous conflict that waits for a decision, around the end.
fn jump(state: &mut State, forward: bool) -> Vec<Effect> {
    let pane = &state.panes.conflicts;
    let waits = |at: &usize| {
        let row = pane.rows.get(*at);
        row.is_some_and(|row| row.status == ConflictStatus::Pending)
    };
    let (at, len) = (pane.cursor.at(), pane.rows.len());
    let found = if forward {
        (at + 1..len).chain(0..at).find(waits)
    } else {
        (0..at).rev().chain((at + 1..len).rev()).find(waits)
    };
    match found {
        Some(index) => point(state, index),
        None => Vec::new(),
    }
}

/// What the fields menu shows once its answer is there.
pub(in crate::app) fn fields_loaded(state: &mut State, answer: Loaded) {
    let counts: Vec<FieldCount> = match answer {
        Loaded::Fields(counts) => counts,
        Loaded::Failed(why) => {
            state.say(super::super::Tone::Bad, why);
            return;
        }
        _ => return,
    };
    decide::show_fields(state, counts);
}

/// What is being sent about a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending<'a> {
    /// This decision.
    Take(&'a Take),
    /// That the decision is taken back.
    Undo,
}

impl State {
    /// What is being sent about a conflict, if anything.
    pub fn sending(&self, id: ConflictId) -> Option<Sending<'_>> {
        let commands = self.flight.commands.values();
        commands.rev().find_map(|command| match command {
            Command::Resolve { conflict, take, .. } if *conflict == id => Some(Sending::Take(take)),
            Command::Unresolve { conflict } if *conflict == id => Some(Sending::Undo),
            _ => None,
        })
    }
}
