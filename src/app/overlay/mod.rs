//! Dialogs as data, in a stack: only the one on top sees keys, Esc takes away exactly one.

mod dialog;
mod edit;
mod filter;
mod menu;
mod palette;

pub use dialog::{Choice, Dialog};
pub use edit::Edit;
pub use filter::Filter;
pub use menu::{Menu, MenuRow};
pub use palette::{Palette, hits};

pub(super) use dialog::Outcome;
pub(super) use dialog::choose as choose_in_dialog;
pub(super) use filter::open as open_filter;
pub(super) use menu::Pick;
pub(super) use menu::choose as choose_in_menu;
pub(super) use palette::choose as choose_in_palette;

use tui_input::{Input, InputRequest};

use super::{Code, Effect, Key, Pane, State, Tone};

/// Longer pastes are cut: no field takes more.
const LONGEST: usize = 4_000;

/// A dialog.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Every key of the pane.
    Help(Help),
    /// Any command by a few letters.
    Palette(Palette),
    /// A question with choices.
    Dialog(Dialog),
    /// A list to pick from.
    Menu(Menu),
    /// A value is typed.
    Edit(Edit),
    /// A filter is typed.
    Filter(Filter),
}

/// The help: what it is about and how far it is scrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help {
    /// The pane whose keys come first.
    pub pane: Pane,
    /// Rows scrolled away.
    pub scroll: usize,
}

impl Overlay {
    /// The footer while this dialog is open: key labels and words.
    pub fn hints(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Help(_) => &[("↑↓", "scroll"), ("Esc", "close")],
            Self::Palette(_) => &[("↑↓", "move"), ("Enter", "do it"), ("Esc", "close")],
            Self::Dialog(_) => &[("←→", "choose"), ("Enter", "confirm"), ("Esc", "cancel")],
            Self::Menu(_) => &[("↑↓", "move"), ("Enter", "choose"), ("Esc", "cancel")],
            Self::Edit(_) => &[
                ("Enter", "take this value"),
                ("ctrl-u", "clear"),
                ("Esc", "cancel"),
            ],
            Self::Filter(_) => &[("Enter", "keep"), ("ctrl-u", "clear"), ("Esc", "cancel")],
        }
    }
}

/// A key for the dialog on top.
pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(overlay) = state.overlays.last_mut() else {
        return Vec::new();
    };
    match overlay {
        Overlay::Help(_) => help_key(state, key),
        Overlay::Palette(_) => palette::key(state, key),
        Overlay::Dialog(_) => dialog::key(state, key),
        Overlay::Menu(_) => menu::key(state, key),
        Overlay::Edit(_) => edit::key(state, key),
        Overlay::Filter(_) => filter::key(state, key),
    }
}

/// A paste: only text fields take it.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if !state.takes_text() {
        state.say(
            Tone::Note,
            "pasted text is ignored here: no text field is open",
        );
        return Vec::new();
    }
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: Vec<char> = line.take(LONGEST).collect();
    if let Some(input) = input(state) {
        for character in line {
            input.handle(InputRequest::InsertChar(character));
        }
    }
    changed(state)
}

fn input(state: &mut State) -> Option<&mut Input> {
    match state.overlays.last_mut()? {
        Overlay::Palette(palette) => Some(&mut palette.input),
        Overlay::Edit(edit) => Some(&mut edit.input),
        Overlay::Filter(filter) => Some(&mut filter.input),
        _ => None,
    }
}

/// The text of the field on top changed.
fn changed(state: &mut State) -> Vec<Effect> {
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => palette.at = 0,
        Some(Overlay::Edit(edit)) => edit.error = None,
        Some(Overlay::Filter(_)) => return filter::changed(state),
        _ => {}
    }
    Vec::new()
}

/// A key for the text field on top.
fn type_key(state: &mut State, key: Key) -> Vec<Effect> {
    let request = match (key.code, key.ctrl) {
        (Code::Char(character), false) => InputRequest::InsertChar(character),
        (Code::Char('a') | Code::Left, true) | (Code::Home, _) => InputRequest::GoToStart,
        (Code::Char('e') | Code::Right, true) | (Code::End, _) => InputRequest::GoToEnd,
        (Code::Char('u'), true) => InputRequest::DeleteLine,
        (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
        (Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Backspace, _) => InputRequest::DeletePrevChar,
        (Code::Delete, _) => InputRequest::DeleteNextChar,
        (Code::Left, false) => InputRequest::GoToPrevChar,
        (Code::Right, false) => InputRequest::GoToNextChar,
        _ => return Vec::new(),
    };
    let Some(input) = input(state) else {
        return Vec::new();
    };
    let before = input.value().to_owned();
    input.handle(request);
    if input.value() == before {
        Vec::new()
    } else {
        changed(state)
    }
}

fn help_key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Help(help)) = state.overlays.last_mut() else {
        return Vec::new();
    };
    let last = super::help_rows(help.pane).len().saturating_sub(1);
    let to = match key.code {
        Code::Esc | Code::Enter | Code::Char('q' | '?') | Code::F(1) => {
            state.overlays.pop();
            return Vec::new();
        }
        Code::Up | Code::Char('k') => help.scroll.saturating_sub(1),
        Code::Down | Code::Char('j') => help.scroll + 1,
        Code::PageUp => help.scroll.saturating_sub(10),
        Code::PageDown | Code::Char(' ') => help.scroll + 10,
        Code::Home => 0,
        Code::End => last,
        _ => help.scroll,
    };
    help.scroll = to.min(last);
    Vec::new()
}
