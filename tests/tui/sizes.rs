//! Every size: nothing panics, every box is closed, no colour beyond the sixteen.

use ratatui::style::Color;

use syncdeck::app::Size;

use super::picture;
use crate::app::desk::Desk;
use crate::app::fake::{halted, writing};

const PANES: [&str; 5] = ["1", "2", "3", "4 space", "2 enter"];
const DIALOGS: [&str; 8] = ["?", ":", "2 e", "2 ctrl-a m", "a", "ctrl-c", "2 f", "2 /"];
const HEIGHTS: [u16; 12] = [0, 1, 2, 3, 15, 16, 17, 20, 24, 30, 40, 80];

fn sweep(keys: &str, sizes: impl Iterator<Item = (u16, u16)>) {
    let mut desk = Desk::new(80, 24, halted());
    desk.press(keys);
    for (width, height) in sizes {
        desk.state.size = Size { width, height };
        let buffer = picture(&desk.state);
        let count = |symbols: [&str; 2]| {
            let cells = buffer.content.iter();
            cells
                .filter(|cell| symbols.contains(&cell.symbol()))
                .count()
        };
        if desk.state.overlays.is_empty() {
            let corners = [["┌", "┏"], ["┐", "┓"], ["└", "┗"], ["┘", "┛"]].map(count);
            let closed = corners.iter().all(|corner| *corner == corners[0]);
            assert!(closed, "{keys} at {width}x{height}: {corners:?}");
        }
    }
}

#[test]
fn no_width_panics_or_leaves_a_box_open() {
    for keys in PANES {
        sweep(keys, (0..=220).map(|width| (width, 16)));
    }
}

#[test]
fn no_height_panics_or_leaves_a_box_open() {
    for keys in PANES {
        let widths = (0..=220).step_by(20);
        sweep(
            keys,
            widths.flat_map(|width| HEIGHTS.map(|height| (width, height))),
        );
    }
}

#[test]
fn no_size_breaks_a_dialog() {
    for keys in DIALOGS {
        let widths = (0..=220).step_by(11);
        sweep(
            keys,
            widths.flat_map(|width| [0, 15, 16, 24, 40].map(|height| (width, height))),
        );
    }
}

#[test]
fn only_the_terminals_own_colours_are_used() {
    for keys in PANES.into_iter().chain(DIALOGS) {
        let mut desk = Desk::new(120, 40, writing());
        desk.press(keys);
        for cell in &picture(&desk.state).content {
            for color in [cell.fg, cell.bg] {
                assert!(
                    !matches!(color, Color::Rgb(..) | Color::Indexed(_)),
                    "{color:?}"
                );
            }
        }
    }
}
