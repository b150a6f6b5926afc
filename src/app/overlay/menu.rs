//! A list to pick one thing from; may still wait for its rows.

use crate::app::panes::{self, entities::SettingPick};
use crate::app::{Code, Effect, Key, QueryId, State};
use crate::model::Entity;

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Show this field's conflicts only.
    Field(Option<Entity>, Option<String>),
    /// Draft this setting.
    Setting(Entity, SettingPick),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuRow {
    /// What it is called.
    pub label: String,
    /// What it means, or how many.
    pub detail: String,
    pub(in crate::app) pick: Pick,
}

/// A list to pick from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What is picked.
    pub title: String,
    /// The rows.
    pub rows: Vec<MenuRow>,
    /// The selected row.
    pub at: usize,
    /// The answer it still waits for.
    pub awaits: Option<QueryId>,
}

impl Menu {
    pub(in crate::app) fn new(title: impl Into<String>, rows: Vec<MenuRow>, at: usize) -> Self {
        Self {
            title: title.into(),
            rows,
            at,
            awaits: None,
        }
    }

    pub(in crate::app) fn awaiting(title: impl Into<String>, id: QueryId) -> Self {
        Self {
            awaits: Some(id),
            ..Self::new(title, Vec::new(), 0)
        }
    }

    pub(in crate::app) fn fill(&mut self, rows: Vec<MenuRow>) {
        self.rows = rows;
        self.awaits = None;
    }
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(super::Overlay::Menu(menu)) = state.overlays.last_mut() else {
        return Vec::new();
    };
    let last = menu.rows.len().saturating_sub(1);
    menu.at = match key.code {
        Code::Esc => {
            state.overlays.pop();
            return Vec::new();
        }
        Code::Enter | Code::Char(' ') => return choose(state),
        Code::Up | Code::Char('k') => menu.at.saturating_sub(1),
        Code::Down | Code::Char('j') => (menu.at + 1).min(last),
        Code::PageUp => menu.at.saturating_sub(10),
        Code::PageDown => (menu.at + 10).min(last),
        Code::Home => 0,
        Code::End => last,
        _ => menu.at,
    };
    Vec::new()
}

/// Does what the selected row says.
pub(in crate::app) fn choose(state: &mut State) -> Vec<Effect> {
    let Some(super::Overlay::Menu(menu)) = state.overlays.last() else {
        return Vec::new();
    };
    let Some(row) = menu.rows.get(menu.at).cloned() else {
        return Vec::new();
    };
    state.overlays.pop();
    match row.pick {
        Pick::Field(entity, field) => panes::conflicts::narrow_to(state, entity, field),
        Pick::Setting(entity, pick) => {
            panes::entities::set(state, entity, pick);
            Vec::new()
        }
    }
}
