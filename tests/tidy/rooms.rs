//! A room imports only rooms below it.

use super::source::{Source, after, sources};

/// What each room may import; the table of the design.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("main", &["cli"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "app",
            "clock",
            "config",
            "connectors",
            "engine",
            "mapping",
            "model",
            "reconcile",
            "sandbox",
            "store",
            "tui",
        ],
    ),
    ("tui", &["app", "clock", "config", "model"]),
    ("app", &["clock", "config", "engine", "model", "store"]),
    (
        "engine",
        &[
            "clock",
            "config",
            "connectors",
            "mapping",
            "model",
            "reconcile",
            "store",
        ],
    ),
    ("connectors", &["clock", "config", "model"]),
    ("store", &["model"]),
    ("reconcile", &["mapping", "model"]),
    ("mapping", &["model"]),
    ("config", &["model"]),
    ("model", &[]),
    ("clock", &[]),
    ("sandbox", &["clock"]),
];

fn allowed(room: &str) -> &'static [&'static str] {
    let found = MAY_IMPORT.iter().find(|(name, _)| *name == room);
    found
        .unwrap_or_else(|| panic!("src/{room} is in no table: which rooms may it import?"))
        .1
}

/// The rooms a file names, with the line they are named on.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let rooms: Vec<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for (line, code) in source.code() {
        let braces = code.contains("crate::{");
        assert!(
            !braces,
            "{}:{line}: name each room in a `use` of its own",
            source.path.display()
        );
        let named = after(code, "crate::").chain(after(code, "syncdeck::"));
        found.extend(
            named
                .filter(|word| rooms.contains(word))
                .map(|word| (line, word.to_owned())),
        );
    }
    found
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let allowed = allowed(&source.room);
        for (line, room) in imports(&source) {
            if room != source.room && !allowed.contains(&room.as_str()) {
                let place = format!("{}:{line}", source.path.display());
                wrong.push(format!("{place}: {} may not import {room}", source.room));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports that point upwards:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_table_itself_points_only_downwards() {
    // Whoever may be imported must not lead back: the table has no circle.
    for (room, _) in MAY_IMPORT {
        let mut seen = Vec::new();
        let mut open: Vec<&str> = allowed(room).to_vec();
        while let Some(next) = open.pop() {
            assert_ne!(next, room, "{room} reaches itself");
            if !seen.contains(&next) {
                seen.push(next);
                open.extend(allowed(next));
            }
        }
    }
}

#[test]
fn an_import_that_points_upwards_is_found() {
    let source = Source {
        path: "src/store/x.rs".into(),
        room: "store".to_owned(),
        text: "use crate::engine::Engine; // crate::tui in a comment does not count\n".to_owned(),
    };
    assert_eq!(imports(&source), [(1, "engine".to_owned())]);
}
