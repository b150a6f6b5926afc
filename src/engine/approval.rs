//! Brakes: what is measured before it is sent, and what the admin has to approve.

use std::sync::Arc;

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::objects;
use crate::config::FirstCopy;
use crate::model::{BrakeRules, Entity, Limit};
use crate::reconcile::{Allowance, BrakeLimits, Measure, brake};

/// Remembers that an entity's first copy was approved.
fn first_copy_key(entity: &Entity) -> String {
    format!("first_copy/{entity}")
}

/// Whether a first copy has not been approved yet.
pub(super) async fn first_copy_waits(
    context: &Context,
    lanes: &[Arc<Lane>],
) -> Result<bool, EngineError> {
    if context.sync.first_copy == FirstCopy::Go {
        return Ok(false);
    }
    let keys: Vec<String> = lanes
        .iter()
        .filter(|lane| !objects::is_taken_back(lane))
        .map(|lane| first_copy_key(lane.entity()))
        .collect();
    let waits = context
        .store
        .read(move |reader| {
            keys.iter().try_fold(false, |waits, key| {
                Ok(waits || reader.setting(key)?.is_none())
            })
        })
        .await?;
    Ok(waits)
}

/// Holds the first copy until the admin has seen how much it is.
pub(super) async fn first_copy(
    context: &Context,
    lanes: &[Arc<Lane>],
    organization: Uuid,
) -> Result<(), EngineError> {
    if context.sync.first_copy == FirstCopy::Go {
        return Ok(());
    }
    let mut waiting = Vec::new();
    for lane in lanes.iter().filter(|lane| !objects::is_taken_back(lane)) {
        let (entity, now) = (lane.entity().clone(), context.clock.now());
        let (key, name) = (first_copy_key(&entity), entity.clone());
        let (known, rows) = context
            .store
            .read(move |reader| Ok((reader.setting(&key)?, reader.backlog(&name, now)?.due)))
            .await?;
        if known.is_none() {
            waiting.push((entity, rows));
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let what: Vec<String> = waiting
        .iter()
        .map(|(entity, rows)| format!("{rows} {entity} rows"))
        .collect();
    let what = what.join(" and ");
    let names: Vec<String> = waiting
        .iter()
        .map(|(entity, _)| entity.to_string())
        .collect();
    let stem = name("first-copy", &format!("{organization} {}", names.join(" ")));
    let rows = waiting.iter().map(|(_, rows)| rows).sum();
    let plan = format!("{stem}-{rows}");
    if let Some(dry) = &context.dry {
        dry.needs(&plan);
    } else if !grown(context, &stem, rows).await? {
        return Err(EngineError::Halted {
            reason: format!(
                "the first copy waits for approval: {what} from Dynamics would be linked to what is in \
                 Marketo, or created there; approve the plan '{plan}' to start it"
            ),
            plan: Some(plan),
        });
    }
    let keys: Vec<String> = waiting
        .iter()
        .map(|(entity, _)| first_copy_key(entity))
        .collect();
    context
        .store
        .transaction(move |tx| {
            keys.iter()
                .try_for_each(|key| tx.set_setting(key, "approved"))
        })
        .await?;
    Ok(())
}

/// Rows that may come between the showing of a first copy and its start: so many, or this part of it. People go on
/// working meanwhile; a plan that every new lead made void could never be approved.
const GROWTH: (u64, u64) = (25, 10);

/// Whether a first copy of these entities was approved that was about as large as this one.
async fn grown(context: &Context, stem: &str, rows: u64) -> Result<bool, EngineError> {
    let stored = context.store.read(|reader| reader.approved_plan()).await?;
    let wished = context.control.wishes().approved;
    Ok(stored.iter().chain(&wished).any(|plan| {
        let shown = plan
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix('-'));
        let shown = shown.and_then(|rows| rows.parse::<u64>().ok());
        shown.is_some_and(|shown| rows <= shown + GROWTH.0.max(shown / GROWTH.1))
    }))
}

/// Deletes a plan's name is made of; more of them are only counted.
const NAMED: usize = 20_000;

/// Measures a lane's deletes before the first of them is carried out.
pub(super) async fn deletes(context: &Context, lane: &Lane) -> Result<(), EngineError> {
    let (entity, now) = (lane.entity().clone(), context.clock.now());
    let (links, gone, shown) = context
        .store
        .read(move |reader| {
            let gone = reader.gone_count(&entity, now)?;
            let none = std::collections::HashSet::new();
            let taken = reader.take_dirty(&entity, now, true, NAMED, &none)?;
            let mut keys: Vec<String> = taken.iter().map(|one| one.key.to_string()).collect();
            keys.sort_unstable();
            let shown = format!("{gone} {}", keys.join(" "));
            Ok((reader.link_count(&entity)?, gone, shown))
        })
        .await?;
    let measure = Measure {
        deletes: gone,
        ..Measure::nothing(lane.entity().clone(), links)
    };
    released(context, lane, &measure, "deletes", &shown).await
}

/// Halts where a measure trips one of the lane's brakes, unless exactly what was shown is approved.
pub(super) async fn released(
    context: &Context,
    lane: &Lane,
    measure: &Measure,
    what: &str,
    shown: &str,
) -> Result<(), EngineError> {
    let Some(brake) = brake(measure, &limits(&lane.settings.rules.brakes)) else {
        return Ok(());
    };
    let plan = name(&format!("{}-{what}", lane.entity()), shown);
    if approved(context, &plan).await? {
        return Ok(());
    }
    Err(EngineError::Halted {
        reason: format!("{brake}; approve the plan '{plan}' to go on"),
        plan: Some(plan),
    })
}

/// The admin's limits as the brakes count them.
pub(super) fn limits(rules: &BrakeRules) -> BrakeLimits {
    let allow = |limit: Limit| Allowance {
        count: limit.count,
        share: f64::from(limit.percent) / 100.0,
    };
    BrakeLimits {
        deletes: allow(rules.deletes),
        creates: allow(rules.creates),
        changes: allow(rules.changes),
        remaining: f64::from(rules.remaining_percent) / 100.0,
        ..BrakeLimits::default()
    }
}

/// A plan's name: what it is about, and a digest of exactly what was shown.
pub(super) fn name(what: &str, shown: &str) -> String {
    format!("{what}-{:08x}", xxh3_64(shown.as_bytes()) as u32)
}

pub(super) async fn approved(context: &Context, plan: &str) -> Result<bool, EngineError> {
    if let Some(dry) = &context.dry {
        dry.needs(plan);
        return Ok(true);
    }
    if context.control.wishes().approved.contains(plan) {
        return Ok(true);
    }
    let approved = context.store.read(|reader| reader.approved_plan()).await?;
    Ok(approved.as_deref() == Some(plan))
}
