//! Lists to pick from: menus and the command palette.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::field;
use crate::app::{Menu, Palette, State, hits};
use crate::tui::widgets::{Panel, centred, line, spread, visible};
use crate::tui::{text, theme};

const MENU_LEAST: u16 = 40;
const MENU_MOST: u16 = 100;
const PALETTE_WIDTH: u16 = 76;
const PALETTE_ROWS: u16 = 14;

fn menu_box(menu: &Menu, area: Rect) -> Rect {
    let detail = menu.rows.iter().map(|row| text::width(&row.detail));
    let wanted = label_width(menu) + detail.max().unwrap_or(0) + 8;
    let height = menu.rows.len().clamp(1, 20) as u16 + 2;
    centred(area, (wanted as u16).clamp(MENU_LEAST, MENU_MOST), height)
}

fn label_width(menu: &Menu) -> usize {
    let labels = menu.rows.iter().map(|row| text::width(&row.label));
    labels.max().unwrap_or(0).min(30)
}

fn inside(outer: Rect, above: u16) -> Rect {
    Rect {
        x: outer.x + 2,
        y: outer.y + 1 + above,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2 + above),
    }
}

fn rows_of(list: Rect, count: usize, at: usize) -> Vec<(Rect, usize)> {
    let shown = visible(list, count, at);
    list.rows().zip(shown).collect()
}

/// Where a menu's rows are.
pub(super) fn menu_choices(menu: &Menu, area: Rect) -> Vec<(Rect, usize)> {
    rows_of(inside(menu_box(menu, area), 0), menu.rows.len(), menu.at)
}

/// Draws a menu.
pub(super) fn menu(menu: &Menu, buf: &mut Buffer, area: Rect) {
    let inner = Panel::new(menu.title.clone())
        .raised()
        .draw(buf, menu_box(menu, area));
    if menu.awaits.is_some() {
        line(buf, inner, &Line::styled("loading…", theme::QUIET));
        return;
    }
    let widest = label_width(menu);
    for (row, at) in menu_choices(menu, area) {
        let Some(item) = menu.rows.get(at) else {
            continue;
        };
        let mark = if at == menu.at { ">" } else { " " };
        let content = Line::from(vec![
            Span::styled(
                format!("{mark} {}  ", text::pad(&item.label, widest, false)),
                theme::STRONG,
            ),
            Span::raw(item.detail.clone()),
        ]);
        line(buf, row, &content);
        if at == menu.at {
            buf.set_style(row.intersection(buf.area), theme::CURSOR);
        }
    }
}

fn palette_box(area: Rect) -> Rect {
    centred(area, PALETTE_WIDTH, PALETTE_ROWS + 4)
}

/// Where the palette's rows are.
pub(super) fn palette_choices(state: &State, palette: &Palette, area: Rect) -> Vec<(Rect, usize)> {
    rows_of(
        inside(palette_box(area), 2),
        hits(state, palette).len(),
        palette.at,
    )
}

/// Draws the palette.
pub(super) fn palette(state: &State, palette: &Palette, buf: &mut Buffer, area: Rect) {
    let inner = Panel::new("Commands").raised().draw(buf, palette_box(area));
    let prompt = Rect {
        height: inner.height.min(1),
        ..inner
    };
    line(buf, prompt, &Line::styled(":", theme::ACCENT));
    let typed = Rect {
        x: prompt.x + 2,
        width: prompt.width.saturating_sub(2),
        ..prompt
    };
    field(buf, typed, &palette.input);
    let found = hits(state, palette);
    if found.is_empty() {
        let row = Rect {
            y: inner.y + 2,
            height: 1,
            ..inner
        }
        .intersection(inner);
        line(buf, row, &Line::styled("no command matches", theme::QUIET));
    }
    for (row, at) in palette_choices(state, palette, area) {
        let Some((def, why)) = found.get(at) else {
            continue;
        };
        let mark = if at == palette.at { ">" } else { " " };
        let style = if why.is_some() {
            theme::QUIET
        } else {
            theme::PLAIN
        };
        let mut left = vec![Span::styled(format!("{mark} {}", def.title), style)];
        if let Some(why) = why {
            left.push(Span::styled(format!("  ({why})"), style));
        }
        let right = Line::from(Span::styled(def.label(), theme::ACCENT));
        spread(buf, row, &Line::from(left), &right);
        if at == palette.at {
            buf.set_style(row.intersection(buf.area), theme::CURSOR);
        }
    }
}
