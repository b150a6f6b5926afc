//! A question with choices; the safe one comes first, and keys are ignored for a moment after it opens.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{Code, Command, Effect, Key, QuitMode, State, panes};

/// Keys typed before the question could be read never answer it.
const GUARD: TimeDelta = TimeDelta::milliseconds(300);

/// What a choice leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Cancel,
    /// These commands are sent.
    Send(Vec<Command>),
    /// The drafted settings are sent.
    ApplyDraft,
    /// The console ends.
    Quit(QuitMode),
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What its button says.
    pub label: String,
    /// What it leads to.
    pub(in crate::app) outcome: Outcome,
}

impl Choice {
    pub(in crate::app) fn new(label: impl Into<String>, outcome: Outcome) -> Self {
        let label = label.into();
        Self { label, outcome }
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    /// What is asked.
    pub title: String,
    /// What it means, a paragraph a line.
    pub body: Vec<String>,
    /// What can be chosen; the first one is where the cursor starts.
    pub choices: Vec<Choice>,
    /// The chosen one.
    pub at: usize,
    opened: DateTime<Utc>,
}

impl Dialog {
    pub(in crate::app) fn new(
        title: impl Into<String>,
        body: Vec<String>,
        choices: Vec<Choice>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            title: title.into(),
            body,
            choices,
            at: 0,
            opened: now,
        }
    }

    /// Whether this is the question about quitting.
    pub(in crate::app) fn quits(&self) -> bool {
        let quits = |choice: &Choice| matches!(choice.outcome, Outcome::Quit(_));
        self.choices.iter().any(quits)
    }
}

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let now = state.now;
    let Some(super::Overlay::Dialog(dialog)) = state.overlays.last_mut() else {
        return Vec::new();
    };
    if now - dialog.opened < GUARD {
        return Vec::new();
    }
    let count = dialog.choices.len().max(1);
    match key.code {
        Code::Esc => {
            state.overlays.pop();
        }
        Code::Left | Code::Up | Code::BackTab | Code::Char('h' | 'k') => {
            dialog.at = (dialog.at + count - 1) % count;
        }
        Code::Right | Code::Down | Code::Tab | Code::Char('l' | 'j') => {
            dialog.at = (dialog.at + 1) % count;
        }
        Code::Enter => return choose(state),
        _ => {}
    }
    Vec::new()
}

/// Does what the chosen button says.
pub(in crate::app) fn choose(state: &mut State) -> Vec<Effect> {
    let Some(super::Overlay::Dialog(dialog)) = state.overlays.pop() else {
        return Vec::new();
    };
    let Some(choice) = dialog.choices.into_iter().nth(dialog.at) else {
        return Vec::new();
    };
    match choice.outcome {
        Outcome::Cancel => Vec::new(),
        Outcome::Quit(mode) => vec![Effect::Quit(mode)],
        Outcome::ApplyDraft => panes::entities::apply(state),
        Outcome::Send(commands) => {
            if commands.len() > 1 {
                state.flight.bulk = Some((0, 0));
            }
            state.panes.conflicts.marked.clear();
            commands
                .into_iter()
                .map(|command| state.send(command))
                .collect()
        }
    }
}
