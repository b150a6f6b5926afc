//! A foreign crate is named only in the rooms that own it.

use super::source::{after, is_word, sources};

/// Crates that reach outside, and the rooms that may name them.
const QUARANTINE: [(&str, &[&str]); 10] = [
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("reqwest", &["connectors"]),
    ("http", &["connectors", "sandbox"]),
    ("rusqlite", &["store"]),
    ("toml_edit", &["config", "mapping"]),
    ("secrecy", &["config", "connectors"]),
    ("axum", &["sandbox"]),
];

/// Whether a line of code names `krate` as a path of its own.
fn names(code: &str, krate: &str) -> bool {
    let path = format!("{krate}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = at.checked_sub(1).map(|at| code.as_bytes()[at]);
        before.is_none_or(|byte| !is_word(byte) && byte != b':')
    }) || after(code, "use ").any(|word| word == krate)
}

#[test]
fn a_foreign_crate_is_named_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            for (krate, rooms) in QUARANTINE {
                let kept = !rooms.is_empty() && !rooms.contains(&source.room.as_str());
                if kept && names(code, krate) {
                    let place = format!("{}:{line}", source.path.display());
                    wrong.push(format!("{place}: {krate} belongs to {}", rooms.join(", ")));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "crates out of their rooms:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_crate_out_of_its_room_is_found() {
    assert!(names(
        "let x = rusqlite::Connection::open(path);",
        "rusqlite"
    ));
    assert!(names("use anyhow;", "anyhow"));
    assert!(!names("let x = my_rusqlite::open();", "rusqlite"));
}
