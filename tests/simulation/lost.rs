//! I5 and I6: nothing that somebody typed is lost, and no conflict comes out of nothing.

use std::collections::HashSet;

use syncdeck::model::{Cause, Conflict, ConflictKind, CycleId, Value};

use super::crowd::{Crowd, Edit, Who};
use crate::engine::harness::{Bench, oracle};

/// Both checks. `sure`: no write of this life was left without an answer; one that was may clash with the next edit.
pub fn check(bench: &Bench, crowd: &Crowd, sure: bool) -> Vec<String> {
    let mut found = Vec::new();
    nothing_lost(bench, crowd, &mut found);
    for conflict in bench.conflicts().into_iter().filter(|_| sure) {
        if out_of_nothing(bench, crowd, &conflict) {
            found.push(format!("I6: only one side was edited: {conflict:?}"));
        }
    }
    found
}

/// I5: of every record and field the last text somebody typed there is there still, or it is kept as a loser, or it had
/// reached the other side and was replaced by somebody who could see it.
fn nothing_lost(bench: &Bench, crowd: &Crowd, found: &mut Vec<String>) {
    let kept = losers(bench, crowd);
    let mut seen: HashSet<(Who, &str)> = HashSet::new();
    for edit in crowd.edits.iter().rev() {
        if !seen.insert((edit.who, edit.column)) {
            continue;
        }
        let Some(value) = edit.value.as_str() else {
            continue;
        };
        // Deleted or merged since: that was a later human's doing.
        let Some(now) = now(bench, edit) else {
            continue;
        };
        if now != edit.value && !kept.contains(value) {
            found.push(format!("I5: {edit:?} is lost, {now} is there"));
        }
    }
}

fn now(bench: &Bench, edit: &Edit) -> Option<serde_json::Value> {
    let (record, name) = match edit.who {
        Who::Row(table, id) => (bench.world.dynamics.row(table, id)?, edit.column),
        Who::Person(id) => (
            bench.world.marketo.person(id)?,
            oracle::field_of(edit.column),
        ),
    };
    Some(record.get(name).cloned().unwrap_or_default())
}

/// Every text that may rightly be gone. What a plain change replaced is no loser unless it had been sent on before: else
/// nobody was asked, and no policy.
fn losers(bench: &Bench, crowd: &Crowd) -> HashSet<String> {
    let mut kept = HashSet::new();
    let mut keep = |value: &Value| {
        kept.extend(value.as_text().map(str::to_owned));
    };
    for conflict in bench.conflicts() {
        keep(&conflict.dynamics);
        keep(&conflict.marketo);
    }
    let last = bench.store.read_blocking(|r| r.last_cycle()).unwrap();
    for cycle in 1..=last.map_or(0, |cycle| cycle.id.0) {
        let rows = bench
            .store
            .read_blocking(|r| r.journal_of_cycle(CycleId(cycle), None, 100_000))
            .unwrap();
        for row in rows {
            let text = row.entry.before.as_text().unwrap_or_default();
            if row.entry.cause != Cause::Change || crowd.sent.contains(text) {
                keep(&row.entry.before);
            }
        }
    }
    kept
}

/// I6: both sides of a person that the engine made started equal, so each must have been edited before they can clash.
fn out_of_nothing(bench: &Bench, crowd: &Crowd, conflict: &Conflict) -> bool {
    let (Some(row), Some(person)) = (conflict.dynamics_id, conflict.marketo_id) else {
        return false;
    };
    let apart = conflict.kind != ConflictKind::Field || crowd.made.contains(&person);
    if apart || crowd.merged.contains(&row) || !oracle::knows(&conflict.field) {
        return false;
    }
    let table = if conflict.entity.name() == "lead" {
        "lead"
    } else {
        "contact"
    };
    let edited = |who: Who| {
        crowd.edits.iter().any(|edit| {
            edit.who == who
                && [edit.column, oracle::field_of(edit.column)].contains(&&*conflict.field)
        })
    };
    let there = bench.world.dynamics.row(table, row).is_some();
    there && !(edited(Who::Row(table, row)) && edited(Who::Person(person)))
}
