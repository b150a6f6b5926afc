//! What the admin sees: pictures of every pane and dialog, every size, real escape codes.

mod clicks;
mod escapes;
mod screens;
mod sizes;
mod untrusted;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use syncdeck::app::State;

/// The state drawn at its own size.
pub fn picture(state: &State) -> Buffer {
    let (width, height) = (state.size.width, state.size.height);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    syncdeck::tui::draw(state, &mut buffer);
    buffer
}

/// The rows as text, without the blanks at their ends. A wide character takes two columns.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y: u16| {
        let (mut text, mut x) = (String::new(), 0);
        while x < area.width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += 1 + u16::from(unicode_width::UnicodeWidthStr::width(symbol) > 1);
        }
        text.trim_end().to_owned()
    };
    (0..area.height).map(row).collect()
}

/// The rows, then a line for each run of cells that is not plain: `row:from..to style`.
pub fn dump(buffer: &Buffer) -> String {
    let mut out = rows(buffer);
    out.push("---".to_owned());
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let from = x;
            while x < buffer.area.width && buffer[(x, y)].style() == style {
                x += 1;
            }
            if let Some(words) = words(style) {
                out.push(format!("{y}:{from}..{x} {words}"));
            }
        }
    }
    out.join("\n")
}

fn words(style: Style) -> Option<String> {
    let mut words = Vec::new();
    if let Some(color) = style.fg.filter(|color| *color != Color::Reset) {
        words.push(format!("{color:?}"));
    }
    if let Some(color) = style.bg.filter(|color| *color != Color::Reset) {
        words.push(format!("on {color:?}"));
    }
    if style.add_modifier != Modifier::empty() {
        words.push(format!("{:?}", style.add_modifier));
    }
    (!words.is_empty()).then(|| words.join(" "))
}
