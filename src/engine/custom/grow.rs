//! More columns for a custom entity that is there: its type in Marketo gets the fields, its map the pairs, its rows the
//! values. Everything else about a type is settled once it is approved.

use super::columns::choose;
use super::plan::{CustomPlan, in_marketo, shown};
use super::steps::FIELDS_MAX;
use crate::connectors::dynamics::Table;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::maps::mapping;
use crate::mapping::EntityMap;
use crate::model::{CustomEntity, CustomField, CustomState, CustomWish};

/// The plan that adds columns to a custom entity that is there.
pub(super) async fn growth(
    context: &Context,
    wish: &CustomWish,
    table: &Table,
    mut custom: CustomEntity,
) -> Result<CustomPlan, EngineError> {
    let named = custom.entity.clone();
    let map = context
        .store
        .read(move |reader| mapping(reader, &named))
        .await?;
    let map = map.transpose()?.map(|current| current.map);
    let mut problems = unfit(wish, &custom);
    if problems.is_empty() {
        let mut chosen = choose(table, custom.path.as_ref(), &wish.fields);
        problems.append(&mut chosen.problems);
        problems.append(&mut take(&mut custom, chosen.fields, map.as_ref()));
    }
    let steps = if problems.is_empty() {
        in_marketo(context, &custom, &mut problems).await?
    } else {
        Vec::new()
    };
    Ok(shown(custom, table, Vec::new(), steps, problems))
}

/// What of a wish cannot be had for an entity that is there.
fn unfit(wish: &CustomWish, there: &CustomEntity) -> Vec<String> {
    let entity = &there.entity;
    let mut problems = Vec::new();
    match there.state {
        CustomState::Ready | CustomState::Growing => {}
        CustomState::Wanted => problems.push(format!(
            "{entity} is added already, and its type still to be made: add columns once it is ready"
        )),
        CustomState::Removing => {
            problems.push(format!("{entity} is being removed: add it anew after that"));
        }
    }
    if wish.fields.is_empty() {
        problems.push(format!(
            "{entity} is a custom entity already: name the columns to add with --fields, or remove it first"
        ));
    }
    let other = |wished: &Option<String>, has: &str| {
        wished
            .as_ref()
            .is_some_and(|one| !one.eq_ignore_ascii_case(has))
    };
    let path = there
        .path
        .as_ref()
        .map_or("none".to_owned(), ToString::to_string);
    if other(&wish.name, &there.object) || other(&wish.path, &path) {
        problems.push(format!(
            "the name and the link of {entity}'s type are settled ({}, {path}): remove it first to change them",
            there.object
        ));
    }
    problems
}

/// Takes the new columns in; returns what stands against them.
fn take(
    custom: &mut CustomEntity,
    chosen: Vec<CustomField>,
    map: Option<&EntityMap>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for mut field in chosen {
        let column = field.dynamics.clone();
        let mapped = map.is_some_and(|map| map.fields.iter().any(|one| one.dynamics == column));
        if mapped || custom.added.contains(&column) {
            problems.push(format!("column {column} travels already"));
            continue;
        }
        let label = |one: &CustomField| one.label.eq_ignore_ascii_case(&field.label);
        if !custom.fields.iter().any(|one| one.dynamics == column) {
            if custom.fields.iter().any(label) {
                field.label = format!("{} ({column})", field.label);
            }
            custom.fields.push(field);
        }
        custom.added.push(column);
    }
    let room = FIELDS_MAX - 2 - usize::from(custom.path.is_some());
    if custom.fields.len() > room {
        problems.push(format!(
            "{} columns are more than the {room} fields the type has room for",
            custom.fields.len()
        ));
    }
    custom.state = CustomState::Growing;
    problems
}
