//! Carrying out what the admin asks for about single records.

use super::command::Command;
use super::context::Context;
use super::error::EngineError;
use super::failing::{edit_failure, retry, retry_failures};
use super::records::{self, Asked};
use super::rollback;
use super::snapshot::NewsKind;
use super::undoing::undo;
use super::wishes::sync_now;
use crate::store::Tx;

/// Carries out a wish about records; any other is passed over.
pub(super) async fn about_records(context: &Context, command: Command) -> Result<(), EngineError> {
    let (store, now) = (&context.store, context.clock.now());
    let refused = match command {
        Command::RetryFailures { entity } => {
            let retry = move |tx: &Tx<'_>| retry(tx, entity.as_ref(), now);
            store.transaction(retry).await?;
            None
        }
        Command::RetryAlike { which } => {
            let retry = move |tx: &Tx<'_>| retry_failures(tx, &which.into(), now);
            store.transaction(retry).await?;
            None
        }
        Command::ParkFailures { which } => {
            store
                .transaction(move |tx| tx.park_failures(&which.into()))
                .await?;
            return Ok(());
        }
        Command::EditFailure(edit) => {
            let edited = store
                .transaction(move |tx| edit_failure(tx, &edit, now))
                .await?;
            edited.err()
        }
        Command::LookAt { key, entity } => {
            let look = move |tx: &Tx<'_>| records::look_at(tx, key, entity.as_ref(), now);
            why_not(store.transaction(look).await?)
        }
        Command::Unlink { key } => why_not(
            store
                .transaction(move |tx| records::unlink(tx, key, now))
                .await?,
        ),
        Command::Undo { conflict, by } => why_not(
            store
                .transaction(move |tx| undo(tx, conflict, &by, now))
                .await?,
        ),
        Command::CreateRow(new) => why_not(
            store
                .transaction(move |tx| records::create(tx, &new, now))
                .await?,
        ),
        other => linked_or_taken_back(context, other).await?,
    };
    match refused {
        Some(why) => context.progress.tell(NewsKind::Trouble, None, why),
        None => sync_now(context),
    }
    Ok(())
}

async fn linked_or_taken_back(
    context: &Context,
    command: Command,
) -> Result<Option<String>, EngineError> {
    let (store, now) = (&context.store, context.clock.now());
    Ok(match command {
        Command::Link {
            entity,
            dynamics,
            marketo,
        } => {
            let link = move |tx: &Tx<'_>| records::link(tx, &entity, (dynamics, marketo), now);
            why_not(store.transaction(link).await?)
        }
        Command::RollBack {
            cycle,
            delete_created,
            plan,
            by,
        } => {
            let what = (cycle, delete_created);
            let back = move |tx: &Tx<'_>| rollback::approved(tx, what, &plan, &by, now);
            why_not(store.transaction(back).await?)
        }
        _ => None,
    })
}

fn why_not(asked: Asked) -> Option<String> {
    match asked {
        Asked::Done(_) => None,
        Asked::No(why) => Some(why),
    }
}
