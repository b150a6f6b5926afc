//! The source tree as the house rules see it: files, the room they belong to, the code without comments.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of `src/`.
pub struct Source {
    /// Its path from the project's root.
    pub path: PathBuf,
    /// Its room: the folder, or the file's stem for files beside the rooms.
    pub room: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The lines of code with their numbers; comments and text after `//` left out.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
    }
}

/// Every Rust file of `src/`.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), root, &mut found);
    assert!(found.len() > 50, "the source tree was not found");
    found
}

fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap().to_owned();
            let room = path
                .components()
                .nth(1)
                .unwrap()
                .as_os_str()
                .to_string_lossy()
                .into_owned();
            let room = room.trim_end_matches(".rs").to_owned();
            found.push(Source { path, room, text });
        }
    }
}

/// Whether `text` is Rust's word character.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The words that follow `prefix` wherever it stands on its own.
pub fn after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).filter_map(move |(at, _)| {
        let before = at.checked_sub(1).map(|at| line.as_bytes()[at]);
        let free = before.is_none_or(|byte| !is_word(byte) && byte != b':');
        let rest = &line[at + prefix.len()..];
        let end = rest
            .bytes()
            .position(|byte| !is_word(byte))
            .unwrap_or(rest.len());
        (free && end > 0).then(|| &rest[..end])
    })
}
