//! Tasks for salespeople: asked for here, created in Dynamics under the lead or contact they are about.
//!
//! As the flow step of Marketo's own connector does. A task's GUID is chosen, or given by the caller, and stored before
//! the call, which says *only if there is none*: asked twice, cut off or killed, there is one task. One that is refused
//! is a failure like any other.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use uuid::Uuid;

use super::context::Context;
use super::error::EngineError;
use super::new_task::{NewTask, TASK_DUE_DAYS, TaskPriority, TaskStatus};
use super::preview::PreviewLine;
use super::records::Asked;
use super::retry;
use super::snapshot::NewsKind;
use super::stage::dirty;
use super::tables;
use crate::connectors::WriteOutcome;
use crate::connectors::dynamics::{DynamicsAction, DynamicsIdentity, DynamicsWrite, Table};
use crate::model::{
    Cause, CycleId, Entity, FailureClass, JournalEntry, LinkId, MarketoId, RecordKey, Refusal,
    Side, Value,
};
use crate::store::{Dirty, DirtyReason, LinkState, NewFailure, StoreError, Tx};

/// The table, and the word for it in lists.
const TASK: &str = "task";
/// Tasks sent at a time.
const AT_ONCE: usize = 100;

/// A task as it is kept until Dynamics has it. Not printed: it is somebody's.
#[derive(Serialize, Deserialize)]
struct Kept {
    link: LinkId,
    entity: Entity,
    row: Uuid,
    marketo: Option<MarketoId>,
    subject: String,
    body: String,
    due: DateTime<Utc>,
    priority: TaskPriority,
    status: TaskStatus,
}

fn entity() -> Entity {
    Entity::named(TASK)
}

fn key(id: Uuid) -> String {
    format!("task/{id}")
}

/// Asks for a task; the next cycle creates it.
pub fn create_task(tx: &Tx<'_>, new: &NewTask, now: DateTime<Utc>) -> Result<Asked, StoreError> {
    if tx.setting(&key(new.id))?.is_some() {
        return Ok(Asked::Done(format!(
            "task {} was asked for already: nothing is created twice",
            new.id
        )));
    }
    let subject = new.subject.trim();
    if subject.is_empty() {
        return Ok(Asked::No("a task needs a subject".to_owned()));
    }
    let link = tx.links_by_key(&[new.about])?.remove(&new.about);
    let live = link.filter(|link| link.entity.is_person() && link.state == LinkState::Live);
    let Some((row, about)) = live.and_then(|link| Some((link.dynamics?, link))) else {
        return Ok(Asked::No(format!(
            "{} is no lead or contact in Dynamics: see `syncdeck records create`",
            new.about
        )));
    };
    let due = new.due.unwrap_or(now + TimeDelta::days(TASK_DUE_DAYS));
    let kept = Kept {
        link: about.id,
        entity: about.entity,
        row,
        marketo: about.marketo,
        subject: subject.to_owned(),
        body: new.body.trim().to_owned(),
        due,
        priority: new.priority,
        status: new.status,
    };
    let text = serde_json::to_string(&kept).map_err(|_| StoreError::Damaged("a task"))?;
    tx.set_setting(&key(new.id), &text)?;
    tx.mark_dirty(&[again(new.id, DirtyReason::Conflict, now, now)])?;
    Ok(Asked::Done(format!(
        "task {} is created by the next cycle, due {}",
        new.id,
        due.format("%Y-%m-%d")
    )))
}

fn again(id: Uuid, reason: DirtyReason, now: DateTime<Utc>, due: DateTime<Utc>) -> Dirty {
    Dirty {
        due,
        ..dirty(&entity(), RecordKey::Dynamics(id), reason, now)
    }
}

/// Creates the tasks that are due. Without any, nothing is asked of Dynamics.
pub(super) async fn run(
    context: &Context,
    cycle: CycleId,
    identity: &DynamicsIdentity,
) -> Result<(), EngineError> {
    while !context.control.holds_writes()
        && context.control.holds(&entity(), Side::Dynamics).is_none()
    {
        let now = context.clock.now();
        let taken = context.store.transaction(move |tx| take(tx, now)).await?;
        if taken.is_empty() {
            return Ok(());
        }
        if let Err(error) = send(context, (cycle, identity), taken).await? {
            // What else has to be kept in step does not wait for tasks.
            let text = format!("tasks rest: {error}");
            context.progress.tell(NewsKind::Trouble, None, text);
            return Ok(());
        }
    }
    Ok(())
}

/// What is due. Should we die before it is settled, it is sent again, and is still one task.
fn take(tx: &Tx<'_>, now: DateTime<Utc>) -> Result<Vec<(Uuid, Kept)>, StoreError> {
    let due = tx.take_dirty(&entity(), now, false, AT_ONCE, &HashSet::new())?;
    let mut taken = Vec::with_capacity(due.len());
    for entry in due {
        let Some(id) = entry.key.dynamics() else {
            continue;
        };
        let stored = tx.setting(&key(id))?;
        let kept: Option<Kept> = stored.and_then(|text| serde_json::from_str(&text).ok());
        match kept {
            Some(kept) => taken.push((id, kept)),
            None => tx.clear_dirty(&entity(), &[(entry.key, entry.seq)])?,
        }
    }
    Ok(taken)
}

/// Sends tasks and keeps what became of each. The inner error is of the call as a whole: all of them rest.
async fn send(
    context: &Context,
    (cycle, identity): (CycleId, &DynamicsIdentity),
    tasks: Vec<(Uuid, Kept)>,
) -> Result<Result<(), EngineError>, EngineError> {
    let answer = answer(context, identity, &tasks).await;
    let (now, rested) = (context.clock.now(), context.rested());
    let (outcomes, ended) = match answer {
        Ok(outcomes) => (outcomes, Ok(())),
        Err(error) => (Vec::new(), Err(error)),
    };
    context
        .store
        .transaction(move |tx| {
            let mut outcomes = outcomes.into_iter();
            for (id, task) in &tasks {
                clear(tx, RecordKey::Dynamics(*id))?;
                match outcomes.next() {
                    Some(outcome) => settle(tx, (*id, task), outcome, (cycle, now, rested))?,
                    None => tx.mark_dirty(&[again(*id, DirtyReason::Settle, now, rested)])?,
                }
            }
            Ok(())
        })
        .await?;
    Ok(ended)
}

async fn answer(
    context: &Context,
    identity: &DynamicsIdentity,
    tasks: &[(Uuid, Kept)],
) -> Result<Vec<WriteOutcome>, EngineError> {
    if let Some(dry) = &context.dry {
        let mut outcomes = Vec::with_capacity(tasks.len());
        for (id, task) in tasks {
            dry.line(line(*id, task)).await;
            let key = RecordKey::Dynamics(*id);
            outcomes.push(WriteOutcome::Created { key, version: None });
        }
        return Ok(outcomes);
    }
    let table = tables::table(context, &entity(), TASK, identity.schema.as_deref()).await?;
    let writes = tasks.iter().map(|(id, task)| write(&table, *id, task));
    let writes: Vec<DynamicsWrite<'_>> = writes.collect();
    Ok(context.dynamics.write(&writes).await?)
}

fn clear(tx: &Tx<'_>, key: RecordKey) -> Result<(), StoreError> {
    let held = tx.dirty(&entity(), key)?;
    let held = held.map(|entry| (entry.key, entry.seq));
    tx.clear_dirty(&entity(), held.as_slice())
}

fn settle(
    tx: &Tx<'_>,
    (id, task): (Uuid, &Kept),
    outcome: WriteOutcome,
    (cycle, now, rested): (CycleId, DateTime<Utc>, DateTime<Utc>),
) -> Result<(), StoreError> {
    let row = RecordKey::Dynamics(id);
    let refusal = match outcome {
        WriteOutcome::Created { .. } | WriteOutcome::Exists | WriteOutcome::Updated { .. } => {
            tx.set_setting(&key(id), &json!({"done": now}).to_string())?;
            tx.journal(&[JournalEntry {
                at: now,
                cycle,
                link: Some(task.link),
                entity: entity(),
                dynamics_id: Some(id),
                marketo_id: task.marketo,
                side: Side::Dynamics,
                field: String::new(),
                before: Value::Null,
                after: Value::Id(task.row),
                cause: Cause::Create,
            }])?;
            return tx.heal_failures(&[(entity(), Side::Dynamics, row)], now);
        }
        WriteOutcome::Refused(refusal) | WriteOutcome::Retry(refusal) => refusal,
        WriteOutcome::Unknown(_) => {
            return tx.mark_dirty(&[again(id, DirtyReason::Settle, now, rested)]);
        }
        WriteOutcome::Gone
        | WriteOutcome::Stale
        | WriteOutcome::Deleted
        | WriteOutcome::Ambiguous => Refusal {
            class: FailureClass::MissingParent,
            code: "gone".to_owned(),
            message: format!("the {} {} it is about is gone", task.entity, task.row),
            request: None,
        },
    };
    let attempts = tx.failure_attempts(&entity(), Side::Dynamics, row)? + 1;
    let next_try = retry::next_try(refusal.class, attempts, now);
    tx.record_failure(&NewFailure {
        entity: entity(),
        direction: Side::Dynamics,
        refusal,
        dynamics_id: Some(id),
        marketo_id: task.marketo,
        key: row,
        field: None,
        gone: false,
        at: now,
        next_try,
    })?;
    let due = next_try.map(|due| again(id, DirtyReason::Retry, now, due));
    tx.mark_dirty(due.as_slice())
}

fn write<'a>(table: &'a Table, id: Uuid, task: &Kept) -> DynamicsWrite<'a> {
    let (state, status) = task.status.codes();
    let text = |name: &str, value: &str| (name.to_owned(), Value::text(value));
    let number = |name: &str, value| (name.to_owned(), Value::Integer(value));
    let about = format!("regardingobjectid:{}", task.entity);
    let mut fields = vec![
        text("subject", &task.subject),
        ("scheduledend".to_owned(), Value::DateTime(task.due)),
        number("prioritycode", task.priority.code()),
        number("statecode", state),
        number("statuscode", status),
        (about, Value::Id(task.row)),
    ];
    if !task.body.is_empty() {
        fields.push(text("description", &task.body));
    }
    DynamicsWrite {
        table,
        id,
        action: DynamicsAction::Create,
        fields,
    }
}

fn line(id: Uuid, task: &Kept) -> PreviewLine {
    let fields = Map::from_iter([
        ("subject".to_owned(), json!([null, task.subject])),
        ("scheduledend".to_owned(), json!([null, task.due])),
        ("regardingobjectid".to_owned(), json!([null, task.row])),
    ]);
    PreviewLine {
        entity: Some(entity()),
        to: Side::Dynamics,
        action: "create",
        dynamics_id: Some(id),
        marketo_id: task.marketo,
        fields,
        plan: None,
    }
}
