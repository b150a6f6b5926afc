//! Publishing: the snapshot is completed by what the store says, at most a few times a second, and only after a change.

use std::time::Duration;

use chrono::TimeDelta;

use super::backfill;
use super::context::Context;
use super::errands;
use super::error::EngineError;
use super::prepare::settings;
use super::progress::Facts;
use super::trend;
use crate::model::{EntitySettings, Quota};
use crate::store::{Reader, StoreError};

/// No two publications are closer together.
const PAUSE: Duration = Duration::from_millis(200);
/// While rates still change by themselves, one a second.
const SECOND: Duration = Duration::from_secs(1);

/// Between two samples of what waits.
const SAMPLE: TimeDelta = TimeDelta::minutes(1);

/// Publishes until it is dropped.
pub(super) async fn publish(context: &Context) -> Result<(), EngineError> {
    let mut sampled = context.clock.now();
    loop {
        once(context).await?;
        if context.clock.now() - sampled >= SAMPLE {
            sampled = context.clock.now();
            trend::sample(context).await?;
        }
        tokio::time::sleep(PAUSE).await;
        if context.progress.lively() {
            drop(tokio::time::timeout(SECOND, context.progress.touched()).await);
        } else {
            context.progress.touched().await;
        }
    }
}

/// Publishes now.
pub(super) async fn once(context: &Context) -> Result<(), EngineError> {
    let settings = settings(context).await?;
    let now = context.clock.now();
    let facts = context
        .store
        .read(move |reader| facts(reader, settings, now))
        .await?;
    let mut quotas: Vec<Quota> = context.marketo.quotas();
    quotas.extend(context.dynamics.quotas());
    let errors = context.marketo.errors_today();
    let waits = errands::waits(context);
    context.progress.publish(&facts, quotas, errors, waits);
    Ok(())
}

/// What the store says about every entity, in the order of writing.
pub(super) fn facts(
    reader: &Reader<'_>,
    settings: Vec<EntitySettings>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<(EntitySettings, Facts)>, StoreError> {
    let (conflicts, failures) = (reader.conflict_counts()?, reader.failure_counts()?);
    settings
        .into_iter()
        .map(|settings| {
            let entity = settings.entity.clone();
            let backlog = reader.backlog(&entity, now)?;
            let links = reader.link_count(&entity)?;
            let facts = Facts {
                links,
                backfill: backfill::running(reader, &entity, links)?,
                backlog: backlog.due + backlog.later,
                oldest_pending: backlog.oldest,
                conflicts: conflicts.get(&entity).copied().unwrap_or_default(),
                failures: failures.get(&entity).copied().unwrap_or_default(),
            };
            Ok((settings, facts))
        })
        .collect()
}
