//! Pictures of every pane at three sizes, and of every dialog at the smallest of them.

use insta::assert_snapshot;
use syncdeck::app::{Event, Snapshot};

use super::{dump, picture, rows};
use crate::app::desk::Desk;
use crate::app::fake::{halted, idle, paused, writing};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// One picture a size, with the styles for the smallest.
fn shoot(name: &str, snapshot: &Snapshot, keys: &str) {
    for (width, height) in SIZES {
        let mut desk = Desk::new(width, height, snapshot.clone());
        desk.press(keys);
        let buffer = picture(&desk.state);
        let shown = if width == 80 {
            dump(&buffer)
        } else {
            rows(&buffer).join("\n")
        };
        assert_snapshot!(format!("{name}_{width}x{height}"), shown);
    }
}

#[test]
fn overview_shows_a_running_cycle() {
    shoot("overview", &writing(), "");
}

#[test]
fn overview_shows_what_a_halt_waits_for() {
    shoot("overview_halted", &halted(), "");
}

#[test]
fn conflicts_show_the_list_and_three_ways() {
    shoot("conflicts", &idle(), "2 down down down down");
}

#[test]
fn mappings_show_both_sides_of_each_field() {
    shoot("mappings", &idle(), "3 down down down");
}

#[test]
fn failures_show_groups_and_their_records() {
    shoot("failures", &idle(), "6 down enter down");
}

#[test]
fn entities_show_what_is_drafted() {
    shoot("entities", &paused(), "4 space right");
}

#[test]
fn dialogs_fit_eighty_columns() {
    let table = [
        ("help", "2 ?"),
        ("palette", ": s y"),
        ("type_a_value", "2 e"),
        ("bulk", "2 ctrl-a m"),
        ("approve", "a"),
        ("quit", "ctrl-c"),
        ("review", "4 space right space S"),
        ("menu", "4 enter"),
        ("fields", "2 f down"),
        ("filter", "2 / p h o"),
        ("zoomed", "2 enter"),
        ("toast", "r"),
    ];
    for (name, keys) in table {
        let mut desk = Desk::new(80, 24, halted());
        desk.press(keys);
        assert_snapshot!(format!("dialog_{name}"), dump(&picture(&desk.state)));
    }
}

#[test]
fn empty_panes_say_why() {
    let mut desk = Desk::new(80, 24, Snapshot::default());
    desk.rows.clear();
    let mut said = Vec::new();
    for key in ["1", "2", "3", "4", "6"] {
        desk.press(key);
        said.extend(rows(&picture(&desk.state)));
    }
    assert_snapshot!("empty", said.join("\n"));
}

#[test]
fn the_sandbox_is_named_on_every_screen() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (40, 10)] {
        for keys in ["1", "2", "3", "4", "6", "?", ":", "2 e", "ctrl-c"] {
            let mut desk = Desk::new(width, height, idle());
            desk.press(keys);
            let text = rows(&picture(&desk.state)).join("\n");
            assert!(text.contains("SANDBOX"), "{width}x{height} {keys}\n{text}");
        }
    }
}

#[test]
fn pauses_and_halts_say_which_key_releases_them() {
    for pane in ["1", "2", "3", "4", "6"] {
        let mut desk = Desk::new(80, 24, paused());
        desk.press(pane);
        let text = rows(&picture(&desk.state)).join("\n");
        assert!(
            text.contains("PAUSED") && text.contains("p resumes"),
            "{text}"
        );
        desk.event(Event::Engine(halted().into()));
        let text = rows(&picture(&desk.state)).join("\n");
        assert!(
            text.contains("HALTED") && text.contains("a approves the plan"),
            "{text}"
        );
    }
}

#[test]
fn the_footer_keeps_help_and_quit_at_any_width() {
    for width in 60..=200 {
        for snapshot in [writing(), idle(), halted(), paused()] {
            for pane in ["1", "2", "3", "4", "6"] {
                let mut desk = Desk::new(width, 24, snapshot.clone());
                desk.press(pane);
                let last = rows(&picture(&desk.state)).pop().unwrap();
                assert!(last.ends_with("? help  q quit"), "{width}: {last}");
            }
        }
    }
}

#[test]
fn a_slow_answer_dims_the_old_page_and_says_so() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("2");
    let key = syncdeck::app::Key::named("s").unwrap();
    let effects = syncdeck::app::update(&mut desk.state, Event::Key(key));
    assert_eq!(effects.len(), 1);
    let loading = |desk: &Desk| rows(&picture(&desk.state)).join("\n").contains("loading…");
    desk.wait(100);
    assert!(!loading(&desk), "not before 150 ms");
    desk.wait(60);
    assert!(loading(&desk));
}
