//! Text fields: a typed value, a list's filter.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::field;
use crate::app::{Edit, Filter, State};
use crate::tui::theme;
use crate::tui::widgets::{Panel, centred, line, lines};

/// Draws the editor of a value, with both sides' values above it.
pub(super) fn edit(state: &State, edit: &Edit, buf: &mut Buffer, area: Rect) {
    let outer = centred(area, 72, 9);
    let inner = Panel::new(edit.title.clone())
        .note("typed value")
        .raised()
        .draw(buf, outer);
    if inner.height < 5 {
        return;
    }
    let mut above = vec![Line::default(), Line::default()];
    if let Some(conflict) = state.panes.conflicts.selected() {
        let named = |name: &'static str, value: String| {
            Line::from(vec![Span::styled(name, theme::QUIET), Span::raw(value)])
        };
        above = vec![
            named("Dynamics  ", conflict.dynamics.to_string()),
            named("Marketo   ", conflict.marketo.to_string()),
        ];
    }
    lines(buf, inner, above);
    let row = |at: u16| Rect {
        y: inner.y + at,
        height: 1,
        ..inner
    };
    line(buf, row(3), &Line::styled("Value", theme::STRONG));
    let typed = Rect {
        x: inner.x + 10,
        width: inner.width.saturating_sub(10),
        ..row(3)
    };
    field(buf, typed, &edit.input);
    let (note, style) = match &edit.error {
        Some(why) => (format!("! {why}"), theme::BAD),
        None => (edit.expects.to_owned(), theme::QUIET),
    };
    line(buf, row(4), &Line::styled(note, style));
    if inner.height > 6 {
        line(
            buf,
            row(6),
            &Line::styled(
                "It is written to both sides; u takes it back until it is applied.",
                theme::QUIET,
            ),
        );
    }
}

/// Draws the filter, at the lower edge so that the list stays in view.
pub(super) fn filter(filter: &Filter, buf: &mut Buffer, area: Rect) {
    let height = 3.min(area.height);
    let outer = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    let inner = Panel::new("Filter")
        .note("words, entity:lead, field:phone")
        .raised()
        .draw(buf, outer);
    line(buf, inner, &Line::styled("/", theme::ACCENT));
    let typed = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(2),
        height: inner.height.min(1),
        ..inner
    };
    field(buf, typed, &filter.input);
}
