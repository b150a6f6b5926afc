//! What an action does; the panes' own actions are theirs.

use super::overlay::{self, Help, Outcome, Overlay, Palette};
use super::panes::{conflicts, entities, failures, mappings, overview};
use super::{Action, Cell, Choice, Command, Dialog, Effect, Pane, State, Tone, quitting, why_not};

/// Rows a page key moves by.
const PAGE: isize = 10;

/// Does an action, or says why it cannot be done.
pub(super) fn perform(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(why) = why_not(state, action) {
        state.say(Tone::Note, why);
        return Vec::new();
    }
    match action {
        Action::Show(pane) => show(state, pane),
        Action::NextPane => show(state, neighbour(state.pane, 1)),
        Action::PreviousPane => show(state, neighbour(state.pane, -1)),
        Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::Home
        | Action::End => travel(state, action),
        Action::Back => back(state),
        Action::Help => {
            let (pane, scroll) = (state.pane, 0);
            open(state, Overlay::Help(Help { pane, scroll }))
        }
        Action::Palette => open(state, Overlay::Palette(Palette::default())),
        Action::Filter => {
            overlay::open_filter(state);
            Vec::new()
        }
        Action::SyncNow => vec![state.send(Command::SyncNow)],
        Action::RetryFailures => vec![state.send(Command::RetryFailures { entity: None })],
        Action::PauseResume if state.is_paused() => vec![state.send(Command::Resume)],
        Action::PauseResume => vec![state.send(Command::Pause)],
        Action::Approve => approve(state),
        Action::Copy => copy(state),
        Action::Mouse => {
            state.session.mouse = !state.session.mouse;
            let word = if state.session.mouse {
                "on: text selection needs Shift"
            } else {
                "off"
            };
            state.say(Tone::Note, format!("mouse {word}"));
            vec![Effect::Mouse(state.session.mouse)]
        }
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::Quit => quitting::quit(state),
        Action::Interrupt => quitting::interrupt(state),
        _ => pane_action(state, action),
    }
}

fn pane_action(state: &mut State, action: Action) -> Vec<Effect> {
    match state.pane {
        Pane::Overview => overview::act(state, action),
        Pane::Conflicts => conflicts::act(state, action),
        Pane::Mappings => mappings::act(state, action),
        Pane::Entities => entities::act(state, action),
        Pane::Failures => failures::act(state, action),
    }
}

fn open(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    state.overlays.push(overlay);
    Vec::new()
}

/// Shows a pane; its list is asked for by `update` when it is due.
pub(super) fn show(state: &mut State, pane: Pane) -> Vec<Effect> {
    state.pane = pane;
    Vec::new()
}

fn neighbour(pane: Pane, step: isize) -> Pane {
    let at = Pane::ALL.iter().position(|one| *one == pane).unwrap_or(0);
    let to = (at as isize + step).rem_euclid(Pane::ALL.len() as isize);
    Pane::ALL[to as usize]
}

fn travel(state: &mut State, action: Action) -> Vec<Effect> {
    if state.pane == Pane::Overview {
        match action {
            Action::PageUp => return scroll_news(state, -PAGE as i64),
            Action::PageDown => return scroll_news(state, PAGE as i64),
            Action::Home => return scroll_news(state, i64::MIN),
            Action::End => {
                state.news.follow();
                return Vec::new();
            }
            _ => {}
        }
    }
    let rows = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -PAGE,
        Action::PageDown => PAGE,
        Action::Home => isize::MIN,
        _ => isize::MAX,
    };
    match state.pane {
        Pane::Overview => overview::step(state, rows),
        Pane::Conflicts => return conflicts::step(state, rows),
        Pane::Mappings => mappings::step(state, rows),
        Pane::Entities => entities::step(state, rows),
        Pane::Failures => return failures::step(state, rows),
    }
    Vec::new()
}

fn scroll_news(state: &mut State, lines: i64) -> Vec<Effect> {
    state.news.scroll(lines);
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    match state.pane {
        Pane::Conflicts => conflicts::back(state).unwrap_or_default(),
        Pane::Mappings => {
            state.panes.mappings.filter.clear();
            mappings::settle(state);
            Vec::new()
        }
        Pane::Overview => {
            state.news.follow();
            Vec::new()
        }
        Pane::Entities => Vec::new(),
        Pane::Failures => {
            failures::back(state);
            Vec::new()
        }
    }
}

fn approve(state: &mut State) -> Vec<Effect> {
    let Some(plan) = state.snapshot.plan.clone() else {
        return Vec::new();
    };
    let mut body = vec![format!("Plan {plan}")];
    body.extend(state.snapshot.reason.clone());
    body.push(String::new());
    body.push("Exactly this plan goes on; if it changes first, you are asked anew.".to_owned());
    let choices = vec![
        Choice::new("Cancel", Outcome::Cancel),
        Choice::new("Approve", Outcome::Send(vec![Command::Approve { plan }])),
    ];
    let dialog = Dialog::new("Let this plan go on?", body, choices, state.now);
    open(state, Overlay::Dialog(dialog))
}

/// The text that `y` copies: the value under the cursor.
pub(super) fn focused_value(state: &State) -> Option<String> {
    match state.pane {
        Pane::Overview => state.panes.overview.cursor.key().map(ToString::to_string),
        Pane::Conflicts => {
            let row = state.panes.conflicts.selected()?;
            let base = row
                .base
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            Some(format!(
                "{} {} {}\nbase: {base}\ndynamics: {}\nmarketo: {}",
                row.entity, row.label, row.field, row.dynamics, row.marketo
            ))
        }
        Pane::Mappings => {
            let row = state.panes.mappings.selected()?;
            Some(format!("{} {}", row.dynamics_name, row.marketo_name))
        }
        Pane::Failures => {
            let pane = &state.panes.failures;
            let one = pane.selected_record();
            let message = one.map(|one| one.refusal.words());
            message.or_else(|| pane.selected().map(|group| group.message.clone()))
        }
        Pane::Entities => {
            let row = entities::selected(state)?;
            let pane = &state.panes.entities;
            Some(match pane.cell {
                Cell::Direction => pane.direction(row).to_string(),
                Cell::Policy => pane.policy(row).to_string(),
            })
        }
    }
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(text) = focused_value(state) else {
        return Vec::new();
    };
    state.say(Tone::Note, "copied, if the terminal allows it");
    vec![Effect::Copy(text)]
}
