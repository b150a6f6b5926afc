//! The help: every key of the pane, then those that work everywhere, straight from the registry.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Help, help_rows};
use crate::tui::widgets::{Panel, centred, lines};
use crate::tui::{text, theme};

/// Draws it.
pub(super) fn draw(help: &Help, buf: &mut Buffer, area: Rect) {
    let rows = help_rows(help.pane);
    let widest = rows
        .iter()
        .map(|(keys, _)| text::width(keys))
        .max()
        .unwrap_or(0);
    let outer = centred(area, 96, rows.len() as u16 + 3);
    let room = usize::from(outer.height.saturating_sub(2));
    let scroll = help.scroll.min(rows.len().saturating_sub(room));
    let below = rows.len().saturating_sub(scroll + room);
    let note = if below > 0 {
        format!("{below} more below")
    } else {
        String::new()
    };
    let panel = Panel::new(format!("Help: {}", help.pane.title()))
        .note(note)
        .raised();
    let inner = panel.draw(buf, outer);
    let shown = rows.into_iter().skip(scroll).map(|(keys, help)| {
        if keys.is_empty() {
            return Line::styled(help, theme::STRONG);
        }
        Line::from(vec![
            Span::styled(text::pad(&keys, widest + 2, false), theme::ACCENT),
            Span::raw(help),
        ])
    });
    lines(buf, inner, shown);
}
