//! The filter of a list, typed while the list follows.

use tui_input::Input;

use crate::app::{Code, Effect, Key, Pane, State, panes};

/// A filter being typed.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The text.
    pub input: Input,
    /// What it was before; Esc brings it back.
    before: String,
}

/// Opens the filter of the shown pane.
pub(in crate::app) fn open(state: &mut State) {
    let before = match state.pane {
        Pane::Mappings => state.panes.mappings.filter.clone(),
        _ => state.panes.conflicts.filter.clone(),
    };
    let input = Input::new(before.clone());
    state
        .overlays
        .push(super::Overlay::Filter(Filter { input, before }));
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    match key.code {
        Code::Esc => {
            let Some(super::Overlay::Filter(filter)) = state.overlays.pop() else {
                return Vec::new();
            };
            set(state, filter.before)
        }
        Code::Enter => {
            state.overlays.pop();
            Vec::new()
        }
        _ => super::type_key(state, key),
    }
}

pub(super) fn changed(state: &mut State) -> Vec<Effect> {
    let Some(super::Overlay::Filter(filter)) = state.overlays.last() else {
        return Vec::new();
    };
    let text = filter.input.value().to_owned();
    set(state, text)
}

fn set(state: &mut State, text: String) -> Vec<Effect> {
    if state.pane == Pane::Mappings {
        state.panes.mappings.filter = text;
        panes::mappings::settle(state);
        return Vec::new();
    }
    if state.panes.conflicts.filter == text {
        return Vec::new();
    }
    state.panes.conflicts.filter = text;
    panes::conflicts::fresh(state)
}
