//! The command palette: every action of the registry, found by a few letters of its name.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::app::{ActionDef, Code, Effect, Key, REGISTRY, Scope, State, act, why_not};

/// The palette.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The selected hit.
    pub at: usize,
}

/// What the palette offers: the actions that match what is typed, best first, those that cannot be done now with the
/// reason. Without text, all in the registry's order.
pub fn hits(state: &State, palette: &Palette) -> Vec<(&'static ActionDef, Option<String>)> {
    let here = |def: &&ActionDef| {
        def.palette && (def.scope == Scope::Global || def.scope == Scope::Pane(state.pane))
    };
    let pattern = Pattern::parse(
        palette.input.value(),
        CaseMatching::Ignore,
        Normalization::Smart,
    );
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, &ActionDef)> = REGISTRY
        .iter()
        .filter(here)
        .filter_map(|def| {
            let title = Utf32Str::new(def.title, &mut buffer);
            pattern.score(title, &mut matcher).map(|score| (score, def))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let with_reason = |(_, def): (u32, &'static ActionDef)| (def, why_not(state, def.action));
    found.into_iter().map(with_reason).collect()
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(super::Overlay::Palette(palette)) = state.overlays.last() else {
        return Vec::new();
    };
    let found = hits(state, palette);
    let (at, last) = (palette.at, found.len().saturating_sub(1));
    let to = match (key.code, key.ctrl) {
        (Code::Esc, _) => {
            state.overlays.pop();
            return Vec::new();
        }
        (Code::Enter, _) => return choose(state),
        (Code::Up, _) | (Code::Char('p'), true) => at.saturating_sub(1),
        (Code::Down, _) | (Code::Char('n'), true) => (at + 1).min(last),
        (Code::PageUp, _) => at.saturating_sub(10),
        (Code::PageDown, _) => (at + 10).min(last),
        _ => return super::type_key(state, key),
    };
    if let Some(super::Overlay::Palette(palette)) = state.overlays.last_mut() {
        palette.at = to;
    }
    Vec::new()
}

/// Does the selected command; one that cannot be done now stays, with its reason beside it.
pub(in crate::app) fn choose(state: &mut State) -> Vec<Effect> {
    let Some(super::Overlay::Palette(palette)) = state.overlays.last() else {
        return Vec::new();
    };
    let picked = hits(state, palette).into_iter().nth(palette.at);
    match picked {
        Some((def, None)) => {
            state.overlays.pop();
            act::perform(state, def.action)
        }
        _ => Vec::new(),
    }
}
