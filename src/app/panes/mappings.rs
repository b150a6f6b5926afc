//! Mappings: one entity's fields on both sides, read-only.

use super::super::{Action, Cursor, Effect, Load, MappingRow, MappingView, Query, State};
use crate::model::Entity;

/// The Mappings pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Mappings {
    /// The shown entity.
    pub entity: Option<Entity>,
    /// Its mapping, once it is loaded.
    pub view: Option<MappingView>,
    /// The selected field map, by name.
    pub cursor: Cursor<String>,
    /// Only rows that contain this are shown.
    pub filter: String,
    /// Where loading stands.
    pub load: Load,
}

impl Mappings {
    /// The rows the filter lets through.
    pub fn rows(&self) -> Vec<&MappingRow> {
        let wanted = self.filter.trim().to_lowercase();
        let rows = self.view.iter().flat_map(|view| &view.rows);
        rows.filter(|row| wanted.is_empty() || text_of(row).contains(&wanted))
            .collect()
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&MappingRow> {
        let key = self.cursor.key()?;
        self.rows().into_iter().find(|row| row.field == *key)
    }

    fn keys(&self) -> Vec<String> {
        self.rows().iter().map(|row| row.field.clone()).collect()
    }
}

fn text_of(row: &MappingRow) -> String {
    let infos = [&row.dynamics, &row.marketo].into_iter().flatten();
    let said = infos.map(|info| format!("{} {:?}", info.label, info.kind));
    let names = [&row.field, &row.dynamics_name, &row.marketo_name].map(Clone::clone);
    let words: Vec<String> = names.into_iter().chain(said).collect();
    words.join(" ").to_lowercase()
}

/// Shows an entity's mapping.
pub(in crate::app) fn show(state: &mut State, entity: Entity) -> Vec<Effect> {
    let pane = &mut state.panes.mappings;
    if pane.entity.as_ref() != Some(&entity) {
        pane.view = None;
        pane.filter.clear();
        pane.cursor = Cursor::default();
    }
    pane.entity = Some(entity);
    reload(state)
}

/// Asks for the shown entity's mapping.
pub(in crate::app) fn reload(state: &mut State) -> Vec<Effect> {
    let known = state.snapshot.entities.first();
    let first = known.map(|row| row.entity.clone());
    let Some(entity) = state.panes.mappings.entity.clone().or(first) else {
        return Vec::new();
    };
    let (id, effect) = state.ask(Query::Mapping(entity.clone()));
    state.panes.mappings.entity = Some(entity);
    state.panes.mappings.load.asked(id, state.now);
    vec![effect]
}

/// An answer came.
pub(in crate::app) fn loaded(state: &mut State, view: MappingView) {
    let pane = &mut state.panes.mappings;
    pane.view = Some(view);
    settle(state);
}

pub(in crate::app) fn settle(state: &mut State) {
    let pane = &mut state.panes.mappings;
    let keys = pane.keys();
    pane.cursor.settle(&keys);
}

/// Moves the cursor by so many rows.
pub(in crate::app) fn step(state: &mut State, rows: isize) {
    let pane = &mut state.panes.mappings;
    let keys = pane.keys();
    pane.cursor.step(rows, &keys);
}

/// Puts the cursor on a row.
pub(in crate::app) fn point(state: &mut State, index: usize) {
    let pane = &mut state.panes.mappings;
    let keys = pane.keys();
    pane.cursor.go(index, &keys);
}

pub(in crate::app) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let step = match action {
        Action::NextEntity => 1,
        Action::PreviousEntity => -1,
        _ => return Vec::new(),
    };
    let entities: Vec<Entity> = state
        .snapshot
        .entities
        .iter()
        .map(|row| row.entity.clone())
        .collect();
    let now = state.panes.mappings.entity.as_ref();
    let at = entities
        .iter()
        .position(|entity| Some(entity) == now)
        .unwrap_or(0);
    let to = (at as isize + step).rem_euclid(entities.len().max(1) as isize);
    match entities.into_iter().nth(to as usize) {
        Some(entity) => show(state, entity),
        None => Vec::new(),
    }
}
