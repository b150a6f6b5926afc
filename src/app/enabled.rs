//! Why an action cannot be done now, in words; the footer hides it, the palette greys it with this reason.

use super::panes::conflicts::decide;
use super::{Action, Conflicts, State};
use crate::model::{ConflictStatus, EngineState};

/// Why `action` cannot be done now; none when it can.
pub fn why_not(state: &State, action: Action) -> Option<String> {
    let no = |why: &str| Some(why.to_owned());
    match action {
        Action::Approve if state.snapshot.plan.is_none() => no("no plan waits for approval"),
        Action::SyncNow => why_no_sync(state),
        Action::PauseResume if state.snapshot.state == EngineState::Stopped => no("no engine runs"),
        Action::RetryFailures if state.snapshot.failures == 0 => no("no record failed"),
        Action::Suspend if state.is_writing() => no("a batch is being written: pause first (p)"),
        Action::TakeDynamics | Action::TakeMarketo => why_no_decision(state),
        Action::TypeValue => why_no_decision(state).or_else(|| decide::why_no_typing(state)),
        Action::Undo => why_no_undo(state),
        Action::Mark | Action::MarkAll | Action::Zoom if state.panes.conflicts.rows.is_empty() => {
            no("no conflict is shown")
        }
        Action::NextConflict | Action::PreviousConflict if !any_pending(&state.panes.conflicts) => {
            no("no conflict waits for a decision")
        }
        Action::NextEntity | Action::PreviousEntity if state.snapshot.entities.len() < 2 => {
            no("there is only one entity")
        }
        Action::Open | Action::Choose | Action::Cycle if state.snapshot.entities.is_empty() => {
            no("no entity yet")
        }
        Action::Review | Action::Discard if state.panes.entities.draft.is_empty() => {
            no("nothing is changed")
        }
        Action::Inside | Action::RetryThese | Action::ParkThese
            if state.panes.failures.target().is_none() =>
        {
            no("no failure is shown")
        }
        Action::Copy if super::act::focused_value(state).is_none() => no("nothing to copy here"),
        _ => None,
    }
}

fn why_no_sync(state: &State) -> Option<String> {
    let why = match state.snapshot.state {
        EngineState::Paused => "paused: p resumes",
        EngineState::Halted if state.snapshot.plan.is_some() => "halted: a approves the plan",
        // A halt without a plan is a configuration problem: syncing again is how a fix is tried.
        EngineState::Idle | EngineState::Halted => return None,
        EngineState::Stopped => "no engine runs",
        _ => "a cycle is running",
    };
    Some(why.to_owned())
}

fn why_no_decision(state: &State) -> Option<String> {
    let targets = state.panes.conflicts.targets();
    let Some(first) = targets.first() else {
        return Some("no conflict is shown".to_owned());
    };
    if targets.iter().any(|one| decide::decidable(state, one)) {
        return None;
    }
    Some(match first.status {
        ConflictStatus::Applied => "already applied on both sides".to_owned(),
        ConflictStatus::Converged => "both sides already agree".to_owned(),
        ConflictStatus::Superseded => "a newer conflict took its place".to_owned(),
        ConflictStatus::Pending | ConflictStatus::Resolved => {
            "its decision is on the way".to_owned()
        }
    })
}

fn why_no_undo(state: &State) -> Option<String> {
    let targets = state.panes.conflicts.targets();
    let Some(first) = targets.first() else {
        return Some("no conflict is shown".to_owned());
    };
    if targets.iter().any(|one| decide::undoable(state, one)) {
        return None;
    }
    Some(match first.status {
        ConflictStatus::Applied => "already applied: it cannot be taken back here".to_owned(),
        ConflictStatus::Resolved => "its decision is on the way".to_owned(),
        _ => "nothing was decided".to_owned(),
    })
}

fn any_pending(conflicts: &Conflicts) -> bool {
    let mut rows = conflicts.rows.iter();
    rows.any(|row| row.status == ConflictStatus::Pending)
}
