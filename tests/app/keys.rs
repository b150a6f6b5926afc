//! The registry of keys: complete, free of clashes, and every promise of the footer is kept.

use std::collections::HashSet;

use syncdeck::app::{
    Event, Key, Overlay, Pane, REGISTRY, Scope, Toasts, footer, help_rows, hits, update,
};

use super::desk::Desk;
use super::fake::{halted, idle, paused, writing};

#[test]
fn no_key_means_two_things_in_one_pane() {
    for pane in Pane::ALL {
        let mut mine = HashSet::new();
        for def in REGISTRY.iter().filter(|def| def.scope == Scope::Pane(pane)) {
            for key in def.keys {
                assert!(mine.insert(*key), "{pane:?}: {key} twice");
            }
        }
    }
    let mut global = HashSet::new();
    for def in REGISTRY.iter().filter(|def| def.scope == Scope::Global) {
        for key in def.keys {
            assert!(global.insert(*key), "{key} twice");
        }
    }
}

#[test]
fn a_pane_hides_no_global_key_it_advertises() {
    for def in REGISTRY.iter().filter(|def| def.scope != Scope::Global) {
        for key in def.keys {
            let global = REGISTRY.iter().find(|other| {
                other.scope == Scope::Global && !other.hint.is_empty() && other.keys.contains(key)
            });
            assert!(
                global.is_none(),
                "{key} of {:?} hides {:?}",
                def.action,
                global.map(|one| one.action)
            );
        }
    }
}

#[test]
fn every_key_has_a_name_the_console_understands_and_every_action_a_help() {
    for def in REGISTRY {
        assert!(!def.keys.is_empty() && !def.title.is_empty() && !def.help.is_empty());
        for name in def.keys {
            assert!(Key::named(name).is_some(), "{name}");
        }
        assert!(
            def.help.chars().count() <= 66,
            "help too long for 80 columns: {}",
            def.help
        );
    }
}

#[test]
fn help_lists_the_panes_keys_first_then_the_global_ones() {
    let rows = help_rows(Pane::Conflicts);
    assert_eq!(rows[0], (String::new(), "Conflicts"));
    assert_eq!(rows.iter().filter(|(keys, _)| keys.is_empty()).count(), 2);
    let panes = REGISTRY
        .iter()
        .filter(|def| def.scope == Scope::Pane(Pane::Conflicts))
        .count();
    assert_eq!(rows[panes + 1].1, "Everywhere");
}

#[test]
fn every_key_in_the_footer_does_something() {
    for snapshot in [writing(), idle(), halted(), paused()] {
        for pane in ["1", "2", "3", "4"] {
            let mut desk = Desk::new(80, 24, snapshot.clone());
            desk.press(pane).press("down");
            for (label, word) in footer(&desk.state) {
                // Both arrows are advertised; one of them moves.
                let keys: Vec<Key> = match label.as_str() {
                    "↑↓" => vec![Key::named("up").unwrap(), Key::named("down").unwrap()],
                    "←→" => vec![Key::named("right").unwrap(), Key::named("left").unwrap()],
                    _ => vec![key_of(&label)],
                };
                let acts = keys.into_iter().any(|key| does_something(&desk, key));
                assert!(acts, "pane {pane} in {:?}: {label} {word}", snapshot.state);
            }
        }
    }
}

fn key_of(label: &str) -> Key {
    let names = REGISTRY.iter().flat_map(|def| def.keys);
    let mut keys = names.filter_map(|name| Key::named(name));
    keys.find(|key| key.to_string() == label)
        .unwrap_or_else(|| panic!("no key {label}"))
}

fn does_something(desk: &Desk, key: Key) -> bool {
    let mut state = desk.state.clone();
    state.toasts = Toasts::default();
    let before = format!("{state:?}");
    let effects = update(&mut state, Event::Key(key));
    // A message alone would be an excuse, not a deed.
    !effects.is_empty() || (state.toasts.newest().is_none() && format!("{state:?}") != before)
}

#[test]
fn the_palette_finds_by_letters_and_gives_reasons() {
    let mut desk = Desk::new(80, 24, writing());
    desk.press(":").type_text("snow");
    let Some(Overlay::Palette(palette)) = desk.state.overlays.last() else {
        panic!("no palette");
    };
    let found = hits(&desk.state, palette);
    assert_eq!(found[0].0.title, "Sync now");
    assert_eq!(found[0].1.as_deref(), Some("a cycle is running"));
    desk.press("enter");
    assert!(
        desk.effects.is_empty(),
        "a command that cannot be done stays"
    );
    desk.press("ctrl-u").type_text("entities").press("enter");
    assert_eq!(desk.state.pane, Pane::Entities);
}

#[test]
fn panes_follow_numbers_and_tab() {
    let mut desk = Desk::new(80, 24, idle());
    for (keys, pane) in [
        ("tab", Pane::Conflicts),
        ("tab tab tab tab", Pane::Overview),
        ("shift-tab", Pane::Failures),
        ("3", Pane::Mappings),
    ] {
        desk.press(keys);
        assert_eq!(desk.state.pane, pane, "{keys}");
    }
}

#[test]
fn an_unmarked_paste_runs_no_command() {
    let mut desk = Desk::new(80, 24, idle());
    desk.event(Event::Burst);
    assert!(desk.effects.is_empty());
    assert!(desk.state.toasts.newest().is_some());
}
