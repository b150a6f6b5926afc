//! Conflicts: the list; the three-way view beside or below it is in `detail.rs`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::progress::age;
use super::{Shape, detail, dim_if_slow, load_note, shape};
use crate::app::{Sending, State, StatusFilter};
use crate::model::{Conflict, Take};
use crate::tui::widgets::{Cell, Column, Panel, Table, lines, paragraph};
use crate::tui::{text, theme};

const COLUMNS: [Column; 8] = [
    Column::new("", 1, 1),
    Column::new("Status", 11, 12),
    Column::new("Entity", 7, 9).rank(2),
    Column::new("Who", 18, 34),
    Column::new("Field", 9, 16),
    Column::new("Dynamics", 14, 40).rank(4),
    Column::new("Marketo", 14, 40).rank(4),
    Column::number("Age", 3).rank(1),
];

/// Where the list is, and where the details are.
fn areas(state: &State, area: Rect) -> (Rect, Rect) {
    if state.panes.conflicts.zoomed {
        return (Rect::default(), area);
    }
    let selected = state.panes.conflicts.selected();
    match shape(area) {
        _ if selected.is_none() => (area, Rect::default()),
        Shape::Narrow => {
            let height = (area.height * 2 / 5).max(5);
            let list = Rect { height, ..area };
            let detail = Rect {
                y: area.y + height,
                height: area.height - height,
                ..area
            };
            (list, detail)
        }
        Shape::Medium => side_by_side(area, 44),
        Shape::Wide => side_by_side(area, 55),
    }
}

fn side_by_side(area: Rect, percent: u16) -> (Rect, Rect) {
    let width = (u32::from(area.width) * u32::from(percent) / 100) as u16;
    let list = Rect { width, ..area };
    let detail = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (list, detail)
}

/// Where the list is.
pub(super) fn list_area(state: &State, area: Rect) -> Rect {
    areas(state, area).0
}

/// Draws the pane.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let (list_at, detail_at) = areas(state, area);
    if list_at.height > 0 {
        list(state, buf, list_at);
    }
    if let Some(conflict) = state.panes.conflicts.selected()
        && detail_at.height > 0
    {
        detail::draw(state, buf, detail_at, conflict);
    }
}

fn list(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.conflicts;
    let title = format!("Conflicts {}", narrowing(state));
    let counts = match pane.marked.len() {
        0 => format!("{} {}", text::count(pane.total), pane.status.word()),
        marked => format!("{marked} marked of {}", text::count(pane.total)),
    };
    let panel = Panel::new(title.trim())
        .note(load_note(state, &pane.load, counts))
        .focused();
    let inner = panel.draw(buf, area);
    if pane.rows.is_empty() {
        empty(state, buf, inner);
        return;
    }
    let selected = Some(pane.cursor.at());
    Table::new(&COLUMNS, selected).draw(buf, inner, pane.rows.len(), |at| {
        pane.rows
            .get(at)
            .map_or_else(Vec::new, |row| cells(state, row))
    });
    dim_if_slow(state, &pane.load, buf, inner);
}

/// What the list is narrowed to.
fn narrowing(state: &State) -> String {
    let pane = &state.panes.conflicts;
    let mut words = Vec::new();
    if let Some(entity) = &pane.narrowed.0 {
        words.push(entity.to_string());
    }
    match pane.narrowed.1.as_deref() {
        Some("") => words.push("whole records".to_owned()),
        Some(field) => words.push(field.to_owned()),
        None => {}
    }
    if !pane.filter.trim().is_empty() {
        words.push(format!("/{}", pane.filter.trim()));
    }
    if words.is_empty() {
        String::new()
    } else {
        format!("· {}", words.join(" "))
    }
}

fn empty(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.conflicts;
    let (text, style) = if let Some(why) = &pane.load.error {
        (
            format!("! The conflicts could not be read: {why}"),
            theme::BAD,
        )
    } else if !pane.load.ever() {
        ("Loading the conflicts…".to_owned(), theme::QUIET)
    } else if pane.is_narrowed() {
        (
            "No conflict matches. Esc shows all again.".to_owned(),
            theme::PLAIN,
        )
    } else if pane.status == StatusFilter::Open {
        let text = "✓ No conflicts. One appears here when both sides change the same field of a record to different values.";
        (text.to_owned(), theme::GOOD)
    } else {
        (
            format!(
                "No conflict is {}. s shows another status.",
                pane.status.word()
            ),
            theme::PLAIN,
        )
    };
    lines(buf, area, paragraph(&text, area.width, style));
}

/// A status in a word with its glyph; what is on its way counts as *sending*.
pub(super) fn status(state: &State, row: &Conflict) -> (String, Style) {
    if state.sending(row.id).is_some() {
        return ("… sending".to_owned(), theme::ACCENT);
    }
    let (glyph, style) = theme::status(row.status);
    (format!("{glyph} {}", row.status.word()), style)
}

fn cells(state: &State, row: &Conflict) -> Vec<Cell> {
    let marked = state.panes.conflicts.marked.contains(&row.id);
    let field = if row.field.is_empty() {
        row.kind.word().replace('_', " ")
    } else {
        row.field.clone()
    };
    vec![
        (if marked { "x" } else { "" }.to_owned(), theme::PLAIN),
        status(state, row),
        (row.entity.to_string(), theme::PLAIN),
        (row.label.clone(), theme::PLAIN),
        (field, theme::PLAIN),
        (shown(&row.dynamics.to_string()), theme::PLAIN),
        (shown(&row.marketo.to_string()), theme::PLAIN),
        (age(state.now, row.detected), theme::PLAIN),
    ]
}

/// A value as it is shown: no value is a word.
pub(super) fn shown(value: &str) -> String {
    if value.is_empty() {
        "(empty)".to_owned()
    } else {
        value.to_owned()
    }
}

/// The decided value and the letter that says where it comes from.
pub(super) fn result(state: &State, row: &Conflict) -> (char, Option<String>) {
    let take = match state.sending(row.id) {
        Some(Sending::Take(take)) => Some(take),
        Some(Sending::Undo) => None,
        None => row.resolution.as_ref().map(|resolution| &resolution.take),
    };
    match take {
        None => ('?', None),
        Some(Take::Side(crate::model::Side::Dynamics)) => {
            ('D', Some(shown(&row.dynamics.to_string())))
        }
        Some(Take::Side(crate::model::Side::Marketo)) => {
            ('M', Some(shown(&row.marketo.to_string())))
        }
        Some(Take::Value(value)) => ('E', Some(shown(&value.to_string()))),
        Some(each @ (Take::Each { .. } | Take::Alone { .. })) => ('E', Some(each.words())),
    }
}
