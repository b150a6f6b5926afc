//! What must be true after any life, whatever happened in it.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use syncdeck::model::{
    ConflictKind, ConflictStatus, Direction, Entity, LinkId, RecordKey, Side, Value,
};
use syncdeck::reconcile::held_as;
use syncdeck::sandbox::World;
use syncdeck::store::{Link, LinkState, OpState};

use super::cast::EVENTS;
use crate::engine::harness::wire::{Sent, Write, is_record};
use crate::engine::harness::{Bench, oracle};
use uuid::{Uuid, Version};

/// I4: writes to a side that the entity's direction forbids.
pub fn forbidden(world: &World, sent: &Sent, directions: [Direction; 2]) -> Vec<String> {
    let records = sent.writes.iter().filter(|write| is_record(write));
    records
        .filter_map(|write| {
            let entity = entity(world, write)?;
            let direction = match entity.as_str() {
                "account" | "opportunitie" | "systemuser" | "team" => Direction::ToMarketo,
                "contact" => directions[1],
                _ => directions[0],
            };
            (!direction.writes(write.side)).then(|| format!("I4: {direction} but {write:?}"))
        })
        .collect()
}

fn entity(world: &World, write: &Write) -> Option<String> {
    if write.side == Side::Dynamics {
        return Some(
            write
                .what
                .rsplit(' ')
                .next()?
                .trim_end_matches('s')
                .to_owned(),
        );
    }
    // A stamp that is written says whose the person is from now on: a contact may have taken it over.
    if let Some(of) = write.fields.get("syncdeckDynamicsType") {
        return Some(of.as_str()?.to_owned());
    }
    let held = write
        .key
        .parse()
        .ok()
        .and_then(|id| world.marketo.person(id));
    let fields = held.as_ref().unwrap_or(&write.fields);
    Some(fields.get("syncdeckDynamicsType")?.as_str()?.to_owned())
}

/// I9: fields that were sent although the target held just that.
pub fn needless(write: &Write) -> Option<String> {
    let ours = |name: &&String| !name.starts_with("syncdeck");
    let fields: Vec<&String> = write.needless.iter().filter(ours).collect();
    (!fields.is_empty()).then(|| format!("I9: {fields:?} sent for nothing: {write:?}"))
}

/// All that can be told at the end; `made`: people that were not made by the engine.
pub async fn check(bench: &Bench, made: &HashSet<i64>) -> Vec<String> {
    let mut found = Vec::new();
    in_step(bench, &mut found);
    everybody(bench, &mut found).await;
    no_doubles(bench, &mut found);
    nobody_again(bench, made, &mut found);
    store(bench, &mut found);
    found
}

/// I1: linked records agree, but for what waits for the admin.
fn in_step(bench: &Bench, found: &mut Vec<String>) {
    let open = bench.open_conflicts();
    let failures = bench.failures();
    for link in bench.links() {
        let (Some(id), Some(person)) = (link.dynamics, link.marketo) else {
            continue;
        };
        let table = link.entity.name();
        let row = bench.world.dynamics.row(table, id);
        let (Some(row), Some(person)) = (row, bench.world.marketo.person(person)) else {
            continue;
        };
        for (column, ours, theirs) in oracle::differences(table, &row, &person) {
            let waits = open.iter().any(|one| {
                one.link == Some(link.id)
                    && (one.field.is_empty()
                        || [column.as_str(), oracle::field_of(&column)].contains(&&*one.field))
            });
            let failed = failures.iter().any(|one| one.dynamics_id == Some(id));
            let held = is_held(bench, link.id, &column);
            if !waits && !failed && !held {
                found.push(format!(
                    "I1: {table} {id} person {:?} {column}: {ours} != {theirs}",
                    link.marketo
                ));
            }
        }
    }
}

/// Whether a value that a rollback put back is held: in a field that travels one way it differs until it changes at its
/// source.
fn is_held(bench: &Bench, link: LinkId, column: &str) -> bool {
    let names = [column, oracle::field_of(column)];
    let rolled = bench.conflicts().into_iter().any(|one| {
        one.link == Some(link) && one.kind == ConflictKind::Rollback && names.contains(&&*one.field)
    });
    let bases = bench.store.read_blocking(|reader| reader.bases(&[link]));
    let base = bases.unwrap().remove(&link).unwrap_or_default();
    rolled
        && names.iter().any(|name| {
            let mark = base.get(&held_as(name));
            mark.is_some_and(|mark| !mark.is_null())
        })
}

/// Every row has its person, or there is a reason that the admin can see.
async fn everybody(bench: &Bench, found: &mut Vec<String>) {
    let (open, failures) = (bench.open_conflicts(), bench.failures());
    for table in ["lead", "contact"] {
        for id in bench.rows(table).await {
            let link = bench.link(id);
            let linked = link.as_ref().is_some_and(|link| {
                link.state == LinkState::Tombstone
                    || link
                        .marketo
                        .is_some_and(|id| bench.world.marketo.person(id).is_some())
            });
            let waits = open.iter().any(|one| one.dynamics_id == Some(id));
            let failed = failures.iter().any(|one| one.dynamics_id == Some(id));
            if !linked && !waits && !failed {
                found.push(format!("I1: {table} {id} has nobody: {link:?}"));
            }
        }
    }
}

/// I3: one person a row, one link a key.
fn no_doubles(bench: &Bench, found: &mut Vec<String>) {
    let mut stamped: HashMap<String, i64> = HashMap::new();
    for (id, person) in bench.people() {
        let Some(stamp) = person.get("syncdeckDynamicsId").and_then(Json::as_str) else {
            continue;
        };
        if let Some(other) = stamped.insert(stamp.to_owned(), id) {
            found.push(format!(
                "I3: people {other} and {id} are both stamped {stamp}"
            ));
        }
    }
    let (mut rows, mut people) = (HashSet::new(), HashSet::new());
    for link in bench.links() {
        if link.dynamics.is_some_and(|id| !rows.insert(id))
            || link.marketo.is_some_and(|id| !people.insert(id))
        {
            found.push(format!("I3: a second link for a key: {link:?}"));
        }
    }
}

/// I3: a person becomes one row. The engine's own GUIDs tell which rows it made.
pub fn made_twice(bench: &Bench, rows: &[(&'static str, Uuid)]) -> Vec<String> {
    let ours = |id: &Uuid| id.get_version() == Some(Version::Sha1);
    let made = rows.iter().map(|(_, id)| *id).filter(ours);
    let mut known: HashMap<i64, Uuid> = HashMap::new();
    let mut found = Vec::new();
    for id in made {
        let person = bench.link(id).and_then(|link| link.marketo);
        if let Some(other) = person.and_then(|person| known.insert(person, id)) {
            found.push(format!("I3: {person:?} was made twice: {other} and {id}"));
        }
    }
    found
}

/// I3: nobody is made again for a row whose link is a tombstone.
fn nobody_again(bench: &Bench, made: &HashSet<i64>, found: &mut Vec<String>) {
    for link in bench.all_links() {
        let (LinkState::Tombstone, Some(row)) = (link.state, link.dynamics) else {
            continue;
        };
        let again = bench.people_of(row);
        let again: Vec<i64> = again
            .into_iter()
            .filter(|id| Some(*id) != link.marketo && !made.contains(id))
            .collect();
        if !again.is_empty() && link.marketo.is_some() {
            found.push(format!("I3: {again:?} made again for {link:?}"));
        }
    }
}

/// I9: fields that were acknowledged, but of which the journal knows nothing.
pub fn not_in_journal(bench: &Bench, writes: &[Write]) -> Vec<String> {
    let updates = writes
        .iter()
        .filter(|write| is_record(write) && !write.key.is_empty() && !write.stale);
    let mut found = Vec::new();
    for write in updates {
        let key = match write.side {
            Side::Dynamics => write.key.parse().ok().map(RecordKey::Dynamics),
            Side::Marketo => write.key.parse().ok().map(RecordKey::Marketo),
        };
        let Some(key) = key else { continue };
        let journal = bench
            .store
            .read_blocking(|r| r.journal_of(key, 1000))
            .unwrap();
        for (name, value) in &write.fields {
            let Some(text) = value.as_str() else { continue };
            let kept = journal
                .iter()
                .any(|row| row.entry.after.as_text() == Some(text));
            if !kept && !name.starts_with("syncdeck") {
                found.push(format!("I9: {name} of {write:?} is not in the journal"));
            }
        }
    }
    found
}

/// I10: what a killed engine leaves behind is whole.
pub fn after_a_kill(bench: &Bench) -> Vec<String> {
    let mut found = Vec::new();
    let mut entities = syncdeck::engine::ENTITIES.to_vec();
    entities.extend([Entity::ACCOUNT_ROLE, Entity::named(EVENTS)]);
    let links = bench.links_of(&entities);
    let keyless = links
        .iter()
        .filter(|link| link.dynamics.is_none() && link.marketo.is_none());
    found.extend(keyless.map(|link| format!("I10: no key: {link:?}")));
    let known: HashSet<_> = links.iter().map(|link| link.id).collect();
    for state in [OpState::Planned, OpState::Sent, OpState::Unknown] {
        for op in bench.store.read_blocking(|r| r.ops(state, 1000)).unwrap() {
            if op.link.is_some_and(|link| !known.contains(&link)) {
                found.push(format!("I10: no link: {op:?}"));
            }
        }
    }
    found
}

/// I6, I7 and what else the store must not hold at rest.
fn store(bench: &Bench, found: &mut Vec<String>) {
    let left = bench.store.read_blocking(|r| r.outbox_count()).unwrap();
    if left > 0 {
        found.push(format!("{left} operations are left in the outbox"));
    }
    for conflict in bench.conflicts() {
        let decided = conflict.resolution.is_some();
        if conflict.status == ConflictStatus::Applied && !decided {
            found.push(format!("I6: applied without a decision: {conflict:?}"));
        }
        let link = bench.all_links().into_iter();
        let ended =
            |link: &Link| Some(link.id) == conflict.link && link.state == LinkState::Tombstone;
        if conflict.status == ConflictStatus::Pending
            && conflict.kind != ConflictKind::Overwritten
            && let Some(link) = link.into_iter().find(ended)
        {
            found.push(format!(
                "I6: asked about {link:?}, which has ended: {conflict:?}"
            ));
        }
        if conflict.status.is_open() && conflict.kind == ConflictKind::Field {
            stale(bench, &conflict, found);
        }
    }
    for link in bench.links() {
        if let Some(id) = link.dynamics {
            let key = RecordKey::Dynamics(id);
            let dirty = bench
                .store
                .read_blocking(|r| r.dirty(&link.entity, key))
                .unwrap();
            if let Some(dirty) = dirty
                && dirty.due <= bench.clock.now()
            {
                found.push(format!("left to be looked at: {dirty:?}"));
            }
        }
    }
}

/// I6: an open conflict shows what the sides hold.
fn stale(bench: &Bench, conflict: &syncdeck::model::Conflict, found: &mut Vec<String>) {
    let table = conflict.entity.name();
    let row = conflict
        .dynamics_id
        .and_then(|id| bench.world.dynamics.row(table, id));
    let person = conflict
        .marketo_id
        .and_then(|id| bench.world.marketo.person(id));
    let (Some(row), Some(person)) = (row, person) else {
        return;
    };
    let differences = oracle::differences(table, &row, &person);
    if !oracle::knows(&conflict.field) {
        return;
    }
    let shown = differences.iter().any(|(column, ours, theirs)| {
        let same = |value: &Value, held: &Json| {
            value.as_text().unwrap_or_default() == held.as_str().unwrap_or_default()
        };
        [column.as_str(), oracle::field_of(column)].contains(&&*conflict.field)
            && (ours.is_boolean()
                || (same(&conflict.dynamics, ours) && same(&conflict.marketo, theirs)))
    });
    if !shown {
        found.push(format!(
            "I6: shows values that are gone: {conflict:?}, now {differences:?}"
        ));
    }
}
