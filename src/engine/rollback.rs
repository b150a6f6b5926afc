//! Taking a whole cycle back: a plan that is shown first, and carried out by its name.
//!
//! Every field that the cycle wrote, and that nobody wrote since, gets back the value it replaced: on both sides, as a
//! decision, so that no later cycle carries the newer value over again. A field that travels one way is put back where it
//! arrives, and held there until it changes where it comes from. Each step is a correction bound to what the
//! cycle left: where a side has moved meanwhile, it is given up. What the cycle created is listed, and deleted only
//! where that is asked for and nobody has changed it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::approval::name;
use super::mapping_facts::mapping_facts;
use super::records::Asked;
use super::rollback_objects;
use super::rollback_one_way;
use super::stage::dirty;
use super::stamp;
use super::undoing::{Correction, correct, replaced};
use crate::model::{
    Cause, Conflict, ConflictId, ConflictKind, ConflictStatus, CycleId, Direction, Entity,
    JournalEntry, LinkId, MarketoId, RecordKey, Side, Take, Value,
};
use crate::store::{DirtyReason, JournalRow, Reader, StoreError, Tx};

/// Writes of a cycle that one plan covers.
pub const ROLLBACK_MAX: usize = 200_000;

/// What taking one write back comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollbackStep {
    /// The entity.
    pub entity: Entity,
    /// The Dynamics row.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person.
    pub marketo_id: Option<MarketoId>,
    /// The logical field; empty for a record that the cycle created.
    pub field: String,
    /// `restore`, `delete`, `recreate`, `keep` (created, and left alone) or `skip`.
    pub action: &'static str,
    /// The side a created record is on, or the only one that gets its value back.
    pub side: Option<Side>,
    /// What the cycle left.
    pub written: serde_json::Value,
    /// What both sides hold afterwards, or the one of `side`.
    pub restored: serde_json::Value,
    /// Why it is skipped.
    pub why: Option<String>,
    /// What later cycles make of it, where they do not simply keep it so.
    pub then: Option<&'static str>,
    #[serde(skip)]
    pub(super) link: Option<LinkId>,
    #[serde(skip)]
    pub(super) seen: [Value; 2],
    #[serde(skip)]
    pub(super) take: Option<Take>,
}

impl RollbackStep {
    /// A step that does nothing yet.
    pub(super) fn about(entry: &JournalEntry) -> Self {
        Self {
            entity: entry.entity.clone(),
            dynamics_id: entry.dynamics_id,
            marketo_id: entry.marketo_id,
            field: entry.field.clone(),
            action: "skip",
            side: None,
            written: entry.after.to_json(),
            restored: serde_json::Value::Null,
            why: None,
            then: None,
            link: entry.link,
            seen: [Value::Null, Value::Null],
            take: None,
        }
    }
}

/// A cycle's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackPlan {
    /// The cycle that is taken back.
    pub cycle: CycleId,
    /// The name it is approved by: another plan has another name.
    pub name: String,
    /// Record by record, field by field.
    pub steps: Vec<RollbackStep>,
}

/// What taking `cycle` back would do. The inner error says why there can be no plan.
pub fn plan_rollback(
    reader: &Reader<'_>,
    cycle: CycleId,
    delete_created: bool,
) -> Result<Result<RollbackPlan, String>, StoreError> {
    if reader.cycle(cycle)?.is_none() {
        return Ok(Err(format!("there is no cycle {cycle}")));
    }
    let rows = reader.journal_by_field(cycle, ROLLBACK_MAX + 1)?;
    if rows.len() > ROLLBACK_MAX {
        return Ok(Err(format!(
            "cycle {cycle} wrote more than {ROLLBACK_MAX} values: that is a first copy, not a slip"
        )));
    }
    let mut allowed = Allowed::default();
    let mut steps = Vec::new();
    let objects = rollback_objects::Cycle::of(&rows);
    let same = |a: &JournalRow, b: &JournalRow| {
        let key = |row: &JournalRow| {
            let entry = &row.entry;
            (entry.link, entry.field.clone(), entry.dynamics_id)
        };
        key(a) == key(b) && !a.entry.field.is_empty()
    };
    for group in rows.chunk_by(same) {
        let is_object = |row: &JournalRow| !row.entry.entity.is_person();
        steps.extend(if group.first().is_some_and(is_object) {
            objects.step(reader, &mut allowed, group, delete_created)?
        } else {
            step(reader, &mut allowed, group, delete_created)?
        });
    }
    let shown = serde_json::to_string(&steps).unwrap_or_default();
    let name = name(&format!("rollback-{cycle}"), &shown);
    Ok(Ok(RollbackPlan { cycle, name, steps }))
}

/// Makes the plan anew, and has it carried out by the next cycle if it is still the one of this name.
pub(super) fn approved(
    tx: &Tx<'_>,
    (cycle, delete_created): (CycleId, bool),
    name: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    match plan_rollback(tx, cycle, delete_created)? {
        Err(why) => Ok(Asked::No(why)),
        Ok(plan) if plan.name != name => Ok(Asked::No(format!(
            "the plan that takes cycle {cycle} back is another by now: look at it again"
        ))),
        Ok(plan) => roll_back(tx, &plan, by, now),
    }
}

/// Has the plan of this name carried out by the next cycle. How many steps; or why not.
pub fn roll_back(
    tx: &Tx<'_>,
    plan: &RollbackPlan,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    let mut taken = 0;
    for step in &plan.steps {
        let Some(take) = &step.take else { continue };
        let key = step
            .dynamics_id
            .map(RecordKey::Dynamics)
            .or(step.marketo_id.map(RecordKey::Marketo));
        let Some(key) = key else { continue };
        correct(
            tx,
            Correction {
                kind: ConflictKind::Rollback,
                note: format!("takes cycle {} back", plan.cycle),
                seen: step.seen.clone(),
                take: take.clone(),
                conflict: about(step, now),
            },
            by,
            now,
        )?;
        tx.mark_dirty(&[dirty(&step.entity, key, DirtyReason::Conflict, now)])?;
        taken += 1;
    }
    Ok(Asked::Done(format!(
        "{taken} steps are taken by the next cycle, each where the cycle's value is still there"
    )))
}

fn about(step: &RollbackStep, now: DateTime<Utc>) -> Conflict {
    Conflict {
        id: ConflictId(0),
        link: step.link,
        entity: step.entity.clone(),
        kind: ConflictKind::Rollback,
        field: step.field.clone(),
        dynamics_id: step.dynamics_id,
        marketo_id: step.marketo_id,
        label: String::new(),
        base: None,
        dynamics: Value::Null,
        marketo: Value::Null,
        status: ConflictStatus::Resolved,
        detected: now,
        resolution: None,
        note: String::new(),
    }
}

fn step(
    reader: &Reader<'_>,
    allowed: &mut Allowed,
    group: &[JournalRow],
    delete_created: bool,
) -> Result<Option<RollbackStep>, StoreError> {
    let Some(first) = group.first() else {
        return Ok(None);
    };
    let entry = &first.entry;
    let mut step = RollbackStep::about(entry);
    let key = entry
        .dynamics_id
        .map(RecordKey::Dynamics)
        .or(entry.marketo_id.map(RecordKey::Marketo));
    let last = group.iter().map(|row| row.id).max().unwrap_or_default();
    match (&entry.cause, entry.field.is_empty()) {
        (Cause::Create, true) => {
            step.side = Some(entry.side);
            let changed = match key {
                Some(key) => reader.written_after(key, None, last)?,
                None => true,
            };
            if !delete_created {
                step.action = "keep";
            } else if changed {
                step.why = Some("it was changed since".to_owned());
            } else {
                (step.action, step.take) = ("delete", Some(Take::Side(entry.side)));
            }
            return Ok(Some(step));
        }
        // A conversion is a fact of Dynamics; which row has a person is undone by `records unlink` and `link`.
        (Cause::Conversion, _) | (Cause::Resolution(_), true) => return Ok(None),
        (Cause::Delete, _) | (_, true) => {
            step.why = Some("what was deleted cannot be brought back".to_owned());
            return Ok((entry.field.is_empty()).then_some(step));
        }
        // Whom a person is linked to is undone by `records unlink`.
        _ if entry.field == stamp::DYNAMICS_ID => return Ok(None),
        _ => {}
    }
    restore(reader, allowed, group, step, key.map(|key| (key, last)))
}

/// The step that gives one field back what the cycle replaced.
fn restore(
    reader: &Reader<'_>,
    allowed: &mut Allowed,
    group: &[JournalRow],
    mut step: RollbackStep,
    last: Option<(RecordKey, i64)>,
) -> Result<Option<RollbackStep>, StoreError> {
    // The newest first, as an undo has them.
    let newest: Vec<JournalRow> = group.iter().rev().cloned().collect();
    let Some((seen, before)) = replaced(&newest) else {
        return Ok(None);
    };
    let Some(side) = group.first().map(|row| row.entry.side) else {
        return Ok(None);
    };
    let one_side = group.iter().all(|row| row.entry.side == side);
    let [dynamics, marketo] = before;
    let travels = allowed.of(reader, &step.entity, &step.field)?;
    let one_way = rollback_one_way::receiver(travels);
    let take = if let Some(to) = one_way {
        step.side = Some(to);
        let value = if to == Side::Dynamics {
            dynamics
        } else {
            marketo
        };
        Take::Alone { side: to, value }
    } else if one_side {
        Take::Value(if side == Side::Dynamics {
            dynamics
        } else {
            marketo
        })
    } else {
        Take::Each { dynamics, marketo }
    };
    step.restored = match &take {
        Take::Each { dynamics, marketo } => {
            serde_json::json!({"dynamics": dynamics.to_json(), "marketo": marketo.to_json()})
        }
        Take::Value(value) | Take::Alone { value, .. } => value.to_json(),
        Take::Side(_) => serde_json::Value::Null,
    };
    let again = match last {
        Some((key, last)) => reader.written_after(key, Some(&step.field), last)?,
        None => true,
    };
    if step.link.is_none() {
        step.why = Some("its link is not known any more".to_owned());
    } else if again {
        step.why = Some("it was written again since".to_owned());
    } else if let Some(why) = rollback_one_way::why_not(travels, group) {
        step.why = Some(why);
    } else if let Some(why) = rollback_one_way::stays(&step.entity, &step.field, &take) {
        step.why = Some(why);
    } else {
        step.then = one_way.map(rollback_one_way::held);
        (step.action, step.seen, step.take) = ("restore", seen, Some(take));
    }
    Ok(Some(step))
}

/// Which way fields travel, looked up once an entity.
#[derive(Default)]
pub(super) struct Allowed(
    std::collections::BTreeMap<Entity, std::collections::BTreeMap<String, Direction>>,
);

impl Allowed {
    pub(super) fn of(
        &mut self,
        reader: &Reader<'_>,
        entity: &Entity,
        field: &str,
    ) -> Result<Direction, StoreError> {
        if !self.0.contains_key(entity) {
            let settings = reader.entity_settings()?;
            let of_entity = settings.iter().find(|settings| settings.entity == *entity);
            let direction = of_entity.map_or(Direction::Both, |settings| settings.direction);
            let facts = mapping_facts(reader, entity)?;
            let fields = facts
                .into_iter()
                .map(|fact| (fact.field, direction.and(fact.direction)));
            self.0.insert(entity.clone(), fields.collect());
        }
        let known = self.0.get(entity).and_then(|fields| fields.get(field));
        Ok(known.copied().unwrap_or(Direction::Off))
    }
}
