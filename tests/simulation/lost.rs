//! I5 and I6: nothing that somebody typed is lost, and no conflict comes out of nothing.

use std::collections::{HashMap, HashSet};

use syncdeck::model::{Cause, Conflict, ConflictKind, ConflictStatus, CycleId, Value};
use syncdeck::store::{JournalRow, Reader};

use super::crowd::{Crowd, Edit, Who};
use crate::engine::harness::{Bench, oracle};

/// Both checks.
pub fn check(bench: &Bench, crowd: &Crowd) -> Vec<String> {
    let mut found = Vec::new();
    nothing_lost(bench, crowd, &mut found);
    nothing_comes_back(bench, crowd, &mut found);
    for conflict in bench.conflicts() {
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

/// I5: a value that whoever typed it has replaced since is not there again, unless the admin said so.
fn nothing_comes_back(bench: &Bench, crowd: &Crowd, found: &mut Vec<String>) {
    let (conflicts, kept) = (bench.conflicts(), decided_against(bench));
    let mut last: HashMap<(Who, &str), &Edit> = HashMap::new();
    for edit in crowd.edits.iter().rev() {
        let newest = *last.entry((edit.who, edit.column)).or_insert(edit);
        let (Some(_), Some(_)) = (newest.value.as_str(), edit.value.as_str()) else {
            continue;
        };
        let back = !std::ptr::eq(newest, edit) && now(bench, edit).as_ref() == Some(&edit.value);
        let newer = newest.value.as_str().unwrap_or_default();
        if !back || kept.contains(newer) || merged(bench, crowd, edit.who) {
            continue;
        }
        let decided = conflicts.iter().any(|one| {
            let names = [edit.column, oracle::field_of(edit.column)];
            let here = match edit.who {
                Who::Row(_, row) => one.dynamics_id == Some(row),
                Who::Person(person) => one.marketo_id == Some(person),
            };
            here && one.resolution.is_some() && names.contains(&&*one.field)
        });
        if !decided {
            found.push(format!(
                "I5: {edit:?} is back, though {newest:?} came later"
            ));
        }
    }
}

/// Texts a policy or a decision has replaced, by the journal; and those a write has overwritten unseen, which the admin
/// is asked about.
fn decided_against(bench: &Bench) -> HashSet<String> {
    let rows = journal(bench).into_iter();
    let rows = rows.filter(|row| row.entry.cause != Cause::Change);
    let replaced = rows.map(|row| row.entry.before);
    let asked = bench.conflicts().into_iter();
    let asked = asked.filter(|one| one.kind == ConflictKind::Overwritten);
    let texts = replaced.chain(asked.flat_map(|one| [one.dynamics, one.marketo]));
    texts
        .filter_map(|value| value.as_text().map(str::to_owned))
        .collect()
}

/// Every write the engine remembers.
fn journal(bench: &Bench) -> Vec<JournalRow> {
    let last = bench.store.read_blocking(|r| r.last_cycle()).unwrap();
    let cycles = 1..=last.map_or(0, |cycle| cycle.id.0);
    let of = |cycle| {
        let read = |r: &Reader<'_>| r.journal_of_cycle(CycleId(cycle), None, 100_000);
        bench.store.read_blocking(read).unwrap()
    };
    cycles.flat_map(of).collect()
}

/// Whether a record, or the one it is linked with, took part in a merge.
fn merged(bench: &Bench, crowd: &Crowd, who: Who) -> bool {
    let links = bench.all_links();
    let mut rows = links.iter().filter_map(|link| match who {
        Who::Row(_, row) => (link.dynamics == Some(row)).then_some(row),
        Who::Person(person) => link.dynamics.filter(|_| link.marketo == Some(person)),
    });
    rows.any(|row| crowd.merged.contains(&row))
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
    for row in journal(bench) {
        let text = row.entry.before.as_text().unwrap_or_default();
        if row.entry.cause != Cause::Change || crowd.sent.contains(text) {
            keep(&row.entry.before);
        }
    }
    kept
}

/// I6: both sides of a person that the engine made started equal, so each must have been edited before they can clash.
fn out_of_nothing(bench: &Bench, crowd: &Crowd, conflict: &Conflict) -> bool {
    let (Some(row), Some(person)) = (conflict.dynamics_id, conflict.marketo_id) else {
        return false;
    };
    // A contact that a lead was qualified to was made by no hand, and edited as a lead before.
    let typed = crowd.rows.iter().any(|(_, known)| *known == row);
    let apart = conflict.kind != ConflictKind::Field || crowd.made.contains(&person) || !typed;
    if apart || crowd.merged.contains(&row) || !oracle::knows(&conflict.field) {
        return false;
    }
    // A person that the admin gave to another row has no history with it.
    let given = |one: &Conflict| {
        let applied = one.status == ConflictStatus::Applied;
        one.kind.is_match() && applied && one.dynamics_id == Some(row)
    };
    // What the admin took back moved a side, too.
    let taken_back = |one: &Conflict| {
        one.kind.is_correction() && one.dynamics_id == Some(row) && one.field == conflict.field
    };
    let mut others = bench.conflicts().into_iter();
    if others.any(|one| given(&one) || taken_back(&one)) {
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
