//! Failures: the groups, the vendor's own words, and the records of the selected group.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::progress::age;
use super::{Shape, dim_if_slow, load_note, shape};
use crate::app::{FailureRow, State};
use crate::model::{Failure, FailureStatus, Side};
use crate::tui::widgets::{Cell, Column, Panel, Table, lines, paragraph};
use crate::tui::{text, theme};

const GROUPS: [Column; 7] = [
    Column::number("No.", 6),
    Column::new("Entity", 7, 16),
    Column::new("To", 8, 8),
    Column::new("Class", 9, 14),
    Column::new("Code", 6, 14).rank(1),
    Column::new("Field", 8, 24).rank(2),
    Column::new("Next try", 8, 14),
];

const RECORDS: [Column; 4] = [
    Column::new("Record", 18, 40),
    Column::number("Tries", 5),
    Column::new("Next try", 8, 14),
    Column::new("Message", 12, 120).rank(1),
];

/// Rows of the message's panel, its border among them.
const MESSAGE: u16 = 6;

/// Where the groups, the message and the records are.
fn areas(area: Rect) -> [Rect; 3] {
    let (list, rest) = if shape(area) == Shape::Wide {
        let width = area.width / 2;
        let rest = Rect {
            x: area.x + width,
            width: area.width - width,
            ..area
        };
        (Rect { width, ..area }, rest)
    } else {
        let height = (area.height * 2 / 5).max(5).min(area.height);
        let rest = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        (Rect { height, ..area }, rest)
    };
    let height = MESSAGE.min(rest.height / 2);
    let message = Rect { height, ..rest };
    let records = Rect {
        y: rest.y + height,
        height: rest.height - height,
        ..rest
    };
    [list, message, records]
}

/// Where the list is that has the cursor, how many rows it has, and which is selected.
pub(super) fn list_area(state: &State, area: Rect) -> (Rect, usize, usize) {
    let [list, _, records] = areas(area);
    let pane = &state.panes.failures;
    if pane.inside {
        (records, pane.records.len(), pane.record.at())
    } else {
        (list, pane.groups.len(), pane.cursor.at())
    }
}

/// Draws the pane.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.failures;
    let [list, message, records] = areas(area);
    let alone = pane.groups.is_empty();
    groups(state, buf, if alone { area } else { list });
    if let Some(group) = pane.selected() {
        let words = pane
            .selected_record()
            .map_or_else(|| group.message.clone(), |one| one.refusal.words());
        let inner = Panel::new("What was said").draw(buf, message);
        lines(buf, inner, paragraph(&words, inner.width, theme::PLAIN));
        details(state, buf, records);
    }
}

fn groups(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.failures;
    let all: u64 = pane.groups.iter().map(|group| group.count).sum();
    let note = format!("{} records", text::count(all));
    let mut panel = Panel::new("Failures, alike together").note(load_note(state, &pane.load, note));
    if !pane.inside {
        panel = panel.focused();
    }
    let inner = panel.draw(buf, area);
    if pane.groups.is_empty() {
        empty(state, buf, inner);
        return;
    }
    let table = Table::new(&GROUPS, Some(pane.cursor.at()));
    table.draw(buf, inner, pane.groups.len(), |at| {
        let group = pane.groups.get(at);
        group.map_or_else(Vec::new, |group| group_cells(state.now, group))
    });
    dim_if_slow(state, &pane.load, buf, inner);
}

fn empty(state: &State, buf: &mut Buffer, area: Rect) {
    let load = &state.panes.failures.load;
    let (said, style) = match &load.error {
        Some(why) => (
            format!("! The failures could not be read: {why}"),
            theme::BAD,
        ),
        None if !load.ever() => ("Loading the failures…".to_owned(), theme::QUIET),
        None => {
            let text = "✓ No failures. A record appears here when a side refuses a write.";
            (text.to_owned(), theme::GOOD)
        }
    };
    lines(buf, area, paragraph(&said, area.width, style));
}

fn details(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.failures;
    let shown = text::count(pane.records.len() as u64);
    let mut panel = Panel::new("Records").note(format!("{shown} shown"));
    if pane.inside {
        panel = panel.focused();
    }
    let inner = panel.draw(buf, area);
    let selected = pane.inside.then(|| pane.record.at());
    Table::new(&RECORDS, selected).draw(buf, inner, pane.records.len(), |at| {
        let one = pane.records.get(at);
        one.map_or_else(Vec::new, |one| record_cells(state.now, one))
    });
}

fn group_cells(now: DateTime<Utc>, group: &FailureRow) -> Vec<Cell> {
    let which = &group.which;
    let plain = |text: String| (text, theme::PLAIN);
    let parked = group.parked == group.count;
    vec![
        plain(text::count(group.count)),
        plain(
            which
                .entity
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        plain(which.direction.map(side).unwrap_or_default().to_owned()),
        plain(
            which
                .class
                .map_or("", |class| class.word())
                .replace('_', " "),
        ),
        plain(which.code.clone().unwrap_or_default()),
        plain(which.field.clone().unwrap_or_default()),
        next(now, group.next_try, parked),
    ]
}

fn record_cells(now: DateTime<Utc>, one: &Failure) -> Vec<Cell> {
    let row = one.dynamics_id.map(|id| id.to_string());
    let person = one.marketo_id.map(|id| format!("Marketo {id}"));
    vec![
        (row.or(person).unwrap_or_default(), theme::PLAIN),
        (one.attempts.to_string(), theme::PLAIN),
        next(now, one.next_try, one.status == FailureStatus::Parked),
        (one.refusal.message.clone(), theme::PLAIN),
    ]
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Dynamics => "Dynamics",
        Side::Marketo => "Marketo",
    }
}

/// When it is tried again, in words.
fn next(now: DateTime<Utc>, at: Option<DateTime<Utc>>, parked: bool) -> Cell {
    match at {
        Some(at) if at > now => (format!("in {}", age(at, now)), theme::PLAIN),
        Some(_) => ("next cycle".to_owned(), theme::ACCENT),
        None if parked => ("parked".to_owned(), theme::WARN),
        None => ("on an edit".to_owned(), theme::QUIET),
    }
}
