//! What each pane looks like; `app/panes/` decides the same.

mod conflicts;
mod detail;
mod entities;
mod failures;
mod mappings;
mod overview;
mod progress;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme;
use crate::app::{Entities, Load, Pane, State};
use crate::model::{Direction, Policy};

/// Draws the shown pane.
pub fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    if area.height < 3 || area.width < 20 {
        return;
    }
    match state.pane {
        Pane::Overview => overview::draw(state, buf, area),
        Pane::Conflicts => conflicts::draw(state, buf, area),
        Pane::Mappings => mappings::draw(state, buf, area),
        Pane::Entities => entities::draw(state, buf, area),
        Pane::Failures => failures::draw(state, buf, area),
    }
}

/// The rows of the shown pane's list, below its titles, with how many there are and which is selected.
pub fn list_area(state: &State, area: Rect) -> (Rect, usize, usize) {
    let (list, count, at) = match state.pane {
        Pane::Overview => {
            let cursor = &state.panes.overview.cursor;
            (
                overview::list_area(state, area),
                state.snapshot.entities.len(),
                cursor.at(),
            )
        }
        Pane::Conflicts => {
            let pane = &state.panes.conflicts;
            (
                conflicts::list_area(state, area),
                pane.rows.len(),
                pane.cursor.at(),
            )
        }
        Pane::Mappings => {
            let pane = &state.panes.mappings;
            (
                mappings::list_area(area),
                pane.rows().len(),
                pane.cursor.at(),
            )
        }
        Pane::Failures => failures::list_area(state, area),
        Pane::Entities => {
            let cursor = &state.panes.entities.cursor;
            (
                entities::list_area(state, area),
                state.snapshot.entities.len(),
                cursor.at(),
            )
        }
    };
    // Without the border and the column titles.
    let rows = Rect {
        x: list.x + 1,
        y: list.y + 2,
        width: list.width.saturating_sub(2),
        height: list.height.saturating_sub(3),
    };
    (rows, count, at)
}

/// Three layouts by width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Narrow,
    Medium,
    Wide,
}

fn shape(area: Rect) -> Shape {
    match area.width {
        0..100 => Shape::Narrow,
        100..160 => Shape::Medium,
        _ => Shape::Wide,
    }
}

/// A direction with Dynamics on the left and Marketo on the right, as everywhere.
fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Off => "off",
        Direction::Both => "D ⇄ M",
        Direction::ToMarketo => "D → M",
        Direction::ToDynamics => "D ← M",
    }
}

/// The same, with room.
fn arrow_long(direction: Direction) -> &'static str {
    match direction {
        Direction::Off => "off",
        Direction::Both => "Dynamics ⇄ Marketo",
        Direction::ToMarketo => "Dynamics → Marketo",
        Direction::ToDynamics => "Dynamics ← Marketo",
    }
}

fn policy_word(policy: Policy) -> &'static str {
    Entities::policy_word(policy)
}

/// Dims a page that is older than what was asked for.
fn dim_if_slow(state: &State, load: &Load, buf: &mut Buffer, area: Rect) {
    if load.slow(state.now) {
        buf.set_style(area, theme::QUIET);
    }
}

/// The note about loading, for a list's upper edge.
fn load_note(state: &State, load: &Load, otherwise: String) -> String {
    if load.slow(state.now) {
        "loading…".to_owned()
    } else {
        otherwise
    }
}
