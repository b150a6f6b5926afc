//! A box with a title on the left and a note on the right of its upper edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::line::put;
use crate::tui::{text, theme};

/// A box.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    title: String,
    note: String,
    focused: bool,
    raised: bool,
}

impl Panel {
    /// A box with a title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// With a note on the right of its upper edge.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With a heavy border: this is where the keys go.
    pub fn focused(mut self) -> Self {
        self.focused = true;
        self
    }

    /// Above everything else: what is under it is wiped.
    pub fn raised(mut self) -> Self {
        self.raised = true;
        self.focused = true;
        self
    }

    /// Draws it and returns the room inside, one blank column away from the border.
    pub fn draw(&self, buf: &mut Buffer, area: Rect) -> Rect {
        let area = area.intersection(buf.area);
        if area.width < 6 || area.height < 2 {
            return Rect::default();
        }
        if self.raised {
            split_wide(buf, area);
            Clear.render(area, buf);
        }
        let (kind, border) = if self.focused {
            (BorderType::Thick, theme::PLAIN)
        } else {
            (BorderType::Plain, theme::QUIET)
        };
        Block::bordered()
            .border_type(kind)
            .border_style(border)
            .render(area, buf);
        let room = area.width - 4;
        put(
            buf,
            (area.x + 2, area.y),
            room,
            &spaced(&self.title, room),
            theme::STRONG,
        );
        let used = text::width(&self.title) as u16 + 3;
        let left = room.saturating_sub(used);
        let wide = text::width(&self.note) as u16 + 2;
        if !self.note.is_empty() && wide <= left {
            let x = area.right() - 2 - wide;
            put(
                buf,
                (x, area.y),
                wide,
                &format!(" {} ", self.note),
                theme::PLAIN,
            );
        }
        Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width - 4,
            height: area.height - 2,
        }
    }
}

/// A wide character that the left border cuts in half would push the border aside: it goes.
fn split_wide(buf: &mut Buffer, area: Rect) {
    let Some(x) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.top()..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}

fn spaced(title: &str, room: u16) -> String {
    if title.is_empty() {
        return String::new();
    }
    format!(
        " {} ",
        text::fit(title, usize::from(room).saturating_sub(2))
    )
}

/// A box of at most this size in the middle of `area`.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
