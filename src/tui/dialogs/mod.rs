//! What the dialogs look like; `app/overlay/` decides.

mod edit;
mod help;
mod list;
mod question;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::Input;

use super::theme;
use super::widgets::put;
use crate::app::{Overlay, State};

/// Draws the dialog on top, if any; those under it are not drawn.
pub fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    match state.overlays.last() {
        None => {}
        Some(Overlay::Help(help)) => help::draw(help, buf, area),
        Some(Overlay::Palette(palette)) => list::palette(state, palette, buf, area),
        Some(Overlay::Menu(menu)) => list::menu(menu, buf, area),
        Some(Overlay::Dialog(dialog)) => question::draw(state, dialog, buf, area),
        Some(Overlay::Edit(edit)) => edit::edit(state, edit, buf, area),
        Some(Overlay::Filter(filter)) => edit::filter(filter, buf, area),
    }
}

/// Where the choices of the dialog on top are, one rectangle each, with its index.
pub fn choices(state: &State, area: Rect) -> Vec<(Rect, usize)> {
    match state.overlays.last() {
        Some(Overlay::Palette(palette)) => list::palette_choices(state, palette, area),
        Some(Overlay::Menu(menu)) => list::menu_choices(menu, area),
        Some(Overlay::Dialog(dialog)) => question::choices(dialog, area),
        _ => Vec::new(),
    }
}

/// Draws a text field over all of `area`, with its cursor; scrolled so that the cursor is in view.
fn field(buf: &mut Buffer, area: Rect, input: &Input) {
    if area.width < 2 || area.height == 0 {
        return;
    }
    let room = usize::from(area.width) - 1;
    let typed: Vec<char> = input.value().chars().collect();
    let at = input.cursor().min(typed.len());
    // Scrolled by characters until what lies before the cursor fits.
    let mut first = 0;
    let wide = |from: usize| super::text::width(&typed[from..at].iter().collect::<String>());
    while wide(first) > room && first < at {
        first += 1;
    }
    let shown: String = typed[first..].iter().collect();
    buf.set_style(area, theme::FIELD);
    put(buf, (area.x, area.y), area.width, &shown, theme::FIELD);
    let x = area.x + wide(first) as u16;
    if x < area.right() {
        buf.set_style(
            Rect {
                x,
                width: 1,
                ..area
            },
            theme::CURSOR,
        );
    }
}

/// A button; the chosen one stands out by its mark and in reverse.
fn button(label: &str, chosen: bool) -> Line<'static> {
    if chosen {
        Line::from(Span::styled(format!(" > {label} "), theme::PLACE))
    } else {
        Line::from(Span::raw(format!("   {label} ")))
    }
}
