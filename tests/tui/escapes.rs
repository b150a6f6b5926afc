//! Real escape codes: what a terminal would receive.

use std::io::{self, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use syncdeck::tui::Painter;

use super::{picture, rows};
use crate::app::desk::Desk;
use crate::app::fake::{idle, writing};

/// A terminal's end of the line: every write by itself.
#[derive(Clone, Default)]
struct Line(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Line {
    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

#[test]
fn a_frame_is_one_synchronized_write_that_draws_the_picture() {
    let mut desk = Desk::new(120, 40, writing());
    let line = Line::default();
    let mut painter = Painter::new(line.clone(), Some((120, 40))).unwrap();
    let mut screen = vt100::Parser::new(size(40), size(120), 0);
    for keys in ["1", "2", "down down space", "?", "esc 3", "4 space S"] {
        desk.press(keys);
        painter.paint(&desk.state).unwrap();
        let writes = line.take();
        assert_eq!(writes.len(), 1, "{keys}");
        assert!(writes[0].starts_with(b"\x1b[?2026h") && writes[0].ends_with(b"\x1b[?2026l"));
        screen.process(&writes[0]);
        let shown: Vec<String> = screen
            .screen()
            .rows(0, 120)
            .map(|row| row.trim_end().to_owned())
            .collect();
        assert_eq!(shown, rows(&picture(&desk.state)), "{keys}");
    }
}

#[test]
fn moving_the_cursor_costs_few_bytes() {
    let mut desk = Desk::new(120, 40, idle());
    desk.press("4");
    let line = Line::default();
    let mut painter = Painter::new(line.clone(), Some((120, 40))).unwrap();
    painter.paint(&desk.state).unwrap();
    line.take();
    desk.wait(1_000);
    painter.paint(&desk.state).unwrap();
    let bytes: usize = line.take().iter().map(Vec::len).sum();
    assert!(bytes < 80, "a second of countdown costs {bytes} bytes");
}

#[test]
fn no_color_leaves_bold_and_reverse_alone() {
    // What crossterm does by itself when NO_COLOR is set.
    crossterm::style::force_color_output(false);
    let desk = Desk::new(120, 40, writing());
    let line = Line::default();
    let mut painter = Painter::new(line.clone(), Some((120, 40))).unwrap();
    painter.paint(&desk.state).unwrap();
    crossterm::style::force_color_output(true);
    let frame = String::from_utf8(line.take().concat()).unwrap();
    assert!(!frame.contains("38;5;") && !frame.contains("48;5;"));
    assert!(frame.contains("\x1b[7m") && frame.contains("\x1b[1m"));
}

#[test]
fn without_colour_every_meaning_is_still_a_word_or_a_glyph() {
    // crossterm drops colours under NO_COLOR; what is left must tell the same.
    let mut desk = Desk::new(120, 40, writing());
    let text = rows(&picture(&desk.state)).join("\n");
    for word in [
        "▶ WRITING",
        "CONFLICT",
        "TROUBLE",
        "waiting",
        "ok",
        "! 31.2k/35.0k",
        ">",
    ] {
        assert!(text.contains(word), "{word}");
    }
    desk.press("2 space");
    let text = rows(&picture(&desk.state)).join("\n");
    for word in ["◆ pending", "▶ resolved", "? ", "x "] {
        assert!(text.contains(word), "{word}");
    }
}
