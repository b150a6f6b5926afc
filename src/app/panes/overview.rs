//! The Overview: which entity is selected, what needs the admin, how long it will take.

use chrono::TimeDelta;

use super::super::{Action, Cursor, Effect, Pane, State};
use crate::engine::{EntityStatus, Snapshot};
use crate::model::{EngineState, Entity};

/// Before this much of a cycle has passed its pace says nothing.
const TOO_EARLY: TimeDelta = TimeDelta::seconds(5);
/// A share of the budget from which a quota is worth a word, in percent.
const QUOTA_HIGH: u64 = 90;

/// The Overview's own state.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The selected entity.
    pub cursor: Cursor<Entity>,
}

/// How urgent something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing can go on without the admin.
    Must,
    /// Waits for the admin while everything else goes on.
    Should,
    /// Good to know.
    May,
}

/// One line of the "needs you" list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// How urgent.
    pub level: Level,
    /// What it is.
    pub text: String,
    /// The key that leads there, or does it.
    pub key: &'static str,
}

fn need(level: Level, text: impl Into<String>, key: &'static str) -> Need {
    Need {
        level,
        text: text.into(),
        key,
    }
}

/// What waits for the admin, most urgent first.
pub fn needs(snapshot: &Snapshot) -> Vec<Need> {
    let mut needs = Vec::new();
    match (snapshot.state, &snapshot.plan) {
        (EngineState::Halted, Some(_)) => {
            needs.push(need(Level::Must, "a plan waits for your approval", "a"));
        }
        (EngineState::Halted, None) => needs.push(need(Level::Must, "the engine is halted", "")),
        (EngineState::Paused, _) => needs.push(need(Level::Should, "paused: p resumes", "p")),
        _ => {}
    }
    if snapshot.conflicts > 0 {
        let text = counted(snapshot.conflicts, "conflict waits", "conflicts wait");
        let split = by_entity(snapshot, |entity| entity.conflicts);
        needs.push(need(Level::Should, format!("{text}{split}"), "2"));
    }
    if snapshot.failures > 0 {
        let text = counted(snapshot.failures, "record failed", "records failed");
        let split = by_entity(snapshot, |entity| entity.failures);
        needs.push(need(Level::Should, format!("{text}{split}"), "R"));
    }
    for quota in &snapshot.quotas {
        if quota.budget > 0
            && quota.used.saturating_mul(100) >= quota.budget.saturating_mul(QUOTA_HIGH)
        {
            let text = format!("{} {} nearly used", quota.side, quota.name);
            needs.push(need(Level::May, text, ""));
        }
    }
    needs.sort_by_key(|need| need.level);
    needs
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn by_entity(snapshot: &Snapshot, count: impl Fn(&EntityStatus) -> u64) -> String {
    let parts = snapshot.entities.iter().filter(|entity| count(entity) > 0);
    let parts: Vec<String> = parts
        .map(|entity| format!("{} {}", count(entity), entity.entity))
        .collect();
    if parts.len() > 1 {
        format!(" ({})", parts.join(", "))
    } else {
        String::new()
    }
}

/// Seconds until `left` records are done at `rate_per_minute`; none while that cannot be told.
pub fn seconds_left(state: &State, left: u64, rate_per_minute: f64) -> Option<u64> {
    let began = state.snapshot.cycle_began?;
    if left == 0 || rate_per_minute < 0.1 || state.now - began < TOO_EARLY {
        return None;
    }
    Some((left as f64 * 60.0 / rate_per_minute).ceil() as u64)
}

fn keys(state: &State) -> Vec<Entity> {
    let rows = state.snapshot.entities.iter();
    rows.map(|row| row.entity.clone()).collect()
}

pub(in crate::app) fn settle(state: &mut State) {
    let keys = keys(state);
    state.panes.overview.cursor.settle(&keys);
}

/// Moves the cursor by so many rows.
pub(in crate::app) fn step(state: &mut State, rows: isize) {
    let keys = keys(state);
    state.panes.overview.cursor.step(rows, &keys);
}

/// Puts the cursor on a row.
pub(in crate::app) fn point(state: &mut State, index: usize) {
    let keys = keys(state);
    state.panes.overview.cursor.go(index, &keys);
}

pub(in crate::app) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if action != Action::Open {
        return Vec::new();
    }
    let Some(entity) = state.panes.overview.cursor.key().cloned() else {
        return Vec::new();
    };
    let rows = &state.snapshot.entities;
    let waiting = rows
        .iter()
        .any(|row| row.entity == entity && row.conflicts > 0);
    if waiting {
        state.pane = Pane::Conflicts;
        super::conflicts::narrow_to(state, Some(entity), None)
    } else {
        state.pane = Pane::Mappings;
        super::mappings::show(state, entity)
    }
}
