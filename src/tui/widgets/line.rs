//! Lines of styled text, cleaned and cut to the room there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::{text, theme};

/// Draws text in one row of at most `columns`.
pub fn put(buf: &mut Buffer, (x, y): (u16, u16), columns: u16, content: &str, style: Style) {
    let inside = buf.area;
    if y >= inside.bottom() || x >= inside.right() || columns == 0 {
        return;
    }
    let columns = columns.min(inside.right() - x);
    let content = text::fit(content, usize::from(columns));
    buf.set_stringn(x, y, content, usize::from(columns), style);
}

/// Draws a line in the first row of `area`; what does not fit shows as `…`.
pub fn line(buf: &mut Buffer, area: Rect, content: &Line) {
    if area.height == 0 {
        return;
    }
    let total: usize = content
        .spans
        .iter()
        .map(|span| text::width(&span.content))
        .sum();
    let mut room = usize::from(area.width);
    let cut = total > room;
    let mut x = area.x;
    for span in &content.spans {
        let wide = text::width(&span.content);
        let style = content.style.patch(span.style);
        // A span that just fits must still leave a column for the mark when more follows.
        let shown = if cut && wide >= room {
            text::fit(&format!("{} ……", span.content), room)
        } else {
            text::fit(&span.content, room)
        };
        let used = text::width(&shown);
        put(buf, (x, area.y), used as u16, &shown, style);
        x += used as u16;
        room -= used.min(room);
        if room == 0 {
            return;
        }
    }
}

/// Draws lines from the top of `area`; where not all fit, the last row ends with `…`.
pub fn lines<'a>(buf: &mut Buffer, area: Rect, content: impl IntoIterator<Item = Line<'a>>) {
    let mut content = content.into_iter();
    for (row, content) in area.rows().zip(content.by_ref()) {
        line(buf, row, &content);
    }
    if content.next().is_some() && area.width > 2 && area.height > 0 {
        put(
            buf,
            (area.right() - 2, area.bottom() - 1),
            2,
            " …",
            theme::PLAIN,
        );
    }
}

/// Draws two lines in one row, one from the left, one up to the right edge; the right one wins the room.
pub fn spread(buf: &mut Buffer, area: Rect, left: &Line, right: &Line) {
    let wanted: usize = right
        .spans
        .iter()
        .map(|span| text::width(&span.content))
        .sum();
    let wanted = (wanted as u16).min(area.width);
    let at = area.right() - wanted;
    let gap = u16::from(wanted > 0);
    let width = area.width.saturating_sub(wanted + gap);
    line(buf, Rect { width, ..area }, left);
    line(
        buf,
        Rect {
            x: at,
            width: wanted,
            ..area
        },
        right,
    );
}

/// Text in lines of at most `columns`, all in one style.
pub fn paragraph(content: &str, columns: u16, style: Style) -> Vec<Line<'static>> {
    let lines = text::wrap(content, usize::from(columns));
    lines
        .into_iter()
        .map(|line| Line::from(Span::styled(line, style)))
        .collect()
}
