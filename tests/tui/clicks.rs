//! The mouse: what is drawn is what is clicked.

use syncdeck::app::{Event, Pane, Target};
use syncdeck::tui::target;

use super::{picture, rows};
use crate::app::desk::Desk;
use crate::app::fake::idle;

/// Where a text is drawn, in columns.
fn find(desk: &Desk, text: &str) -> (u16, u16) {
    let drawn = rows(&picture(&desk.state));
    let at = drawn.iter().enumerate().find_map(|(y, row)| {
        let x = row.find(text)?;
        Some((row[..x].chars().count() as u16, y as u16))
    });
    at.unwrap_or_else(|| panic!("no {text} in\n{}", drawn.join("\n")))
}

#[test]
fn tabs_and_rows_are_where_they_are_drawn() {
    for (width, height) in [(62, 16), (80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::new(width, height, idle());
        let (x, y) = find(&desk, "2 Conf");
        assert_eq!(
            target(&desk.state, x, y),
            Some(Target::Tab(Pane::Conflicts))
        );
        desk.press("2");
        let (x, y) = find(&desk, "sam.lee");
        let hit = target(&desk.state, x, y).unwrap();
        assert_eq!(hit, Target::Row(1), "{width}x{height}");
        desk.event(Event::Click(hit));
        assert_eq!(desk.state.panes.conflicts.cursor.at(), 1);
        desk.press("4");
        let (x, y) = find(&desk, "contact ");
        assert_eq!(target(&desk.state, x, y), Some(Target::Row(1)));
    }
}

#[test]
fn a_choice_is_taken_by_the_second_click() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("4 space S");
    let (x, y) = find(&desk, "Apply ");
    let (x, y) = if y < 8 {
        find(&desk, "   Apply ")
    } else {
        (x, y)
    };
    let hit = target(&desk.state, x, y).unwrap();
    assert_eq!(hit, Target::Choice(1));
    desk.event(Event::Click(hit));
    assert!(desk.effects.is_empty());
    desk.event(Event::Click(hit));
    assert_eq!(desk.effects.len(), 1);
}
