//! Before anything is read: metadata of both ends, checked field maps, our key fields in Marketo.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::backfilling;
use super::context::Context;
use super::converting;
use super::custom;
use super::error::EngineError;
use super::filtering;
use super::lane::Lane;
use super::mapping_facts;
use super::maps::{self, Current};
use super::objects;
use super::quarantine;
use super::snapshot::NewsKind;
use super::stamp;
use super::tables;
use crate::config::FirstCopy;
use crate::connectors::dynamics::DynamicsIdentity;
use crate::mapping::{CheckedMap, MappingProblem, Severity};
use crate::model::{Direction, Entity, EntitySettings, FieldInfo};

/// The entities this engine keeps in step without being told of any, in the order of writing.
pub const ENTITIES: [Entity; 8] = [
    Entity::USER,
    Entity::TEAM,
    Entity::ACCOUNT,
    Entity::CONTACT,
    Entity::LEAD,
    Entity::OPPORTUNITY,
    Entity::ROLE,
    Entity::CUSTOMER_ROLE,
];

/// The settings of every entity: the stored ones, else those a new profile starts with.
pub(super) async fn settings(context: &Context) -> Result<Vec<EntitySettings>, EngineError> {
    Ok(context.store.read(custom::all_settings).await?)
}

/// Reads both ends' metadata and builds a lane for every entity that is not off.
pub(super) async fn prepare(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: &[EntitySettings],
) -> Result<Vec<Lane>, EngineError> {
    if context.dry.is_none() {
        first_look(context).await?;
    }
    let person = person_fields(context).await?;
    let mut lanes = Vec::new();
    for settings in settings
        .iter()
        .filter(|settings| settings.direction != Direction::Off)
    {
        if settings.entity.is_person() {
            lanes.push(lane(context, identity, settings.clone(), person.clone()).await?);
        } else {
            lanes.extend(objects::lane(context, identity, settings.clone()).await?);
        }
    }
    lanes.extend(objects::account_roles(context, identity, settings).await?);
    objects::keep_known(&mut lanes);
    converting::acquaint(&mut lanes);
    let mut scoped = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let mut lane = filtering::within(context, lane).await?;
        if context.dry.is_some() {
            // Our own fields may not be there yet, and a preview does not create them.
            let there = |name: &String| lane.person.iter().any(|field| field.name == *name);
            let fields = lane.fields.iter().filter(|name| there(name)).cloned();
            lane.fields = fields.collect();
        }
        lane.backfill = backfilling::active(context, lane.entity()).await?;
        scoped.push(lane);
    }
    objects::acquaint(&mut scoped);
    Ok(scoped)
}

/// Is the native connector off, and how much of the day's calls is used already? The first is asked once a day,
/// whatever number of processes ask; the second every few minutes.
async fn first_look(context: &Context) -> Result<(), EngineError> {
    let now = context.clock.now();
    let asked = context
        .store
        .read(|reader| reader.setting(NATIVE_SYNC_ASKED))
        .await?;
    let asked: Option<DateTime<Utc>> = asked.and_then(|text| text.parse().ok());
    if asked.is_none_or(|at| now - at >= TimeDelta::days(1)) {
        if context.marketo.native_sync().await? {
            return Err(EngineError::halted(
                "Marketo's own CRM sync is switched on for this instance (error 1018): both cannot keep the same \
                 people in step; switch it off in Marketo under Admin, then start again",
            ));
        }
        let text = now.to_rfc3339();
        context
            .store
            .transaction(move |tx| tx.set_setting(NATIVE_SYNC_ASKED, &text))
            .await?;
    }
    if context.control.usage_due(now) {
        context.marketo.usage().await?;
        context.marketo.error_counts().await?;
    }
    Ok(())
}

/// When the native sync was last found to be off.
const NATIVE_SYNC_ASKED: &str = "native_sync_asked";

pub(super) async fn lane(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: EntitySettings,
    person: Vec<FieldInfo>,
) -> Result<Lane, EngineError> {
    let entity = settings.entity.clone();
    let Some(current) = maps::current(context, &entity).await? else {
        return Err(EngineError::halted(format!(
            "there is no field map for {entity}"
        )));
    };
    let stamp = identity.schema.as_deref();
    let table = tables::table(context, &entity, &current.map.table, stamp).await?;
    if !table.change_tracking {
        return Err(EngineError::halted(format!(
            "change tracking is off for the Dynamics table {}: \
             switch on 'Track changes' in the table's properties and publish",
            table.logical
        )));
    }
    let columns = objects::person_columns(&entity, &table);
    let map = checked(context, current, &columns, &person).await?;
    Ok(Lane::new(settings, map, table, person))
}

/// A map held against both ends, without the fields that have drifted; what it found is kept and told.
pub(super) async fn checked(
    context: &Context,
    current: Current,
    columns: &[FieldInfo],
    fields: &[FieldInfo],
) -> Result<CheckedMap, EngineError> {
    let written = current.map.clone();
    let (map, drifted) = quarantine::without_drifted(context, current, columns, fields).await?;
    let mut checked = map.check(columns, fields);
    checked.problems.extend(drifted.into_iter().map(|one| {
        let text = format!("left alone: {}", one.reason);
        MappingProblem {
            field: one.field,
            severity: Severity::Warning,
            text,
        }
    }));
    mapping_facts::keep(context, &written, &checked, columns, fields).await?;
    for problem in checked
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
    {
        let text = format!("field {} is left out: {}", problem.field, problem.text);
        context
            .progress
            .tell(NewsKind::Trouble, Some(&written.entity), text);
    }
    Ok(checked)
}

/// Marketo's person fields, after making sure that our own are among them.
async fn person_fields(context: &Context) -> Result<Vec<FieldInfo>, EngineError> {
    let fields = context.marketo.person_fields().await?;
    let known: HashSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let missing: Vec<_> = stamp::definitions()
        .into_iter()
        .filter(|field| !known.contains(field.name.as_str()))
        .collect();
    if missing.is_empty() {
        return Ok(fields);
    }
    if let Some(dry) = &context.dry {
        if context.sync.first_copy == FirstCopy::Ask {
            dry.needs(FIELDS_PLAN);
        }
        for field in &missing {
            dry.field(&field.name).await;
        }
        return Ok(fields);
    }
    if context.sync.first_copy == FirstCopy::Ask && !approved(context).await? {
        let names: Vec<&str> = missing.iter().map(|field| field.name.as_str()).collect();
        return Err(EngineError::Halted {
            reason: format!(
                "Marketo lacks the fields syncdeck keeps its links in ({}): approve the plan \
                 '{FIELDS_PLAN}' to have them created, or create them in Marketo by hand",
                names.join(", ")
            ),
            plan: Some(FIELDS_PLAN.to_owned()),
        });
    }
    context.marketo.create_person_fields(&missing).await?;
    let text = format!("created {} fields in Marketo for the links", missing.len());
    context.progress.tell(NewsKind::Done, None, text);
    Ok(context.marketo.person_fields().await?)
}

/// The plan that creates our key fields in Marketo.
const FIELDS_PLAN: &str = "create-fields";

async fn approved(context: &Context) -> Result<bool, EngineError> {
    if context.control.wishes().approved.contains(FIELDS_PLAN) {
        return Ok(true);
    }
    let approved = context.store.read(|reader| reader.approved_plan()).await?;
    Ok(approved.as_deref() == Some(FIELDS_PLAN))
}
