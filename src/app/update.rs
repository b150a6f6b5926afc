//! The one way in: an event changes the state and asks for effects. Pure: no I/O, no clock, no channel.

use std::sync::Arc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::overlay::{self, Overlay};
use super::panes::{conflicts, entities, failures, mappings, overview};
use super::{
    Action, Command, CommandId, Effect, Event, Key, Load, Loaded, Pane, QueryId, QuitMode, Size,
    Snapshot, State, Tone, act, pointer, registry,
};

/// Handles one event.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = handle(state, event);
    effects.extend(reload_due(state));
    effects
}

fn handle(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Time(now) => {
            state.now = now;
            state.toasts.expire(now);
        }
        Event::Key(key) => return press(state, key),
        Event::Paste(text) => return overlay::paste(state, &text),
        Event::Burst => state.say(
            Tone::Note,
            "pasted text is ignored here: no text field is open",
        ),
        Event::Resize { width, height } => state.size = Size { width, height },
        Event::Focus(focused) => state.session.focused = focused,
        Event::Click(target) => return pointer::click(state, target),
        Event::Engine(snapshot) => return engine(state, snapshot),
        Event::News(news) => state.news.push(news),
        Event::NewsSkipped(count) => {
            state.news.skipped += count;
            touch(state);
        }
        Event::EngineGone => state.session.engine_gone = true,
        Event::Loaded(id, loaded) => answer(state, id, loaded),
        Event::Done(id, outcome) => done(state, id, outcome),
        Event::Quit => return vec![Effect::Quit(QuitMode::Stop)],
    }
    Vec::new()
}

/// Keys that work whatever is open; the rest goes to the dialog on top, else to the registry.
fn press(state: &mut State, key: Key) -> Vec<Effect> {
    let always = [
        Action::Interrupt,
        Action::Redraw,
        Action::Suspend,
        Action::Mouse,
    ];
    let action = registry::resolve(state.pane, key);
    match action {
        Some(action) if always.contains(&action) => act::perform(state, action),
        _ if !state.overlays.is_empty() => overlay::key(state, key),
        Some(action) => act::perform(state, action),
        None => Vec::new(),
    }
}

fn engine(state: &mut State, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.snapshot, snapshot);
    if before.revision != state.snapshot.revision {
        touch(state);
    }
    overview::settle(state);
    entities::settle(state);
    let more = state.snapshot.conflicts > before.conflicts || halted_now(&before, &state.snapshot);
    if more && !state.session.focused {
        return vec![Effect::Bell];
    }
    Vec::new()
}

fn halted_now(before: &Snapshot, now: &Snapshot) -> bool {
    use crate::model::EngineState::Halted;
    now.state == Halted && before.state != Halted
}

fn touch(state: &mut State) {
    state.panes.conflicts.load.touch();
    state.panes.mappings.load.touch();
    state.panes.failures.load.touch();
}

/// The shown pane's list is asked for when it is due; a hidden pane asks when it is shown.
fn reload_due(state: &mut State) -> Vec<Effect> {
    match state.pane {
        Pane::Conflicts if state.panes.conflicts.load.due(state.now) => conflicts::reload(state),
        Pane::Mappings if state.panes.mappings.load.due(state.now) => mappings::reload(state),
        Pane::Failures if state.panes.failures.load.due(state.now) => failures::reload(state),
        _ => Vec::new(),
    }
}

fn answer(state: &mut State, id: QueryId, loaded: Loaded) {
    if let Some(Overlay::Menu(menu)) = state.overlays.last()
        && menu.awaits == Some(id)
    {
        conflicts::fields_loaded(state, loaded);
        return;
    }
    let panes = &mut state.panes;
    if panes.conflicts.load.answered(id) {
        match loaded {
            Loaded::Conflicts { rows, total } => conflicts::loaded(state, rows, total),
            other => failed(&mut panes.conflicts.load, other),
        }
    } else if panes.mappings.load.answered(id) {
        match loaded {
            Loaded::Mapping(view) => mappings::loaded(state, view),
            other => failed(&mut panes.mappings.load, other),
        }
    } else if panes.failures.load.answered(id) {
        match loaded {
            Loaded::Failures {
                groups,
                of,
                records,
            } => failures::loaded(state, groups, of, records),
            other => failed(&mut panes.failures.load, other),
        }
    }
}

fn failed(load: &mut Load, answer: Loaded) {
    load.error = Some(match answer {
        Loaded::Failed(why) => why,
        _ => "the answer was not the one asked for".to_owned(),
    });
}

fn done(state: &mut State, id: CommandId, outcome: Result<(), String>) {
    let Some(command) = state.flight.commands.remove(&id) else {
        return;
    };
    state.panes.conflicts.load.touch();
    state.panes.failures.load.touch();
    let ok = outcome.is_ok();
    if let Some((taken, refused)) = &mut state.flight.bulk {
        *taken += usize::from(ok);
        *refused += usize::from(!ok);
        let (taken, refused) = (*taken, *refused);
        if state.flight.commands.is_empty() {
            state.flight.bulk = None;
            let tone = if refused == 0 { Tone::Good } else { Tone::Bad };
            state.say(tone, format!("{taken} taken, {refused} refused"));
        }
        return;
    }
    match outcome {
        Ok(()) => state.say(Tone::Good, taken(&command)),
        Err(why) => state.say(Tone::Bad, format!("{}: {why}", refused(&command))),
    }
}

fn taken(command: &Command) -> String {
    match command {
        Command::SyncNow => "the next cycle starts now".to_owned(),
        Command::Pause | Command::Hold(_) => {
            "pausing: running batches are finished first".to_owned()
        }
        Command::Resume | Command::Release { .. } => "going on".to_owned(),
        Command::SetDirection { entity, .. }
        | Command::SetPolicy { entity, .. }
        | Command::SetRule { entity, .. }
        | Command::SetMapping { entity, .. } => {
            format!("{entity}: changed, obeyed from the next cycle on")
        }
        Command::Resolve { .. } => "decided: written in the next batch, u takes it back".to_owned(),
        Command::Unresolve { .. } => "taken back before it was written".to_owned(),
        Command::RetryFailures { .. } | Command::RetryAlike { .. } => {
            "failed records are tried again".to_owned()
        }
        Command::ParkFailures { .. } => "parked: not tried again by themselves".to_owned(),
        Command::EditFailure(_) => "written to both sides, and tried again".to_owned(),
        Command::LookAt { .. } => "looked at in a cycle that starts now".to_owned(),
        Command::Unlink { .. } => "unlinked: both records stay as they are".to_owned(),
        Command::Link { .. } => "linked: compared in a cycle that starts now".to_owned(),
        Command::Undo { .. } | Command::RollBack { .. } => {
            "taken back in a cycle that starts now".to_owned()
        }
        Command::CreateRow(_) => "asked for: created where there is none".to_owned(),
        Command::Rebind => "bound anew: links are found by their keys".to_owned(),
        Command::Backfill { entity, .. } => format!("{entity}: the backfill starts"),
        Command::CancelBackfill { entity } => format!("{entity}: the backfill ends"),
        Command::AddCustomEntity { wish, approve, .. } => match approve {
            Some(_) => format!("{}: its type is made in the next cycle", wish.table),
            None => format!("{}: its plan is told in the news", wish.table),
        },
        Command::RemoveCustomEntity { entity } => {
            format!("{entity}: removed, its records stay in Marketo")
        }
        Command::Approve { .. } => "approved: the plan goes on".to_owned(),
        Command::Stop => "the engine ends".to_owned(),
    }
}

fn refused(command: &Command) -> &'static str {
    match command {
        Command::SyncNow => "not started",
        Command::Pause | Command::Hold(_) => "not paused",
        Command::Resume | Command::Release { .. } => "not resumed",
        Command::SetDirection { .. }
        | Command::SetPolicy { .. }
        | Command::SetRule { .. }
        | Command::SetMapping { .. } => "not changed",
        Command::Resolve { .. } => "not decided",
        Command::RetryFailures { .. } | Command::RetryAlike { .. } => "not tried again",
        Command::ParkFailures { .. } => "not parked",
        Command::EditFailure(_) => "not edited",
        Command::LookAt { .. } => "not looked at",
        Command::Unlink { .. } => "not unlinked",
        Command::Link { .. } => "not linked",
        Command::Unresolve { .. } | Command::Undo { .. } | Command::RollBack { .. } => {
            "not taken back"
        }
        Command::CreateRow(_) => "not created",
        Command::Rebind => "not bound anew",
        Command::Backfill { .. } => "not started",
        Command::CancelBackfill { .. } => "not ended",
        Command::AddCustomEntity { .. } => "not added",
        Command::RemoveCustomEntity { .. } => "not removed",
        Command::Approve { .. } => "not approved",
        Command::Stop => "not stopped",
    }
}

/// When time alone changes what is shown: the moment of the next [`Event::Time`]; none for never.
pub fn wakes_at(state: &State) -> Option<DateTime<Utc>> {
    let load = match state.pane {
        Pane::Conflicts => state.panes.conflicts.load.wakes_at(state.now),
        Pane::Mappings => state.panes.mappings.load.wakes_at(state.now),
        Pane::Failures => state.panes.failures.load.wakes_at(state.now),
        Pane::Overview | Pane::Entities => None,
    };
    let second = shows_seconds(state).then(|| next_second(state.now));
    let toast = state.toasts.wakes_at();
    [load, second, toast].into_iter().flatten().min()
}

/// Whether a countdown, an age or a time left is on screen and somebody looks at it.
fn shows_seconds(state: &State) -> bool {
    use crate::model::EngineState as E;
    let still = matches!(state.snapshot.state, E::Paused | E::Halted | E::Stopped);
    let counts = state.snapshot.next_cycle.is_some() || state.snapshot.cycle_began.is_some();
    state.session.focused && counts && !still
}

fn next_second(now: DateTime<Utc>) -> DateTime<Utc> {
    let second = TimeDelta::seconds(1);
    now.duration_trunc(second).unwrap_or(now) + second
}
