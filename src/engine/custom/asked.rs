//! What the admin asks of custom entities: add one, or columns of one, by an approved plan; remove one.

use super::plan::{self, CustomPlan};
use crate::engine::command::Command;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::snapshot::NewsKind;
use crate::engine::wishes::sync_now;
use crate::model::{CustomState, CustomWish, Entity};
use crate::store::{StoreError, Tx};

/// Keeps an approved plan; the next cycle makes its type and begins its first copy, or adds the fields to the type that
/// is there and fills them. False when the entity is not what was planned on, or something stands against the plan.
pub fn add_custom(tx: &Tx<'_>, plan: &CustomPlan) -> Result<bool, StoreError> {
    let custom = &plan.custom;
    let there = tx.custom_entity(&custom.entity)?;
    if plan.plan.is_none() {
        return Ok(false);
    }
    if let Some(there) = there {
        // The plan is for the entity as it was when it was asked for.
        let known = there
            .fields
            .iter()
            .all(|field| custom.fields.contains(field));
        let runs = matches!(there.state, CustomState::Ready | CustomState::Growing);
        let fits = known && runs && custom.state == CustomState::Growing;
        if fits {
            tx.set_custom_entity(custom)?;
        }
        return Ok(fits);
    }
    if custom.state != CustomState::Wanted {
        return Ok(false);
    }
    tx.set_custom_entity(custom)?;
    // The plan said that all its rows are copied.
    tx.set_setting(&format!("first_copy/{}", custom.entity), "approved")?;
    Ok(true)
}

/// Has an entity removed: its lane ends, and what is known of its rows is forgotten by the next cycle. The type and its
/// records stay in Marketo. False when it is no custom entity.
pub fn remove_custom(tx: &Tx<'_>, entity: &Entity) -> Result<bool, StoreError> {
    let Some(mut custom) = tx.custom_entity(entity)? else {
        return Ok(false);
    };
    custom.state = CustomState::Removing;
    custom.note = None;
    tx.set_custom_entity(&custom)?;
    Ok(true)
}

/// Carries out a command about custom entities.
pub(in crate::engine) async fn carry_out(
    context: &Context,
    command: Command,
) -> Result<(), EngineError> {
    match command {
        Command::AddCustomEntity { wish, approve, by } => {
            // What cannot be asked now ends no engine: it is told.
            match add(context, &wish, approve.as_deref(), &by).await {
                Err(EngineError::Connector(error)) => {
                    let text = format!("{} is not added: {error}", wish.table);
                    context.progress.tell(NewsKind::Trouble, None, text);
                    Ok(())
                }
                done => done,
            }
        }
        Command::RemoveCustomEntity { entity } => {
            context
                .store
                .transaction(move |tx| remove_custom(tx, &entity))
                .await?;
            sync_now(context);
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn add(
    context: &Context,
    wish: &CustomWish,
    approve: Option<&str>,
    by: &str,
) -> Result<(), EngineError> {
    let plan = plan::plan(context, wish, by).await?;
    let entity = Entity::named(wish.table.clone());
    let (kind, text) = match &plan.plan {
        None => {
            let why = plan.problems.join("; ");
            (NewsKind::Trouble, format!("it cannot be added: {why}"))
        }
        Some(name) if approve != Some(name) => {
            let what = plan.steps.join(", ");
            let text = format!("{what}; approve the plan '{name}' to add it");
            (NewsKind::Waiting, text)
        }
        Some(_) => {
            context
                .store
                .transaction(move |tx| add_custom(tx, &plan))
                .await?;
            sync_now(context);
            (NewsKind::Done, "added: its first copy begins".to_owned())
        }
    };
    context.progress.tell(kind, Some(&entity), text);
    Ok(())
}
