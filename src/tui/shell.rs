//! The frame around every pane: tabs, state line, banner, message row, footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::widgets::{line, put};
use super::{dialogs, header, panes, text, theme};
use crate::app::{Pane, State, footer};

/// Smaller than this, only the status card is drawn.
pub const LEAST: (u16, u16) = (60, 16);

/// Where things are.
#[derive(Debug, Clone, Copy)]
pub struct Areas {
    /// Tabs.
    pub tabs: Rect,
    /// The engine's state.
    pub status: Rect,
    /// Why nothing is written; empty when all is well.
    pub banner: Rect,
    /// The pane.
    pub body: Rect,
    /// The newest message.
    pub message: Rect,
    /// The keys.
    pub footer: Rect,
}

/// Divides the screen.
pub fn areas(state: &State, screen: Rect) -> Areas {
    let row = |y: u16, height: u16| {
        Rect {
            y,
            height,
            ..screen
        }
        .intersection(screen)
    };
    let banner = header::banner(state, screen.width).len() as u16;
    let (top, bottom) = (screen.y + 2 + banner, screen.bottom());
    Areas {
        tabs: row(screen.y, 1),
        status: row(screen.y + 1, 1),
        banner: row(screen.y + 2, banner),
        body: row(top, bottom.saturating_sub(2 + top)),
        message: row(bottom.saturating_sub(2), 1),
        footer: row(bottom.saturating_sub(1), 1),
    }
}

/// Draws everything.
pub fn draw(state: &State, buf: &mut Buffer) {
    let screen = buf.area;
    if screen.width == 0 || screen.height == 0 {
        return;
    }
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        card(state, buf);
        return;
    }
    let areas = areas(state, screen);
    tabs(state, buf, areas.tabs);
    header::status(state, buf, areas.status);
    for (row, content) in areas.banner.rows().zip(header::banner(state, screen.width)) {
        line(buf, row, &content);
    }
    panes::draw(state, buf, areas.body);
    message(state, buf, areas.message);
    keys(state, buf, areas.footer);
    dialogs::draw(state, buf, areas.body);
}

/// Where each tab is, with its text.
pub fn tab_texts(state: &State, area: Rect) -> Vec<(Pane, Rect, String)> {
    let build = |short: bool| {
        let mut x = area.x;
        let mut tabs = Vec::new();
        for pane in Pane::ALL {
            let title = if short { pane.short() } else { pane.title() };
            let badge = match pane {
                Pane::Conflicts if state.snapshot.conflicts > 0 => {
                    format!(" {}", text::count(state.snapshot.conflicts))
                }
                Pane::Failures if state.snapshot.failures > 0 => {
                    format!(" {}", text::count(state.snapshot.failures))
                }
                Pane::Entities if !state.panes.entities.draft.is_empty() => " ~".to_owned(),
                _ => String::new(),
            };
            let label = format!(" {} {title}{badge} ", pane.number());
            let width = text::width(&label) as u16;
            tabs.push((pane, Rect { x, width, ..area }, label));
            x += width + 1;
        }
        tabs
    };
    let tabs = build(false);
    let end = tabs.last().map_or(0, |(_, at, _)| at.right());
    let room = area
        .right()
        .saturating_sub(text::width(&place(state)) as u16 + 1);
    if end <= room { tabs } else { build(true) }
}

fn place(state: &State) -> String {
    if state.is_sandbox() {
        " SANDBOX ".to_owned()
    } else {
        format!(" {} ", text::fit(&state.snapshot.profile, 24))
    }
}

fn tabs(state: &State, buf: &mut Buffer, area: Rect) {
    for (pane, at, label) in tab_texts(state, area) {
        let style = if pane == state.pane {
            theme::PLACE
        } else {
            theme::PLAIN
        };
        put(buf, (at.x, at.y), at.width, &label, style);
    }
    if state.snapshot.profile.is_empty() {
        return;
    }
    let place = place(state);
    let width = text::width(&place) as u16;
    let style = if state.is_sandbox() {
        theme::WARN.patch(theme::PLACE)
    } else {
        theme::STRONG
    };
    put(
        buf,
        (area.right().saturating_sub(width), area.y),
        width,
        &place,
        style,
    );
}

fn message(state: &State, buf: &mut Buffer, area: Rect) {
    if let Some(toast) = state.toasts.newest() {
        let (glyph, style) = theme::tone(toast.tone);
        let content = Line::from(vec![Span::raw(format!(" {glyph} {}", toast.text))]).style(style);
        line(buf, area, &content);
    }
}

/// The footer: as many hints as fit; commands, help and quit keep their place.
fn keys(state: &State, buf: &mut Buffer, area: Rect) {
    let hints: Vec<(String, &str)> = match state.overlays.last() {
        Some(overlay) => {
            let hints = overlay.hints().iter();
            hints
                .map(|(key, word)| ((*key).to_owned(), *word))
                .collect()
        }
        None => footer(state),
    };
    let hints = fitting(hints, area.width.saturating_sub(2));
    let mut spans = vec![Span::raw(" ")];
    for (key, word) in hints {
        spans.push(Span::styled(key, theme::ACCENT.patch(theme::STRONG)));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    if let Some(last) = spans.last_mut() {
        last.content = last.content.trim_end().to_owned().into();
    }
    line(buf, area, &Line::from(spans));
}

/// Drops hints until the rest fits: those before the last three first, from the right.
fn fitting(mut hints: Vec<(String, &str)>, width: u16) -> Vec<(String, &str)> {
    let wide = |hints: &[(String, &str)]| {
        let each = hints
            .iter()
            .map(|(key, word)| text::width(key) + text::width(word) + 3);
        each.sum::<usize>().saturating_sub(2)
    };
    while wide(&hints) > usize::from(width) && hints.len() > 3 {
        hints.remove(hints.len() - 4);
    }
    hints
}

/// What is drawn when there is no room for more; the sync goes on.
fn card(state: &State, buf: &mut Buffer) {
    let screen = buf.area;
    let snapshot = &state.snapshot;
    let sandbox = if state.is_sandbox() { "SANDBOX  " } else { "" };
    let rows = [
        Line::from(header::summary(state)),
        Line::raw(format!(
            " {sandbox}{} conflicts  {} failures",
            text::count(snapshot.conflicts),
            text::count(snapshot.failures)
        )),
        Line::raw(format!(
            " Window too small: {}x{}, needed {}x{}.",
            screen.width, screen.height, LEAST.0, LEAST.1
        )),
        Line::raw(" The sync keeps running. q quit"),
    ];
    super::widgets::lines(buf, screen, rows);
}
