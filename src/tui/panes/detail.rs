//! The three-way view of a conflict: Base | Dynamics | Marketo → Result, always in this order, then the full values.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::conflicts::{result, shown, status};
use super::progress::age;
use crate::app::{State, group};
use crate::model::{Conflict, ConflictKind, ConflictStatus, Side};
use crate::tui::widgets::{Cell, Column, Mark, Panel, Table, lines, paragraph};
use crate::tui::{text, theme};

const COLUMNS: [Column; 6] = [
    Column::new("", 1, 1),
    Column::new("Field", 8, 20),
    Column::new("Base", 10, 34),
    Column::new("Dynamics", 10, 34),
    Column::new("Marketo", 10, 34),
    Column::new("→ Result", 10, 34),
];

/// Draws the conflict, among those of the same record.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect, conflict: &Conflict) {
    let panel = Panel::new(format!("{}  {}", conflict.label, conflict.entity));
    let place = format!(
        "{} of {}",
        state.panes.conflicts.cursor.at() + 1,
        state.panes.conflicts.total
    );
    let inner = panel.note(place).draw(buf, area);
    if inner.height < 2 {
        return;
    }
    let rows = group(&state.panes.conflicts.rows, conflict);
    let at = rows.iter().position(|row| row.id == conflict.id);
    let height = (rows.len() as u16 + 1).min(inner.height / 3).max(2);
    let table = Rect { height, ..inner };
    let mut drawn = Table::new(&COLUMNS, at);
    drawn.mark = if rows.len() > 1 {
        Mark::First
    } else {
        Mark::Glyph
    };
    drawn.draw(buf, table, rows.len(), |at| {
        rows.get(at).map_or_else(Vec::new, |row| cells(state, row))
    });
    let rest = Rect {
        y: table.bottom(),
        height: inner.bottom() - table.bottom(),
        ..inner
    };
    let mut content = Vec::new();
    // A blank line and the details need room; where there is little, the values come first.
    if rest.height > 8 {
        content.push(Line::default());
    }
    content.extend(values(state, conflict, rest.width));
    content.extend(facts(state, conflict, rest.width, rest.height > 8));
    lines(buf, rest, content);
}

fn cells(state: &State, row: &Conflict) -> Vec<Cell> {
    let (letter, value) = result(state, row);
    let base = row
        .base
        .as_ref()
        .map_or_else(|| "(not known)".to_owned(), |base| shown(&base.to_string()));
    let field = if row.field.is_empty() {
        "whole record"
    } else {
        &row.field
    };
    let decided = value.is_some();
    vec![
        (
            letter.to_string(),
            if decided { theme::STRONG } else { theme::WARN },
        ),
        (field.to_owned(), theme::STRONG),
        (base, theme::PLAIN),
        (
            shown(&row.dynamics.to_string()),
            theme::side(Side::Dynamics),
        ),
        (shown(&row.marketo.to_string()), theme::side(Side::Marketo)),
        (
            value.unwrap_or_else(|| "choose".to_owned()),
            if decided { theme::STRONG } else { theme::WARN },
        ),
    ]
}

const NAMED: usize = 10;

fn fact(name: &str, content: &str, width: u16, style: Style) -> Vec<Line<'static>> {
    let wrapped = paragraph(content, width.saturating_sub(NAMED as u16), style);
    let named = wrapped.into_iter().enumerate().map(|(at, line)| {
        let name = if at == 0 { name } else { "" };
        let mut spans = vec![Span::styled(text::pad(name, NAMED, false), theme::QUIET)];
        spans.extend(line.spans);
        Line::from(spans)
    });
    named.collect()
}

/// The four values in full.
fn values(state: &State, conflict: &Conflict, width: u16) -> Vec<Line<'static>> {
    let base = conflict.base.as_ref().map_or_else(
        || "(not known: both sides count as changed)".to_owned(),
        |base| shown(&base.to_string()),
    );
    let (letter, decided) = result(state, conflict);
    let result = match (letter, decided) {
        ('D', Some(value)) => format!("{value}  (Dynamics)"),
        ('M', Some(value)) => format!("{value}  (Marketo)"),
        (_, Some(value)) => format!("{value}  (typed)"),
        (_, None) if conflict.status == ConflictStatus::Pending => {
            "← takes Dynamics, → takes Marketo, e types a value".to_owned()
        }
        (_, None) => "(nothing was decided)".to_owned(),
    };
    let mut content = fact("Base", &base, width, theme::PLAIN);
    content.extend(fact(
        "Dynamics",
        &shown(&conflict.dynamics.to_string()),
        width,
        theme::side(Side::Dynamics),
    ));
    content.extend(fact(
        "Marketo",
        &shown(&conflict.marketo.to_string()),
        width,
        theme::side(Side::Marketo),
    ));
    let style = if letter == '?' {
        theme::WARN
    } else {
        theme::STRONG
    };
    content.extend(fact("Result", &result, width, style));
    content
}

/// Who it is, what kind, since when, who decided, and what else is known.
fn facts(state: &State, conflict: &Conflict, width: u16, roomy: bool) -> Vec<Line<'static>> {
    let local = |at: chrono::DateTime<chrono::Utc>| {
        at.with_timezone(&state.session.offset)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string()
    };
    let mut content = Vec::new();
    if roomy {
        content.push(Line::default());
    }
    let (word, style) = status(state, conflict);
    let since = format!(
        "{word}, found {} ({} ago)",
        local(conflict.detected),
        age(state.now, conflict.detected)
    );
    content.extend(fact("Status", &since, width, style));
    let mut hint = kind_words(conflict.kind).to_owned();
    if only_form(conflict) {
        hint.push_str("; the two differ only in case, blanks or punctuation");
    }
    content.extend(fact("Kind", &hint, width, theme::PLAIN));
    if !conflict.note.is_empty() {
        content.extend(fact("Note", &conflict.note, width, theme::PLAIN));
    }
    if let Some(resolution) = &conflict.resolution {
        let text = format!("by {} at {}", resolution.by, local(resolution.at));
        content.extend(fact("Decided", &text, width, theme::PLAIN));
    }
    let ids = [
        conflict.dynamics_id.map(|id| format!("Dynamics {id}")),
        conflict.marketo_id.map(|id| format!("Marketo {id}")),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    if !ids.is_empty() {
        content.extend(fact("Record", &ids.join(" · "), width, theme::PLAIN));
    }
    content.extend(fact(
        "Conflict",
        &format!("#{}", conflict.id),
        width,
        theme::QUIET,
    ));
    content
}

fn kind_words(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::Field => "both sides changed this field",
        ConflictKind::DeleteEdit => "deleted on one side, edited on the other",
        ConflictKind::AmbiguousMatch => "more than one record matches",
        ConflictKind::TwoRows => "two Dynamics rows are one Marketo person",
        ConflictKind::Overwritten => "a write of ours replaced a value somebody had just set",
        ConflictKind::SplitMerge => "linked records were merged on one side only",
        ConflictKind::KeyClash => "another record holds this unique key",
        ConflictKind::Oscillation => "two automations keep changing this field",
        ConflictKind::Edit => "a value typed for a field that was refused",
        ConflictKind::Undo => "a decision is being taken back",
        ConflictKind::Rollback => "what a cycle wrote is being taken back",
    }
}

/// Whether the two values hold the same letters and digits.
fn only_form(conflict: &Conflict) -> bool {
    let essence = |text: String| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (dynamics, marketo) = (
        essence(conflict.dynamics.to_string()),
        essence(conflict.marketo.to_string()),
    );
    conflict.kind == ConflictKind::Field && !dynamics.is_empty() && dynamics == marketo
}
