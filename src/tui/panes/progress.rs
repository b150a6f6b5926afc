//! The Overview's table: an entity a row.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Shape, arrow, arrow_long, policy_word, shape};
use crate::app::{EntityStatus, State, seconds_left};
use crate::model::Side;
use crate::tui::widgets::{Cell, Column, Mark, Panel, Table, bar, line};
use crate::tui::{header, text, theme};

const NARROW: [Column; 11] = [
    Column::new("Entity", 8, 12),
    Column::new("Way", 5, 5).rank(2),
    Column::new("State", 9, 10),
    Column::new("Progress", 11, 14),
    Column::number("Left", 4),
    Column::number("/min", 5),
    Column::number("Backlog", 7).rank(1),
    Column::number("Oldest", 6).rank(3),
    Column::number("Links", 5).rank(4),
    Column::number("Conf", 4),
    Column::number("Fail", 4),
];

const ROOMY: [Column; 12] = [
    Column::new("Entity", 10, 24),
    Column::new("Direction", 18, 18).rank(2),
    Column::new("State", 9, 19),
    Column::new("Progress", 13, 90),
    Column::number("Done / total", 13),
    Column::number("Left", 4),
    Column::number("Per min", 7),
    Column::number("Backlog", 7),
    Column::number("Oldest", 6).rank(3),
    Column::number("Links", 6),
    Column::number("Conf", 4),
    Column::number("Fail", 4),
];

/// The height the table wants on a screen with so many rows: where there are few, one note is enough.
pub(super) fn height(state: &State, rows: u16) -> u16 {
    let notes = if rows < 24 { 1 } else { 2 };
    state.snapshot.entities.len().clamp(1, 12) as u16 + 3 + notes
}

/// Draws the entities, what the selected one is about, and the running batches.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let snapshot = &state.snapshot;
    let inner = Panel::new("Entities")
        .note(cycle_note(state))
        .focused()
        .draw(buf, area);
    if snapshot.entities.is_empty() {
        let text = "Nothing is known about any entity yet; the engine is starting.";
        line(buf, inner, &Line::raw(text));
        return;
    }
    let notes = inner
        .height
        .saturating_sub(1 + snapshot.entities.len() as u16)
        .min(2);
    let table = Rect {
        height: inner.height - notes,
        ..inner
    };
    let selected = Some(state.panes.overview.cursor.at());
    let roomy = shape(area) != Shape::Narrow;
    let columns: &[Column] = if roomy { &ROOMY } else { &NARROW };
    let mut drawn = Table::new(columns, selected);
    drawn.mark = Mark::First;
    let bar_width = drawn.widths(table.width.saturating_sub(2))[3].unwrap_or(0);
    drawn.draw(buf, table, snapshot.entities.len(), |at| {
        snapshot
            .entities
            .get(at)
            .map_or_else(Vec::new, |row| cells(state, row, roomy, bar_width))
    });
    let notes = Rect {
        y: table.bottom(),
        height: notes,
        ..inner
    };
    let writes = !snapshot.batches.is_empty();
    let both = if writes {
        [batches(state), about(state)]
    } else {
        [about(state), batches(state)]
    };
    for (row, content) in notes.rows().zip(both) {
        line(buf, row, &content);
    }
}

/// For how long the running cycle runs.
fn cycle_note(state: &State) -> String {
    let began = state
        .snapshot
        .cycle_began
        .filter(|_| header::runs(state.snapshot.state));
    began.map_or_else(String::new, |began| {
        format!("for {}", age(state.now, began))
    })
}

/// How long ago, in one unit.
pub(super) fn age(now: DateTime<Utc>, since: DateTime<Utc>) -> String {
    text::span((now - since).num_seconds().max(0) as u64)
}

fn alarming(count: u64, style: Style) -> Cell {
    let style = if count > 0 { style } else { theme::QUIET };
    (text::count(count), style)
}

fn cells(state: &State, row: &EntityStatus, roomy: bool, bar_width: u16) -> Vec<Cell> {
    let (glyph, style) = theme::state(row.state);
    let word = if roomy {
        row.state.word()
    } else {
        theme::state_word(row.state)
    };
    let way = if roomy {
        arrow_long(row.direction)
    } else {
        arrow(row.direction)
    };
    let left = row.total.saturating_sub(row.done);
    let time_left = match seconds_left(state, left, row.rate_per_minute) {
        Some(seconds) => text::left(seconds),
        None if left > 0 => "…".to_owned(),
        None => String::new(),
    };
    let rate = if row.rate_per_minute >= 0.5 {
        text::count(row.rate_per_minute.round() as u64)
    } else {
        String::new()
    };
    let oldest = row
        .oldest_pending
        .map_or_else(String::new, |since| age(state.now, since));
    let mut cells = vec![
        (row.entity.to_string(), theme::STRONG),
        (way.to_owned(), theme::PLAIN),
        (format!("{glyph} {word}"), style),
        progress(row, bar_width),
    ];
    if roomy {
        let done = format!("{} / {}", text::count(row.done), text::count(row.total));
        cells.push((
            if row.total > 0 { done } else { String::new() },
            theme::PLAIN,
        ));
    }
    cells.extend([
        (time_left, theme::PLAIN),
        (rate, theme::PLAIN),
        (text::count(row.backlog), theme::PLAIN),
        (oldest, theme::PLAIN),
        (text::count(row.links), theme::PLAIN),
        alarming(row.conflicts, theme::CONFLICT.patch(theme::STRONG)),
        alarming(row.failures, theme::BAD),
    ]);
    cells
}

fn progress(row: &EntityStatus, width: u16) -> Cell {
    if row.total == 0 {
        return ("nothing to do".to_owned(), theme::QUIET);
    }
    if row.done >= row.total {
        return ("✓ done".to_owned(), theme::GOOD);
    }
    let share = row.done as f64 / row.total as f64;
    let bar = bar(share, usize::from(width).saturating_sub(5));
    (
        format!("{bar} {:>3.0}%", (share * 100.0).floor()),
        theme::ACCENT,
    )
}

/// The selected entity, in a sentence.
fn about(state: &State) -> Line<'static> {
    let Some(key) = state.panes.overview.cursor.key() else {
        return Line::default();
    };
    let Some(row) = state
        .snapshot
        .entities
        .iter()
        .find(|row| row.entity == *key)
    else {
        return Line::default();
    };
    let todo = row.total.saturating_sub(row.done);
    let pace = if todo > 0 {
        format!("{} of {} done, {todo} to go", row.done, row.total)
    } else {
        format!("{} linked, {} in conflict", row.links, row.conflicts)
    };
    let oldest = row.oldest_pending.map(|since| age(state.now, since));
    let oldest = oldest.map_or_else(String::new, |age| format!("; oldest change waits {age}"));
    let text = format!(": {pace}; {}{oldest}", policy_word(row.policy));
    Line::from(vec![
        Span::styled(format!("  {}", row.entity), theme::STRONG),
        Span::raw(text),
    ])
}

/// The running batches, in a line.
fn batches(state: &State) -> Line<'static> {
    let batches = &state.snapshot.batches;
    if batches.is_empty() {
        return Line::styled("  no batch is being written", theme::QUIET);
    }
    let mut spans = vec![Span::styled(
        format!("  {} in flight", batches.len()),
        theme::ACCENT,
    )];
    for batch in batches {
        let arrow = match batch.side {
            Side::Dynamics => "→ Dynamics",
            Side::Marketo => "→ Marketo",
        };
        let text = format!(
            "  #{} {} {arrow} {}",
            batch.number,
            batch.entity,
            text::count(batch.records)
        );
        spans.push(Span::raw(text));
    }
    Line::from(spans)
}
