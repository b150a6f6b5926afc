//! Mappings: one entity's fields of both sides, read-only.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Shape, arrow, dim_if_slow, load_note, policy_word, shape};
use crate::app::{MappingRow, State};
use crate::model::{FieldInfo, FieldKind, LengthUnit};
use crate::tui::widgets::{Cell, Column, Panel, Table, lines, paragraph};
use crate::tui::{text, theme};

const COLUMNS: [Column; 8] = [
    Column::new("", 1, 1),
    Column::new("Dynamics field", 14, 30),
    Column::new("Type", 10, 14).rank(2),
    Column::new("Way", 5, 5),
    Column::new("Marketo field", 14, 30),
    Column::new("Type", 10, 14).rank(3),
    Column::new("Who wins", 13, 16),
    Column::new("Writable", 8, 10).rank(1),
];

fn areas(area: Rect) -> (Rect, Rect) {
    match shape(area) {
        Shape::Wide => {
            let width = (u32::from(area.width) * 66 / 100) as u16;
            let detail = Rect {
                x: area.x + width,
                width: area.width - width,
                ..area
            };
            (Rect { width, ..area }, detail)
        }
        shape => {
            let wanted = if shape == Shape::Narrow { 7 } else { 10 };
            let height = area.height.saturating_sub(wanted.min(area.height / 2));
            let detail = Rect {
                y: area.y + height,
                height: area.height - height,
                ..area
            };
            (Rect { height, ..area }, detail)
        }
    }
}

/// Where the list is.
pub(super) fn list_area(area: Rect) -> Rect {
    areas(area).0
}

/// Draws the pane.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let (list_at, detail_at) = areas(area);
    list(state, buf, list_at);
    detail(state, buf, detail_at);
}

/// The entities to switch between, the shown one in brackets.
fn switcher(state: &State) -> String {
    let shown = state.panes.mappings.entity.as_ref();
    let names = state.snapshot.entities.iter().map(|row| {
        if Some(&row.entity) == shown {
            format!("[{}]", row.entity)
        } else {
            row.entity.to_string()
        }
    });
    names.collect::<Vec<_>>().join(" ")
}

fn list(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.mappings;
    let rows = pane.rows();
    let problems = rows.iter().filter(|row| !row.problems.is_empty()).count();
    let filter = if pane.filter.trim().is_empty() {
        String::new()
    } else {
        format!(" · /{}", pane.filter.trim())
    };
    let title = format!("Mapping of {}{filter}", switcher(state));
    let note = format!("{} fields, {problems} with problems, read-only", rows.len());
    let panel = Panel::new(title)
        .note(load_note(state, &pane.load, note))
        .focused();
    let inner = panel.draw(buf, area);
    if rows.is_empty() {
        let (text, style) = match &pane.load.error {
            Some(why) => (
                format!("! The mapping could not be read: {why}"),
                theme::BAD,
            ),
            None if pane.view.is_none() => ("Loading the mapping…".to_owned(), theme::QUIET),
            None if filter.is_empty() => ("No field is mapped.".to_owned(), theme::PLAIN),
            None => (
                "No field matches. Esc shows all again.".to_owned(),
                theme::PLAIN,
            ),
        };
        lines(buf, inner, paragraph(&text, inner.width, style));
        return;
    }
    Table::new(&COLUMNS, Some(pane.cursor.at())).draw(buf, inner, rows.len(), |at| {
        rows.get(at).map_or_else(Vec::new, |row| cells(row))
    });
    dim_if_slow(state, &pane.load, buf, inner);
}

fn cells(row: &MappingRow) -> Vec<Cell> {
    let mark = if row.problems.is_empty() { "" } else { "!" };
    let side = |name: &str, info: &Option<FieldInfo>| {
        let style = if info.is_some() {
            theme::PLAIN
        } else {
            theme::BAD
        };
        (name.to_owned(), style)
    };
    let policy = row.policy.map_or("as the entity", policy_word);
    vec![
        (mark.to_owned(), theme::WARN),
        side(&row.dynamics_name, &row.dynamics),
        (kind_of(row.dynamics.as_ref()), theme::PLAIN),
        (arrow(row.direction).to_owned(), theme::PLAIN),
        side(&row.marketo_name, &row.marketo),
        (kind_of(row.marketo.as_ref()), theme::PLAIN),
        (
            policy.to_owned(),
            if row.policy.is_some() {
                theme::PLAIN
            } else {
                theme::QUIET
            },
        ),
        (writable(row).to_owned(), theme::PLAIN),
    ]
}

fn writable(row: &MappingRow) -> &'static str {
    let can = |info: &Option<FieldInfo>| info.as_ref().is_some_and(|info| info.updatable);
    match (can(&row.dynamics), can(&row.marketo)) {
        (true, true) => "both",
        (true, false) => "Dynamics",
        (false, true) => "Marketo",
        (false, false) => "neither",
    }
}

/// A type with its length, in a word or two.
fn kind_of(info: Option<&FieldInfo>) -> String {
    let Some(info) = info else {
        return "missing".to_owned();
    };
    let word = kind_word(info.kind);
    match (info.max_length, info.precision) {
        (Some(length), _) => format!("{word} {length}"),
        (None, Some(digits)) => format!("{word} .{digits}"),
        (None, None) => word.to_owned(),
    }
}

fn kind_word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Memo => "memo",
        FieldKind::Email => "email",
        FieldKind::Phone => "phone",
        FieldKind::Url => "url",
        FieldKind::Integer => "integer",
        FieldKind::Decimal => "decimal",
        FieldKind::Boolean => "yes/no",
        FieldKind::Date => "date",
        FieldKind::DateTime => "date-time",
        FieldKind::WallClock => "wall clock",
        FieldKind::Option => "option",
        FieldKind::Options => "options",
        FieldKind::State => "state",
        FieldKind::Status => "status",
        FieldKind::Lookup => "lookup",
        FieldKind::Id => "id",
        FieldKind::Other => "other",
    }
}

fn detail(state: &State, buf: &mut Buffer, area: Rect) {
    let Some(row) = state.panes.mappings.selected() else {
        Panel::new("Field").draw(buf, area);
        return;
    };
    let inner = Panel::new(row.field.clone()).draw(buf, area);
    let mut content = Vec::new();
    for (name, api, info) in [
        ("Dynamics", &row.dynamics_name, &row.dynamics),
        ("Marketo", &row.marketo_name, &row.marketo),
    ] {
        content.extend(side_lines(name, api, info.as_ref(), inner.width));
    }
    if row.problems.is_empty() {
        content.push(Line::from(Span::styled("✓ no problems", theme::GOOD)));
    }
    for problem in &row.problems {
        content.extend(paragraph(&format!("! {problem}"), inner.width, theme::WARN));
    }
    content.extend(paragraph(
        "Read-only here: mappings are changed in the configuration.",
        inner.width,
        theme::QUIET,
    ));
    lines(buf, inner, content);
}

/// A side's name before what it says, the columns it takes.
const NAMED: usize = 10;

fn side_lines(name: &str, api: &str, info: Option<&FieldInfo>, width: u16) -> Vec<Line<'static>> {
    let text = match info {
        None => format!("{api}: not there"),
        Some(info) => format!("{api} “{}”, {}", info.label, properties(info)),
    };
    let wrapped = paragraph(&text, width.saturating_sub(NAMED as u16), theme::PLAIN);
    let named = wrapped.into_iter().enumerate().map(|(at, line)| {
        let name = if at == 0 { name } else { "" };
        let mut spans = vec![Span::styled(text::pad(name, NAMED, false), theme::QUIET)];
        spans.extend(line.spans);
        Line::from(spans)
    });
    named.collect()
}

/// Everything a side says about a field, in words.
fn properties(info: &FieldInfo) -> String {
    let unit = match info.length_unit {
        _ if info.max_length.is_none() => "",
        LengthUnit::Utf16 => " UTF-16 units",
        LengthUnit::Chars => " characters",
        LengthUnit::Bytes => " bytes",
    };
    let access = match (info.creatable, info.updatable) {
        (true, true) => "writable",
        (true, false) => "only when created",
        (false, true) => "only updates",
        (false, false) => "read-only",
    };
    let mut parts = vec![format!("{}{unit}", kind_of(Some(info))), access.to_owned()];
    if info.required {
        parts.push("required".to_owned());
    }
    if !info.options.is_empty() {
        let labels: Vec<&str> = info
            .options
            .iter()
            .map(|item| item.label.as_str())
            .collect();
        parts.push(format!("one of: {}", labels.join(", ")));
    }
    parts.join(", ")
}
