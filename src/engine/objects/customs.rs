//! A custom entity's lane: what it needs beside the others', and that its troubles are its own.

use super::end::ObjectEnd;
use super::parents::parent_column;
use super::prepare;
use crate::connectors::Trouble;
use crate::connectors::dynamics::DynamicsIdentity;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::prepare::ENTITIES;
use crate::engine::snapshot::NewsKind;
use crate::engine::tables;
use crate::model::{CustomEntity, CustomState, EntitySettings, FieldInfo, FieldKind};

/// Builds the lane of an entity that travels to an object. None when it cannot run for now: the others go on.
pub(in crate::engine) async fn lane(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: EntitySettings,
) -> Result<Option<Lane>, EngineError> {
    let entity = settings.entity.clone();
    if ENTITIES.contains(&entity) {
        return prepare::lane(context, identity, settings, None).await;
    }
    let named = entity.clone();
    let custom = context
        .store
        .read(move |reader| reader.custom_entity(&named))
        .await?;
    let runs = |one: &CustomEntity| matches!(one.state, CustomState::Ready | CustomState::Growing);
    let Some(custom) = custom.filter(runs) else {
        return Ok(None);
    };
    // A table or a type that somebody deleted is no reason to stop people.
    match prepare::lane(context, identity, settings, Some(&custom)).await {
        Err(EngineError::Connector(error))
            if matches!(error.trouble, Trouble::Refused | Trouble::Configuration) =>
        {
            let text = format!("left alone in this cycle: {error}");
            context
                .progress
                .tell(NewsKind::Trouble, Some(&entity), text);
            Ok(None)
        }
        built => built,
    }
}

/// Adds whom its rows belong to, and the tables on the way there.
pub(super) async fn complete(
    context: &Context,
    custom: &CustomEntity,
    stamp: Option<&str>,
    end: &mut ObjectEnd,
) -> Result<(), EngineError> {
    end.needs.clone_from(&custom.needs);
    end.path.clone_from(&custom.path);
    let steps = custom.path.as_ref().map_or(&[][..], |path| &path.steps);
    let but_last = steps.len().saturating_sub(1);
    for step in steps.iter().take(but_last) {
        let known = tables::table(context, &custom.entity, &step.table, stamp).await?;
        end.tables.insert(step.table.clone(), known);
    }
    let pairs = steps.windows(2);
    let between = pairs.filter_map(|pair| match pair {
        [before, step] => Some((before.table.clone(), step.column.clone())),
        _ => None,
    });
    end.between.extend(between);
    Ok(())
}

/// The column, worked out, of whom a row belongs to.
pub(super) fn column(end: &ObjectEnd) -> Option<FieldInfo> {
    let path = end.path.as_ref()?;
    Some(FieldInfo::new(parent_column(path), FieldKind::Integer))
}
