//! Carrying out what the admin asks for: from the console in this process, or from another one through the store.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::asked;
use super::command::Command;
use super::context::Context;
use super::error::EngineError;
use super::ruling;
use super::stage::dirty;
use crate::model::{Conflict, ConflictId, ConflictKind, RecordKey, Resolution};
use crate::store::{Dirty, DirtyReason, Resolved, StoreError, Tx};

/// How often the store is asked whether another process has left a command.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Commands taken from the store at a time.
const AT_ONCE: usize = 100;

/// Carries out commands until it is dropped.
pub(super) async fn follow(
    context: &Context,
    mut commands: mpsc::Receiver<Command>,
) -> Result<(), EngineError> {
    let mut seen = None;
    loop {
        tokio::select! {
                biased;
            Some(command) = commands.recv() => carry_out(context, command).await?,
            () = tokio::time::sleep(LOOK_EVERY) => {
                let changes = context.store.changes();
                let changed = seen.replace(changes) != Some(changes);
                if changed {
                    posted(context).await?;
                }
                if changed || context.control.pause_is_over(context.clock.now()) {
                    ruling::pauses(context).await?;
                }
            }
        }
    }
}

/// Carries out what other processes have left in the store.
async fn posted(context: &Context) -> Result<(), EngineError> {
    let documents = context
        .store
        .transaction(|tx| tx.drain_commands(AT_ONCE))
        .await?;
    for document in documents {
        // A newer console may know commands that this engine does not: they are passed over.
        if let Ok(command) = serde_json::from_value(document) {
            carry_out(context, command).await?;
        }
    }
    Ok(())
}

async fn carry_out(context: &Context, command: Command) -> Result<(), EngineError> {
    match command {
        Command::SyncNow => sync_now(context),
        Command::Resolve { conflict, take, by } => {
            let at = context.clock.now();
            let resolution = Resolution { take, by, at };
            context
                .store
                .transaction(move |tx| resolve(tx, conflict, &resolution))
                .await?;
            sync_now(context);
        }
        Command::Unresolve { conflict } => {
            context
                .store
                .transaction(move |tx| tx.unresolve_conflict(conflict))
                .await?;
        }
        records @ (Command::RetryFailures { .. }
        | Command::RetryAlike { .. }
        | Command::ParkFailures { .. }
        | Command::EditFailure(_)
        | Command::LookAt { .. }
        | Command::Unlink { .. }
        | Command::Link { .. }
        | Command::CreateRow(_)
        | Command::RollBack { .. }
        | Command::Undo { .. }) => asked::about_records(context, records).await?,
        Command::Approve { plan } => {
            context.control.wish(|wishes| {
                wishes.approved.insert(plan.clone());
            });
            context
                .store
                .transaction(move |tx| tx.set_approved_plan(Some(&plan)))
                .await?;
            sync_now(context);
        }
        Command::Stop => context.control.wish(|wishes| wishes.stop = true),
        rule => ruling::carry_out(context, rule).await?,
    }
    context.progress.rows_changed();
    Ok(())
}

pub(super) fn sync_now(context: &Context) {
    context.control.wish(|wishes| wishes.sync_now += 1);
}

/// Stores a decision, bound to the two values the conflict shows, and has its record looked at again.
pub fn resolve(
    tx: &Tx<'_>,
    conflict: ConflictId,
    resolution: &Resolution,
) -> Result<Resolved, StoreError> {
    let resolved = tx.resolve_conflict(conflict, resolution)?;
    if resolved == Resolved::Done
        && let Some(conflict) = tx.conflict(conflict)?
    {
        let again = looked_at(&conflict, resolution.at);
        tx.mark_dirty(again.as_slice())?;
    }
    Ok(resolved)
}

fn looked_at(conflict: &Conflict, now: DateTime<Utc>) -> Option<Dirty> {
    let row = conflict.dynamics_id.map(RecordKey::Dynamics);
    let person = conflict.marketo_id.map(RecordKey::Marketo);
    let deleted_there =
        conflict.kind == ConflictKind::DeleteEdit && conflict.marketo.as_text() == Some("deleted");
    let key = if deleted_there {
        person.or(row)
    } else {
        row.or(person)
    };
    let gone = conflict.kind == ConflictKind::DeleteEdit;
    Some(Dirty {
        gone,
        ..dirty(&conflict.entity, key?, DirtyReason::Conflict, now)
    })
}
