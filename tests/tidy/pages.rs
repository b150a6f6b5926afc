//! Every file says what it is for, and none needs a map of its own.

use super::source::sources;

/// Longer than this, a file is more than one idea.
const LINES_MAX: usize = 350;

#[test]
fn every_file_opens_with_what_it_is_for() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        let says = first
            .strip_prefix("//! ")
            .is_some_and(|rest| rest.len() > 10);
        assert!(
            says,
            "{}: the first line must be `//! what it is for`",
            source.path.display()
        );
    }
}

#[test]
fn no_file_is_more_than_one_idea_long() {
    for source in sources() {
        let lines = source.text.lines().count();
        let path = source.path.display();
        assert!(
            lines <= LINES_MAX,
            "{path}: {lines} lines, {LINES_MAX} at most: split it by idea"
        );
    }
}

#[test]
fn a_room_is_a_folder_with_a_front_door() {
    let sources = sources();
    for source in &sources {
        let inside = source.path.with_extension("");
        let twin = sources
            .iter()
            .any(|other| other.path.parent() == Some(&inside));
        assert!(
            !twin,
            "{}: use {}/mod.rs",
            source.path.display(),
            inside.display()
        );
    }
}
