//! Deciding conflicts: take a side, type a value, take it back; one, or all marked ones after a question.

use crate::app::overlay::{Outcome, Pick};
use crate::app::{
    Choice, Dialog, Edit, Effect, FieldCount, Menu, MenuRow, Overlay, Query, State, Tone,
};
use crate::engine::Command;
use crate::model::{Conflict, ConflictId, ConflictKind, ConflictStatus, Side, Take, Value};

/// Whether a conflict can be decided now.
pub(in crate::app) fn decidable(state: &State, conflict: &Conflict) -> bool {
    // A decision that is not applied yet can be replaced by another.
    let open = conflict.status.is_open();
    open && state.sending(conflict.id).is_none()
}

/// Whether a decision can be taken back now.
pub(in crate::app) fn undoable(state: &State, conflict: &Conflict) -> bool {
    conflict.status == ConflictStatus::Resolved && state.sending(conflict.id).is_none()
}

fn targets(state: &State, fit: impl Fn(&State, &Conflict) -> bool) -> Vec<ConflictId> {
    let targets = state.panes.conflicts.targets().into_iter();
    let fit = targets.filter(|conflict| fit(state, conflict));
    fit.map(|conflict| conflict.id).collect()
}

/// Takes one side's value.
pub(in crate::app) fn take_side(state: &mut State, side: Side) -> Vec<Effect> {
    let ids = targets(state, decidable);
    let name = side_name(side);
    decide(
        state,
        ids,
        &Take::Side(side),
        &format!("Take the {name} value"),
    )
}

/// Takes a typed value.
pub(in crate::app) fn take_value(
    state: &mut State,
    ids: Vec<ConflictId>,
    value: Value,
) -> Vec<Effect> {
    let shown = if value.is_null() {
        "no value".to_owned()
    } else {
        format!("“{value}”")
    };
    decide(
        state,
        ids,
        &Take::Value(value),
        &format!("Write {shown} to both sides"),
    )
}

/// A side's name in a sentence.
pub(in crate::app) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Dynamics => "Dynamics",
        Side::Marketo => "Marketo",
    }
}

/// One is decided at once (`u` takes it back), several after a question.
fn decide(state: &mut State, ids: Vec<ConflictId>, take: &Take, what: &str) -> Vec<Effect> {
    let by = state.session.user.clone();
    let command = |conflict: ConflictId| Command::Resolve {
        conflict,
        take: take.clone(),
        by: by.clone(),
    };
    let commands: Vec<Command> = ids.into_iter().map(command).collect();
    one_or_ask(state, commands, what)
}

fn one_or_ask(state: &mut State, commands: Vec<Command>, what: &str) -> Vec<Effect> {
    if state.panes.conflicts.marked.is_empty() {
        return commands
            .into_iter()
            .map(|command| state.send(command))
            .collect();
    }
    let marked = state.panes.conflicts.marked.len();
    let count = commands.len();
    let mut body = vec![format!("{what} in {count} of {marked} marked conflicts.")];
    if count < marked {
        body.push(format!(
            "{} are left as they are: they cannot be changed now.",
            marked - count
        ));
    }
    body.extend(fields_of(state, &commands));
    body.push(String::new());
    body.push("Written in the next batch; u takes a decision back until it is applied.".to_owned());
    let choices = vec![
        Choice::new("Cancel", Outcome::Cancel),
        Choice::new(format!("Do it for {count}"), Outcome::Send(commands)),
    ];
    let dialog = Dialog::new("Decide the marked conflicts?", body, choices, state.now);
    state.overlays.push(Overlay::Dialog(dialog));
    Vec::new()
}

/// How the commands spread over fields: at most a handful of lines.
fn fields_of(state: &State, commands: &[Command]) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for command in commands {
        if let Command::Resolve { conflict, .. } | Command::Unresolve { conflict } = command
            && let Some(row) = state.panes.conflicts.get(*conflict)
        {
            *counts
                .entry(format!("{} {}", row.entity, what_of(row)))
                .or_default() += 1;
        }
    }
    let more = counts.len().saturating_sub(SHOWN);
    let mut lines: Vec<String> = counts
        .into_iter()
        .take(SHOWN)
        .map(|(name, count)| format!("  {count} × {name}"))
        .collect();
    if more > 0 {
        lines.push(format!("  and {more} more fields"));
    }
    lines
}

/// The field of a conflict, or its kind when it is about a whole record.
fn what_of(conflict: &Conflict) -> &str {
    if conflict.field.is_empty() {
        conflict.kind.word()
    } else {
        &conflict.field
    }
}

/// Takes decisions back.
pub(in crate::app) fn undo(state: &mut State) -> Vec<Effect> {
    let ids = targets(state, undoable);
    let commands = ids
        .into_iter()
        .map(|conflict| Command::Unresolve { conflict })
        .collect();
    one_or_ask(state, commands, "Take the decision back")
}

/// Why no value can be typed for the targets now.
pub(in crate::app) fn why_no_typing(state: &State) -> Option<String> {
    let targets = state.panes.conflicts.targets();
    let first = targets.first()?;
    if targets.len() == 1 && first.kind.is_match() {
        return None;
    }
    if targets.iter().any(|one| one.kind != ConflictKind::Field) {
        return Some("only a field's conflict takes a typed value".to_owned());
    }
    let alike = |one: &&Conflict| one.field == first.field && one.entity == first.entity;
    (!targets.iter().all(alike))
        .then(|| "the marked conflicts are about different fields".to_owned())
}

/// Opens the editor for a value.
pub(in crate::app) fn open_edit(state: &mut State) -> Vec<Effect> {
    let ids = targets(state, decidable);
    let Some(first) = ids.first().and_then(|id| state.panes.conflicts.get(*id)) else {
        return Vec::new();
    };
    let alone = ids.len() == 1;
    let edit = Edit::new(first, ids.clone(), alone);
    state.overlays.push(Overlay::Edit(edit));
    Vec::new()
}

/// Asks which fields have conflicts, for the menu.
pub(in crate::app) fn open_fields(state: &mut State) -> Vec<Effect> {
    let pane = &mut state.panes.conflicts;
    let mut filter = pane.query();
    filter.entity = None;
    filter.field = None;
    let (id, effect) = state.ask(Query::Fields(filter));
    state
        .overlays
        .push(Overlay::Menu(Menu::awaiting("Show one field", id)));
    vec![effect]
}

/// Fills the menu of fields.
pub(in crate::app) fn show_fields(state: &mut State, counts: Vec<FieldCount>) {
    if counts.is_empty() {
        state.overlays.pop();
        state.say(Tone::Note, "no conflicts to narrow down");
        return;
    }
    let all: u64 = counts.iter().map(|count| count.count).sum();
    let mut rows = vec![MenuRow {
        label: "all fields".to_owned(),
        detail: all.to_string(),
        pick: Pick::Field(None, None),
    }];
    rows.extend(counts.into_iter().map(|one| MenuRow {
        label: if one.field.is_empty() {
            format!("{}  (whole records)", one.entity)
        } else {
            format!("{}  {}", one.entity, one.field)
        },
        detail: one.count.to_string(),
        pick: Pick::Field(Some(one.entity), Some(one.field)),
    }));
    if let Some(Overlay::Menu(menu)) = state.overlays.last_mut() {
        menu.fill(rows);
    }
}
