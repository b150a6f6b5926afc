//! Carrying out the admin's rules: what is held back, and each entity's settings.

use super::backfill::{cancel_backfill, start_backfill};
use super::command::Command;
use super::context::Context;
use super::custom;
use super::error::EngineError;
use super::holding::{expire, hold, release};
use super::maps::set_mapping;
use super::parents::filter_problem;
use super::prepare::settings;
use super::rebinding::rebind;
use super::snapshot::NewsKind;
use super::wishes::sync_now;
use crate::model::{EngineState, Entity, EntitySettings, Pause, RuleChange, Side};
use crate::store::Reader;

/// Carries out a command about the rules; any other is none of ours.
pub(super) async fn carry_out(context: &Context, command: Command) -> Result<(), EngineError> {
    match command {
        Command::Pause => hold_part(context, Pause::ALL).await,
        Command::Hold(pause) => hold_part(context, pause).await,
        Command::Resume => release_part(context, None, None).await,
        Command::Release { entity, side } => release_part(context, entity, side).await,
        // What an entity does not allow is not obeyed, whoever asks.
        Command::SetDirection { entity, direction }
            if !entity.directions().contains(&direction) =>
        {
            Ok(())
        }
        Command::SetDirection { entity, direction } => {
            change(context, &entity, move |settings| {
                settings.direction = direction;
            })
            .await
        }
        Command::SetPolicy { entity, policy } => {
            change(context, &entity, move |settings| settings.policy = policy).await
        }
        Command::SetRule {
            entity,
            change: rule,
        } => set_rule(context, entity, rule).await,
        Command::SetMapping {
            entity,
            document,
            by,
        } => set_map(context, entity, document, by).await,
        Command::Rebind => {
            let now = context.clock.now();
            context.store.transaction(move |tx| rebind(tx, now)).await?;
            sync_now(context);
            Ok(())
        }
        Command::Backfill { entity, spec } => {
            let now = context.clock.now();
            context
                .store
                .transaction(move |tx| start_backfill(tx, &entity, *spec, now))
                .await?;
            sync_now(context);
            Ok(())
        }
        Command::CancelBackfill { entity } => {
            context
                .store
                .transaction(move |tx| cancel_backfill(tx, &entity))
                .await?;
            Ok(())
        }
        rest => custom::carry_out(context, rest).await,
    }
}

async fn set_map(
    context: &Context,
    entity: Entity,
    document: String,
    by: String,
) -> Result<(), EngineError> {
    let (named, at) = (entity.clone(), context.clock.now());
    let set = context
        .store
        .transaction(move |tx| set_mapping(tx, &named, &document, &by, at))
        .await?;
    if let Err(error) = set {
        let text = format!("the field map is not changed: {error}");
        context
            .progress
            .tell(NewsKind::Trouble, Some(&entity), text);
    }
    Ok(())
}

/// Sets a rule; a filter that cannot be used is not taken, and why is told.
async fn set_rule(context: &Context, entity: Entity, rule: RuleChange) -> Result<(), EngineError> {
    if let RuleChange::Filter(filter) = &rule {
        let (named, asked) = (entity.clone(), filter.clone());
        let problem = move |reader: &Reader<'_>| filter_problem(reader, &named, &asked);
        if let Some(problem) = context.store.read(problem).await? {
            let text = format!("the filter is not taken: {problem}");
            let kind = NewsKind::Trouble;
            context.progress.tell(kind, Some(&entity), text);
            return Ok(());
        }
    }
    if let RuleChange::AccountRoles(Some(roles)) = &rule
        && let Some(problem) = roles.problem()
    {
        let text = format!("the rule is not taken: {problem}");
        let kind = NewsKind::Trouble;
        context.progress.tell(kind, Some(&entity), text);
        return Ok(());
    }
    change(context, &entity, move |settings| {
        rule.apply(&mut settings.rules);
    })
    .await
}

async fn hold_part(context: &Context, pause: Pause) -> Result<(), EngineError> {
    context.store.transaction(move |tx| hold(tx, pause)).await?;
    pauses(context).await
}

async fn release_part(
    context: &Context,
    entity: Option<Entity>,
    side: Option<Side>,
) -> Result<(), EngineError> {
    let now = context.clock.now();
    context
        .store
        .transaction(move |tx| release(tx, entity.as_ref(), side, now))
        .await?;
    pauses(context).await
}

/// Obeys what the store says is held back; what is released goes on at once.
pub(super) async fn pauses(context: &Context) -> Result<(), EngineError> {
    let now = context.clock.now();
    let known = context.store.read(|reader| reader.pauses()).await?;
    let pauses = if known.iter().any(|pause| pause.is_over(now)) {
        context.store.transaction(move |tx| expire(tx, now)).await?
    } else {
        known
    };
    let before = context.control.wishes();
    if before.pauses == pauses {
        return Ok(());
    }
    let (was, is) = (before.paused(), pauses.iter().any(Pause::is_whole));
    let released = before.pauses.iter().any(|one| !pauses.contains(one));
    context
        .progress
        .note(|snapshot| snapshot.pauses.clone_from(&pauses));
    context.control.wish(|wishes| wishes.pauses = pauses);
    if is && !was {
        context.progress.state(EngineState::Paused, None);
    } else if was && !is {
        context.progress.state(EngineState::Idle, None);
    }
    if released {
        sync_now(context);
    }
    Ok(())
}

async fn change(
    context: &Context,
    entity: &Entity,
    change: impl FnOnce(&mut EntitySettings),
) -> Result<(), EngineError> {
    let known = settings(context).await?;
    if let Some(mut settings) = known
        .into_iter()
        .find(|settings| settings.entity == *entity)
    {
        change(&mut settings);
        context
            .store
            .transaction(move |tx| tx.set_entity_settings(&settings))
            .await?;
    }
    Ok(())
}
