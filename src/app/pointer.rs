//! A mouse click, with what was drawn there.

use super::overlay::{self, Overlay};
use super::panes::{conflicts, entities, failures, mappings, overview};
use super::{Effect, Pane, State, Target, act};

/// Selects what was clicked; a choice that is clicked twice is taken.
pub(super) fn click(state: &mut State, target: Target) -> Vec<Effect> {
    match (target, state.overlays.last_mut()) {
        (Target::Choice(index), Some(overlay)) => {
            choice(overlay, index).map_or_else(Vec::new, |choose| choose(state))
        }
        (Target::Tab(pane), None) => act::show(state, pane),
        (Target::Row(index), None) => row(state, index),
        _ => Vec::new(),
    }
}

type Choose = fn(&mut State) -> Vec<Effect>;

/// Selects a choice; if it was selected already, what takes it.
fn choice(overlay: &mut Overlay, index: usize) -> Option<Choose> {
    let (at, choose): (&mut usize, Choose) = match overlay {
        Overlay::Dialog(dialog) => (&mut dialog.at, overlay::choose_in_dialog),
        Overlay::Menu(menu) => (&mut menu.at, overlay::choose_in_menu),
        Overlay::Palette(palette) => (&mut palette.at, overlay::choose_in_palette),
        _ => return None,
    };
    let again = *at == index;
    *at = index;
    again.then_some(choose)
}

fn row(state: &mut State, index: usize) -> Vec<Effect> {
    match state.pane {
        Pane::Overview => overview::point(state, index),
        Pane::Conflicts => return conflicts::point(state, index),
        Pane::Mappings => mappings::point(state, index),
        Pane::Entities => entities::point(state, index),
        Pane::Failures => return failures::point(state, index),
    }
    Vec::new()
}
