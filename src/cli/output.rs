//! The only printing: documents on stdout, words for people on stderr.

#![expect(clippy::print_stderr, reason = "this is the one place that prints")]

use std::io::Write;
use std::process::ExitCode;

/// What the program exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Everything is in step.
    Clean,
    /// Something went wrong.
    Error,
    /// Conflicts or failures wait for the admin.
    Waiting,
    /// A brake waits for approval.
    Halted,
    /// The program itself failed.
    Bug,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Error => 1,
            // 2 is usage: the parser exits with it by itself.
            Exit::Waiting => 3,
            Exit::Halted => 4,
            Exit::Bug => 70,
        })
    }
}

/// One line of a document on stdout. A reader that has gone away ends the program quietly.
pub(super) fn line(text: &str) -> std::io::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// One JSON document on a line of its own.
pub(super) fn json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    Ok(line(&serde_json::to_string(document)?)?)
}

/// Bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// A word for the person at the terminal.
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// What went wrong.
pub(super) fn trouble(text: &str) {
    eprintln!("syncdeck: {text}");
}

/// Text from outside, safe for a terminal: control characters shown as blanks.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}
