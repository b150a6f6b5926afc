//! A question with choices, one a row, the safe one first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::button;
use crate::app::{Dialog, State};
use crate::tui::theme;
use crate::tui::widgets::{Panel, centred, line, lines, paragraph};

const WIDTH: u16 = 72;

fn body(dialog: &Dialog, width: u16) -> Vec<Line<'static>> {
    let paragraphs = dialog.body.iter();
    paragraphs
        .flat_map(|text| paragraph(text, width, theme::PLAIN))
        .collect()
}

/// The box, and in it the body's height: the choices always keep their rows.
fn areas(dialog: &Dialog, area: Rect) -> (Rect, u16) {
    let inside = WIDTH.min(area.width).saturating_sub(4);
    let wanted = body(dialog, inside).len() as u16;
    let choices = dialog.choices.len() as u16;
    let outer = centred(area, WIDTH, wanted + choices + 4);
    (outer, wanted.min(outer.height.saturating_sub(choices + 3)))
}

/// Where the choices are.
pub(super) fn choices(dialog: &Dialog, area: Rect) -> Vec<(Rect, usize)> {
    let (outer, body) = areas(dialog, area);
    let first = outer.y + 2 + body;
    let rows = (0..dialog.choices.len()).map(|at| {
        let row = Rect {
            x: outer.x + 2,
            y: first + at as u16,
            width: outer.width.saturating_sub(4),
            height: 1,
        };
        (row.intersection(outer), at)
    });
    rows.collect()
}

/// Draws it.
pub(super) fn draw(state: &State, dialog: &Dialog, buf: &mut Buffer, area: Rect) {
    let (outer, height) = areas(dialog, area);
    let place = if state.is_sandbox() {
        "SANDBOX"
    } else {
        &state.snapshot.profile
    };
    let inner = Panel::new(dialog.title.clone())
        .note(place)
        .raised()
        .draw(buf, outer);
    let text = Rect {
        height: height.min(inner.height),
        ..inner
    };
    let mut content = body(dialog, inner.width);
    if content.len() > usize::from(text.height) {
        content.truncate(usize::from(text.height).saturating_sub(1));
        content.push(Line::raw("…"));
    }
    lines(buf, text, content);
    for ((row, at), choice) in choices(dialog, area).into_iter().zip(&dialog.choices) {
        line(buf, row, &button(&choice.label, at == dialog.at));
    }
}
