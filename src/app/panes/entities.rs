//! Entities: direction and policy, changed as a draft, reviewed, then obeyed from the next cycle on.

use super::super::{
    Action, Choice, Cursor, Dialog, Draft, Effect, Menu, MenuRow, Overlay, State, Tone,
};
use crate::app::overlay::{Outcome, Pick};
use crate::engine::EntityStatus;
use crate::model::{Direction, Entity, Policy};

/// A cell that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cell {
    /// Which way changes travel.
    #[default]
    Direction,
    /// Who wins a conflict.
    Policy,
}

/// The Entities pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    /// The selected entity.
    pub cursor: Cursor<Entity>,
    /// The selected cell.
    pub cell: Cell,
    /// What is changed and not applied.
    pub draft: Draft,
}

impl Entities {
    /// The direction shown for an entity: the drafted one, else the one in force.
    pub fn direction(&self, row: &EntityStatus) -> Direction {
        self.draft.direction(&row.entity).unwrap_or(row.direction)
    }

    /// The policy shown for an entity: the drafted one, else the one in force.
    pub fn policy(&self, row: &EntityStatus) -> Policy {
        self.draft.policy(&row.entity).unwrap_or(row.policy)
    }

    /// What a direction means, in words.
    pub fn explain_direction(direction: Direction) -> &'static str {
        match direction {
            Direction::Off => "nothing is read or written",
            Direction::Both => "changes travel both ways",
            Direction::ToMarketo => "Dynamics changes go to Marketo; Marketo's stay there",
            Direction::ToDynamics => "Marketo changes go to Dynamics; Dynamics' stay there",
        }
    }

    /// What a policy is called on screen.
    pub fn policy_word(policy: Policy) -> &'static str {
        match policy {
            Policy::Ask => "ask me",
            Policy::Dynamics => "Dynamics wins",
            Policy::Marketo => "Marketo wins",
            Policy::Newest => "newest wins",
            Policy::Native => "as native",
        }
    }

    /// What a policy means for an entity, in words.
    pub fn explain_policy(policy: Policy, entity: &Entity) -> &'static str {
        match policy {
            Policy::Ask => "a field that moved on both sides waits for you",
            Policy::Dynamics => "the Dynamics value wins; the other is in the journal",
            Policy::Marketo => "the Marketo value wins; the other is in the journal",
            Policy::Newest => "the later change wins; asks when too close to tell",
            Policy::Native if *entity == Entity::LEAD => {
                "as Marketo's own connector: Marketo wins for leads"
            }
            Policy::Native => "as Marketo's own connector: Dynamics wins",
        }
    }
}

/// What a direction is called in a sentence.
fn spoken(direction: Direction) -> &'static str {
    match direction {
        Direction::Off => "off",
        Direction::Both => "both ways",
        Direction::ToMarketo => "to Marketo only",
        Direction::ToDynamics => "to Dynamics only",
    }
}

fn keys(state: &State) -> Vec<Entity> {
    let rows = state.snapshot.entities.iter();
    rows.map(|row| row.entity.clone()).collect()
}

/// The selected entity's row.
pub(in crate::app) fn selected(state: &State) -> Option<&EntityStatus> {
    let key = state.panes.entities.cursor.key()?;
    state
        .snapshot
        .entities
        .iter()
        .find(|row| row.entity == *key)
}

pub(in crate::app) fn settle(state: &mut State) {
    let keys = keys(state);
    state.panes.entities.cursor.settle(&keys);
    let snapshot = state.snapshot.clone();
    state.panes.entities.draft.settle(&snapshot.entities);
}

/// Moves the cursor by so many rows.
pub(in crate::app) fn step(state: &mut State, rows: isize) {
    let keys = keys(state);
    state.panes.entities.cursor.step(rows, &keys);
}

/// Puts the cursor on a row.
pub(in crate::app) fn point(state: &mut State, index: usize) {
    let keys = keys(state);
    state.panes.entities.cursor.go(index, &keys);
}

pub(in crate::app) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::CellLeft => state.panes.entities.cell = Cell::Direction,
        Action::CellRight => state.panes.entities.cell = Cell::Policy,
        Action::Choose => open_menu(state),
        Action::Cycle => cycle(state),
        Action::Review => review(state),
        Action::Discard => {
            state.panes.entities.draft.clear();
            state.say(Tone::Note, "the drafted changes are forgotten");
        }
        _ => {}
    }
    Vec::new()
}

/// Drafts what was picked in the menu.
pub(in crate::app) fn set(state: &mut State, entity: Entity, pick: SettingPick) {
    let draft = &mut state.panes.entities.draft;
    match pick {
        SettingPick::Direction(direction) => draft.set_direction(entity, direction),
        SettingPick::Policy(policy) => draft.set_policy(entity, policy),
    }
    settle(state);
}

/// A value for one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingPick {
    /// A direction.
    Direction(Direction),
    /// A policy.
    Policy(Policy),
}

fn cycle(state: &mut State) {
    let Some(row) = selected(state).cloned() else {
        return;
    };
    let pane = &state.panes.entities;
    let pick = match pane.cell {
        Cell::Direction => {
            SettingPick::Direction(after(row.entity.directions(), pane.direction(&row)))
        }
        Cell::Policy => SettingPick::Policy(after(row.entity.policies(), pane.policy(&row))),
    };
    set(state, row.entity, pick);
}

fn after<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|one| *one == now).unwrap_or(0);
    all.get((at + 1) % all.len()).copied().unwrap_or(now)
}

fn open_menu(state: &mut State) {
    let Some(row) = selected(state).cloned() else {
        return;
    };
    let pane = &state.panes.entities;
    let entity = row.entity.clone();
    let (title, rows, at) = match pane.cell {
        Cell::Direction => (
            format!("Direction of {entity}"),
            direction_rows(&entity),
            position(row.entity.directions(), pane.direction(&row)),
        ),
        Cell::Policy => (
            format!("Policy of {entity}"),
            policy_rows(&entity),
            position(row.entity.policies(), pane.policy(&row)),
        ),
    };
    state
        .overlays
        .push(Overlay::Menu(Menu::new(title, rows, at)));
}

fn position<T: PartialEq>(all: &[T], now: T) -> usize {
    all.iter().position(|one| *one == now).unwrap_or(0)
}

fn direction_rows(entity: &Entity) -> Vec<MenuRow> {
    let row = |direction| MenuRow {
        label: spoken(direction).to_owned(),
        detail: Entities::explain_direction(direction).to_owned(),
        pick: Pick::Setting(entity.clone(), SettingPick::Direction(direction)),
    };
    entity.directions().iter().copied().map(row).collect()
}

fn policy_rows(entity: &Entity) -> Vec<MenuRow> {
    let row = |policy: Policy| MenuRow {
        label: Entities::policy_word(policy).to_owned(),
        detail: Entities::explain_policy(policy, entity).to_owned(),
        pick: Pick::Setting(entity.clone(), SettingPick::Policy(policy)),
    };
    entity.policies().iter().copied().map(row).collect()
}

fn review(state: &mut State) {
    let pane = &state.panes.entities;
    let mut body = Vec::new();
    for row in &state.snapshot.entities {
        if let Some(direction) = pane.draft.direction(&row.entity) {
            let (from, to) = (spoken(row.direction), spoken(direction));
            body.push(format!("{} direction: {from} → {to}", row.entity));
            body.push(format!("  {}", Entities::explain_direction(direction)));
            body.extend(left_behind(row, direction));
        }
        if let Some(policy) = pane.draft.policy(&row.entity) {
            let (from, to) = (
                Entities::policy_word(row.policy),
                Entities::policy_word(policy),
            );
            body.push(format!("{} policy: {from} → {to}", row.entity));
            body.push(format!(
                "  {}",
                Entities::explain_policy(policy, &row.entity)
            ));
        }
    }
    body.push(String::new());
    body.push(
        "Obeyed from the next cycle on; a running cycle ends under the old settings.".to_owned(),
    );
    let choices = vec![
        Choice::new("Keep editing", Outcome::Cancel),
        Choice::new("Apply", Outcome::ApplyDraft),
    ];
    let dialog = Dialog::new("Apply the changed settings?", body, choices, state.now);
    state.overlays.push(Overlay::Dialog(dialog));
}

/// What a narrower direction leaves undone, when there is a backlog.
fn left_behind(row: &EntityStatus, direction: Direction) -> Option<String> {
    let narrower = direction != Direction::Both && direction != row.direction;
    let text = format!(
        "  {} records are waiting to be looked at; those that may no longer travel stay where they are",
        row.backlog
    );
    (narrower && row.backlog > 0).then_some(text)
}

/// Sends the draft to the engine.
pub(in crate::app) fn apply(state: &mut State) -> Vec<Effect> {
    let commands = state.panes.entities.draft.commands();
    commands
        .into_iter()
        .map(|command| state.send(command))
        .collect()
}
