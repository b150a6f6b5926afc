//! Entities: direction and policy, with what is drafted and what it means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{arrow_long, policy_word};
use crate::app::{Cell as Setting, Entities, EntityStatus, State};
use crate::tui::widgets::{Cell, Column, Mark, Panel, Table, lines, paragraph, visible};
use crate::tui::{text, theme};

const COLUMNS: [Column; 7] = [
    Column::new("Entity", 10, 24),
    Column::new("Direction", 22, 26),
    Column::new("Who wins", 18, 22),
    Column::number("Links", 6).rank(2),
    Column::number("Backlog", 7).rank(1),
    Column::number("Conf", 4).rank(3),
    Column::number("Fail", 4).rank(4),
];

fn areas(state: &State, area: Rect) -> (Rect, Rect) {
    let most = area.height.saturating_sub(9.min(area.height / 2));
    let height = (state.snapshot.entities.len() as u16 + 5).clamp(3, most.max(3));
    let detail = Rect {
        y: area.y + height,
        height: area.height.saturating_sub(height),
        ..area
    };
    (Rect { height, ..area }, detail)
}

/// Where the list is.
pub(super) fn list_area(state: &State, area: Rect) -> Rect {
    areas(state, area).0
}

/// Draws the pane.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let (list_at, detail_at) = areas(state, area);
    list(state, buf, list_at);
    detail(state, buf, detail_at);
}

fn list(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.entities;
    let rows = &state.snapshot.entities;
    let note = match pane.draft.len() {
        0 => "as in force".to_owned(),
        1 => "~ 1 drafted change, S reviews it".to_owned(),
        count => format!("~ {count} drafted changes, S reviews them"),
    };
    let inner = Panel::new("Entities: direction and policy")
        .note(note)
        .focused()
        .draw(buf, area);
    let mut table = Table::new(&COLUMNS, Some(pane.cursor.at()));
    table.mark = Mark::Glyph;
    table.draw(buf, inner, rows.len(), |at| {
        rows.get(at).map_or_else(Vec::new, |row| cells(pane, row))
    });
    cell_cursor(state, buf, inner, &table);
}

/// Shows which cell the keys change.
fn cell_cursor(state: &State, buf: &mut Buffer, inner: Rect, table: &Table) {
    let pane = &state.panes.entities;
    let (at, column) = (
        pane.cursor.at(),
        if pane.cell == Setting::Direction {
            1
        } else {
            2
        },
    );
    let body = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let shown = visible(body, state.snapshot.entities.len(), at);
    let widths = table.widths(inner.width.saturating_sub(2));
    let before: u16 = widths[..column]
        .iter()
        .flatten()
        .map(|width| width + 1)
        .sum();
    let width = widths[column].unwrap_or(0);
    if shown.contains(&at) {
        let cell = Rect {
            x: inner.x + 2 + before,
            y: body.y + (at - shown.start) as u16,
            width,
            height: 1,
        };
        buf.set_style(cell.intersection(inner), theme::CURSOR);
    }
}

fn drafted(text: &str, changed: bool) -> (String, Style) {
    if changed {
        (format!("~ {text}"), theme::WARN.patch(theme::STRONG))
    } else {
        (format!("  {text}"), theme::PLAIN)
    }
}

fn cells(pane: &Entities, row: &EntityStatus) -> Vec<Cell> {
    let (direction, policy) = (pane.direction(row), pane.policy(row));
    vec![
        (row.entity.to_string(), theme::STRONG),
        drafted(arrow_long(direction), direction != row.direction),
        drafted(policy_word(policy), policy != row.policy),
        (text::count(row.links), theme::PLAIN),
        (text::count(row.backlog), theme::PLAIN),
        (text::count(row.conflicts), theme::PLAIN),
        (text::count(row.failures), theme::PLAIN),
    ]
}

fn detail(state: &State, buf: &mut Buffer, area: Rect) {
    let pane = &state.panes.entities;
    let key = pane.cursor.key();
    let Some(row) = state
        .snapshot
        .entities
        .iter()
        .find(|row| Some(&row.entity) == key)
    else {
        Panel::new("Entity").draw(buf, area);
        return;
    };
    let inner = Panel::new(row.entity.to_string()).draw(buf, area);
    let (direction, policy) = (pane.direction(row), pane.policy(row));
    let mut content = Vec::new();
    let mut setting = |name: &str, word: &str, means: &str, was: Option<&str>| {
        let was = was.map_or_else(String::new, |was| format!("  (in force: {was})"));
        content.push(Line::from(vec![
            Span::styled(format!("{name:<11}"), theme::QUIET),
            Span::styled(word.to_owned(), theme::STRONG),
            Span::styled(was, theme::WARN),
        ]));
        content.extend(paragraph(
            &format!("           {means}"),
            inner.width,
            theme::PLAIN,
        ));
    };
    let was = (direction != row.direction).then(|| arrow_long(row.direction));
    setting(
        "Direction",
        arrow_long(direction),
        Entities::explain_direction(direction),
        was,
    );
    let was = (policy != row.policy).then(|| policy_word(row.policy));
    setting(
        "Policy",
        policy_word(policy),
        Entities::explain_policy(policy, &row.entity),
        was,
    );
    content.extend(paragraph(
        "Changes are a draft until S applies them; obeyed from the next cycle on.",
        inner.width,
        theme::QUIET,
    ));
    lines(buf, inner, content);
}
