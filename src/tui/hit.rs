//! What was clicked: the same areas that drawing uses, asked the other way round.

use ratatui::layout::{Position, Rect};

use super::widgets::visible;
use super::{dialogs, panes, shell};
use crate::app::{State, Target};

/// What is drawn at this cell, if it can be clicked.
pub fn target(state: &State, column: u16, row: u16) -> Option<Target> {
    let screen = Rect::new(0, 0, state.size.width, state.size.height);
    if screen.width < shell::LEAST.0 || screen.height < shell::LEAST.1 {
        return None;
    }
    let at = Position { x: column, y: row };
    let areas = shell::areas(state, screen);
    if !state.overlays.is_empty() {
        let choices = dialogs::choices(state, areas.body);
        let hit = choices.into_iter().find(|(area, _)| area.contains(at));
        return hit.map(|(_, index)| Target::Choice(index));
    }
    let tabs = shell::tab_texts(state, areas.tabs);
    if let Some((pane, ..)) = tabs.into_iter().find(|(_, area, _)| area.contains(at)) {
        return Some(Target::Tab(pane));
    }
    let (rows, count, selected) = panes::list_area(state, areas.body);
    if !rows.contains(at) {
        return None;
    }
    let mut shown = visible(rows, count, selected);
    shown.nth(usize::from(row - rows.y)).map(Target::Row)
}
