//! Making types in Marketo and forgetting removed entities: a step of every cycle, at once over where nothing is to do.

use serde_json::json;

use super::shape::TypeField;
use super::steps::{self, Step, link_of, words};
use crate::connectors::ConnectorError;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::maps::mapping;
use crate::engine::objects;
use crate::engine::preview::Recorder;
use crate::engine::snapshot::NewsKind;
use crate::mapping::{EntityMap, FieldMap};
use crate::model::{CustomEntity, CustomState, Direction, EntitySettings};

/// Links forgotten in one transaction.
const AT_ONCE: usize = 500;

/// Makes the types that are still wanted, and forgets what was removed. One that cannot be made holds nobody up.
pub(in crate::engine) async fn get_ready(context: &Context) -> Result<(), EngineError> {
    if context.dry.is_none() && context.control.holds_writes() {
        return Ok(());
    }
    let all = context
        .store
        .read(|reader| reader.custom_entities())
        .await?;
    for custom in all {
        if let Some(dry) = &context.dry {
            foresee(context, dry, &custom).await?;
            continue;
        }
        match custom.state {
            CustomState::Ready => {}
            CustomState::Wanted | CustomState::Growing => make(context, custom).await?,
            CustomState::Removing => forget(context, custom).await?,
        }
    }
    Ok(())
}

/// Shows what would be made, in a preview.
async fn foresee(
    context: &Context,
    dry: &Recorder,
    custom: &CustomEntity,
) -> Result<(), EngineError> {
    if !matches!(custom.state, CustomState::Wanted | CustomState::Growing) {
        return Ok(());
    }
    // What stands against it is told by the cycle that would make it.
    let Ok(there) = context.marketo.custom_type(&custom.object).await else {
        return Ok(());
    };
    for step in steps::steps(custom, there.as_ref()).unwrap_or_default() {
        let fields: Vec<TypeField> = match &step {
            Step::Add(fields) => fields.iter().map(TypeField::of).collect(),
            Step::Create(_) | Step::Approve => Vec::new(),
        };
        let fields = fields
            .iter()
            .map(|one| (one.name.clone(), json!([null, one.words()])));
        let step = json!([null, words(&custom.object, &step)]);
        let all = std::iter::once((custom.object.clone(), step)).chain(fields);
        dry.makes(all.collect()).await;
    }
    Ok(())
}

async fn make(context: &Context, mut custom: CustomEntity) -> Result<(), EngineError> {
    let why = match made(context, &custom).await {
        Ok(Ok(object)) => return ready(context, custom, object).await,
        Ok(Err(problem)) => problem,
        Err(error) => error.to_string(),
    };
    let text = format!("its type in Marketo is still to be made: {why}");
    context
        .progress
        .tell(NewsKind::Trouble, Some(&custom.entity), text);
    if custom.note.as_deref() != Some(&why) {
        custom.note = Some(why);
        context
            .store
            .transaction(move |tx| tx.set_custom_entity(&custom))
            .await?;
    }
    Ok(())
}

/// Makes the type as far as it is not there, and returns the name its records go by; or what stands against it.
async fn made(
    context: &Context,
    custom: &CustomEntity,
) -> Result<Result<String, String>, ConnectorError> {
    let (marketo, name) = (&context.marketo, &custom.object);
    let there = marketo.custom_type(name).await?;
    let steps = match steps::steps(custom, there.as_ref()) {
        Ok(steps) => steps,
        Err(problem) => return Ok(Err(problem)),
    };
    for step in &steps {
        match step {
            Step::Create(new) => marketo.create_custom_type(new).await?,
            Step::Add(fields) => marketo.add_custom_fields(name, fields).await?,
            Step::Approve => marketo.approve_custom_type(name).await?,
        }
    }
    // The records of types that were made through the API go by a name with a suffix.
    let suffixed = format!("{name}_c");
    let known = marketo.custom_types().await?;
    let found = known.into_iter().find(|one| {
        one.name.eq_ignore_ascii_case(name) || one.name.eq_ignore_ascii_case(&suffixed)
    });
    let absent = || "Marketo does not list it yet, though it is approved".to_owned();
    Ok(found.map(|one| one.name).ok_or_else(absent))
}

/// The type is there: its lane begins.
async fn ready(
    context: &Context,
    mut custom: CustomEntity,
    object: String,
) -> Result<(), EngineError> {
    let (entity, now) = (custom.entity.clone(), context.clock.now());
    let before = custom.state;
    let map = map_of(&custom, object.clone());
    let added = std::mem::take(&mut custom.added);
    custom.state = CustomState::Ready;
    custom.note = None;
    context
        .store
        .transaction(move |tx| {
            // Removed while its type was being made.
            let known = tx.custom_entity(&custom.entity)?;
            if known.is_none_or(|one| one.state != before) {
                return Ok(());
            }
            // Bound anew to other ends, or grown, it keeps what the admin made of its map.
            match mapping(tx, &custom.entity)? {
                None => {
                    tx.add_mapping(&custom.entity, &map.to_toml(), &custom.by, now)?;
                }
                Some(Ok(current)) => {
                    let mut grown = current.map;
                    grow(&mut grown, &map, &added);
                    if !added.is_empty() {
                        tx.add_mapping(&custom.entity, &grown.to_toml(), &custom.by, now)?;
                    }
                }
                // What cannot be read is told by the lane.
                Some(Err(_)) => {}
            }
            let named = |one: &EntitySettings| one.entity == custom.entity;
            if !tx.entity_settings()?.iter().any(named) {
                let settings = EntitySettings::initial(custom.entity.clone());
                tx.set_entity_settings(&settings)?;
            }
            tx.set_setting(&objects::remembered_key(&object), "")?;
            tx.set_custom_entity(&custom)
        })
        .await?;
    let text = if before == CustomState::Growing {
        "its type in Marketo has the new fields: they are filled from now on"
    } else {
        "its type in Marketo is approved: its rows are copied from now on"
    };
    context.progress.tell(NewsKind::Done, Some(&entity), text);
    Ok(())
}

/// Adds the pairs of new columns to a map. A map of other pairs has every row read and compared.
fn grow(map: &mut EntityMap, whole: &EntityMap, added: &[String]) {
    let there: Vec<String> = map.fields.iter().map(|one| one.marketo.clone()).collect();
    let new = |one: &&FieldMap| added.contains(&one.dynamics) && !there.contains(&one.marketo);
    map.fields.extend(whole.fields.iter().filter(new).cloned());
}

/// The first field map: what was planned, and the link.
fn map_of(custom: &CustomEntity, object: String) -> EntityMap {
    let link = link_of(custom).zip(custom.path.as_ref());
    let link = link.map(|((field, _), path)| FieldMap::new(objects::parent_column(path), field));
    let rest = custom
        .fields
        .iter()
        .map(|field| FieldMap::new(&field.dynamics, &field.marketo));
    let mut fields: Vec<FieldMap> = link.into_iter().chain(rest).collect();
    for field in &mut fields {
        field.direction = Direction::ToMarketo;
    }
    EntityMap {
        entity: custom.entity.clone(),
        table: custom.entity.name().to_owned(),
        object,
        fields,
    }
}

async fn forget(context: &Context, custom: CustomEntity) -> Result<(), EngineError> {
    let now = context.clock.now();
    loop {
        let entity = custom.entity.clone();
        let more = context
            .store
            .transaction(move |tx| tx.forget_links(&entity, AT_ONCE, now))
            .await?;
        if !more {
            break;
        }
    }
    let entity = custom.entity;
    let named = entity.clone();
    context
        .store
        .transaction(move |tx| tx.forget_entity(&named))
        .await?;
    let text = format!(
        "removed: the type {} and its records stay in Marketo",
        custom.object
    );
    context.progress.tell(NewsKind::Done, Some(&entity), text);
    Ok(())
}
