//! What each meaning looks like: the terminal's own 16 colours only, and never colour alone.
//! `NO_COLOR` is honoured by crossterm: colours go, bold and reverse stay.

use ratatui::style::{Color, Modifier, Style};

use crate::app::Tone;
use crate::model::{ConflictStatus, EngineState, Side};

/// Plain text.
pub const PLAIN: Style = Style::new();
/// Headings and what is in force.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// Borders, column titles, units: what may be overlooked.
pub const QUIET: Style = Style::new().fg(Color::DarkGray);
/// Names of keys, and what moves.
pub const ACCENT: Style = Style::new().fg(Color::Cyan);
/// Done, in step.
pub const GOOD: Style = Style::new().fg(Color::Green);
/// Worth a look.
pub const WARN: Style = Style::new().fg(Color::Yellow);
/// Needs the admin.
pub const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
/// A conflict.
pub const CONFLICT: Style = Style::new().fg(Color::Magenta);
/// The cursor: the row's own colours would be backgrounds in reverse, so they go.
pub const CURSOR: Style = Style::new()
    .fg(Color::Reset)
    .bg(Color::Reset)
    .add_modifier(Modifier::REVERSED);
/// A field that takes text.
pub const FIELD: Style = Style::new().add_modifier(Modifier::UNDERLINED);
/// The word that says which environment this is.
pub const PLACE: Style = Style::new().add_modifier(Modifier::REVERSED.union(Modifier::BOLD));

/// A side's colour; its name is always beside it.
pub fn side(side: Side) -> Style {
    match side {
        Side::Dynamics => Style::new().fg(Color::LightBlue),
        Side::Marketo => Style::new().fg(Color::Magenta),
    }
}

/// A state's glyph and style.
pub fn state(state: EngineState) -> (&'static str, Style) {
    match state {
        EngineState::Idle => ("✓", GOOD),
        EngineState::Pulling => ("▼", ACCENT),
        EngineState::Deciding => ("●", ACCENT),
        EngineState::Writing => ("▶", ACCENT),
        EngineState::WaitingForQuota => ("…", WARN),
        EngineState::Paused => ("■", WARN),
        EngineState::Halted => ("!", BAD),
        EngineState::Stopped => ("×", BAD),
    }
}

/// A state's word where there is little room.
pub fn state_word(state: EngineState) -> &'static str {
    match state {
        EngineState::WaitingForQuota => "quota",
        other => other.word(),
    }
}

/// A conflict status's glyph and style.
pub fn status(status: ConflictStatus) -> (&'static str, Style) {
    match status {
        ConflictStatus::Pending => ("◆", CONFLICT),
        ConflictStatus::Resolved => ("▶", ACCENT),
        ConflictStatus::Applied => ("✓", GOOD),
        ConflictStatus::Converged => ("=", GOOD),
        ConflictStatus::Superseded => ("·", QUIET),
    }
}

/// A message's glyph and style.
pub fn tone(tone: Tone) -> (&'static str, Style) {
    match tone {
        Tone::Good => ("✓", GOOD),
        Tone::Note => ("·", ACCENT),
        Tone::Bad => ("!", BAD),
    }
}
