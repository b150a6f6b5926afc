//! Leaving the console: never in the middle of a batch without a question, never lost work.

use chrono::TimeDelta;

use super::overlay::Outcome;
use super::panes::conflicts::decide::side_name;
use super::{Choice, Dialog, Effect, Overlay, QuitMode, State};

/// A second ctrl-c within this stops at once.
const TWICE: TimeDelta = TimeDelta::seconds(2);

/// `q`: at once when nothing is being written, else a question.
pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    if state.is_writing() {
        ask(state);
        return Vec::new();
    }
    vec![Effect::Quit(QuitMode::Finish)]
}

/// ctrl-c: cancels what is typed; else asks; a second one within two seconds stops.
pub(super) fn interrupt(state: &mut State) -> Vec<Effect> {
    let twice = state
        .session
        .interrupted
        .is_some_and(|at| state.now - at <= TWICE);
    let asked = matches!(state.overlays.last(), Some(Overlay::Dialog(dialog)) if dialog.quits());
    state.session.interrupted = Some(state.now);
    if twice || asked {
        return vec![Effect::Quit(QuitMode::Stop)];
    }
    if state.takes_text() {
        state.overlays.pop();
        state.session.interrupted = None;
        return Vec::new();
    }
    state.overlays.clear();
    ask(state);
    Vec::new()
}

fn ask(state: &mut State) {
    let snapshot = &state.snapshot;
    let batch = snapshot.batches.iter().max_by_key(|batch| batch.number);
    let (body, leave) = match (&snapshot.attached_to, batch) {
        (Some(holder), _) => (
            format!("The engine goes on without this console; it runs in {holder}."),
            "Quit",
        ),
        (None, Some(batch)) => (
            format!(
                "Batch {} is being written: {} {} records to {}. Progress is saved after every batch; the next start goes on there.",
                batch.number, batch.records, batch.entity, side_name(batch.side)
            ),
            "Finish this batch, then quit",
        ),
        (None, None) => (
            "Nothing is being written now. The engine ends with the console; the next start goes on where it was.".to_owned(),
            "Quit",
        ),
    };
    let body = vec![
        body,
        String::new(),
        "ctrl-c once more stops at once; what was in flight is looked at again at the next start."
            .to_owned(),
    ];
    let choices = vec![
        Choice::new(leave, Outcome::Quit(QuitMode::Finish)),
        Choice::new("Stay", Outcome::Cancel),
    ];
    let dialog = Dialog::new("Quit?", body, choices, state.now);
    state.overlays.push(Overlay::Dialog(dialog));
}
