//! The plan for a new custom entity: everything that would be made, and everything that stands against it.

use serde::Serialize;

use super::columns::{self, choose};
use super::grow;
use super::paths::{Finder, untracked};
use super::shape::TypeField;
use super::steps::{self, Step, TYPES_MAX};
use crate::connectors::dynamics::Table;
use crate::engine::approval;
use crate::engine::context::{Context, Parts};
use crate::engine::error::EngineError;
use crate::engine::objects::ROW_ID;
use crate::engine::prepare::{ENTITIES, settings};
use crate::model::{
    CustomEntity, CustomState, CustomWish, Direction, Entity, EntitySettings, ParentPath,
};

/// The longest name of a type; what Marketo's own connector takes.
const NAME_MAX: usize = 33;
/// The table of who is in which team.
const MEMBERSHIP: &str = "teammembership";

/// A plan for a new custom entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomPlan {
    /// What it is approved by; none while something stands against it.
    pub plan: Option<String>,
    /// The Dynamics table.
    pub table: String,
    /// The API name of the type in Marketo.
    pub object: String,
    /// The name people see there.
    pub label: String,
    /// The field that holds the row's GUID, and is the type's key.
    pub key: &'static str,
    /// The field that points to the person or company a record belongs to.
    pub link: Option<&'static str>,
    /// The way to it, as `--path` takes it.
    pub path: Option<String>,
    /// The columns that travel; of a type that is there those that are added.
    pub columns: Vec<PlannedColumn>,
    /// The fields that are made in Marketo.
    pub fields: Vec<TypeField>,
    /// The columns that cannot, and why.
    pub left: Vec<(String, String)>,
    /// What is done in Marketo, in words.
    pub steps: Vec<String>,
    /// What stands against it; all of it.
    pub problems: Vec<String>,
    /// What is kept once it is approved.
    #[serde(skip)]
    pub(super) custom: CustomEntity,
}

/// One column that travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedColumn {
    /// The Dynamics column.
    pub dynamics: String,
    /// The field in Marketo.
    pub marketo: String,
    /// The name people see there.
    pub label: String,
    /// Marketo's word for its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How many characters it holds.
    pub length: Option<u32>,
    /// What is lost on the way.
    pub note: Option<String>,
}

/// Plans a custom entity: asks both ends, writes nothing.
pub async fn plan_custom(
    parts: Parts,
    wish: &CustomWish,
    by: &str,
) -> Result<CustomPlan, EngineError> {
    plan(&Context::new(parts), wish, by).await
}

pub(super) async fn plan(
    context: &Context,
    wish: &CustomWish,
    by: &str,
) -> Result<CustomPlan, EngineError> {
    let mut finder = Finder::new(context);
    let mut problems = Vec::new();
    let entity = Entity::named(wish.table.clone());
    let Some(table) = finder.table(&wish.table).await? else {
        problems.push(format!("Dynamics has no table '{}'", wish.table));
        return Ok(nothing(wish, entity, problems));
    };
    let named = entity.clone();
    let there = context
        .store
        .read(move |reader| reader.custom_entity(&named))
        .await?;
    if let Some(there) = there {
        return grow::growth(context, wish, &table, there).await;
    }
    problems.extend(untracked(&table));
    let known = settings(context).await?;
    problems.extend(taken(&entity, &known));
    let membership = wish.table == MEMBERSHIP;
    let wished = wish.path.as_deref();
    let path = match finder
        .find(&table, wished.or(membership.then_some("none")))
        .await?
    {
        Ok(path) => path,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let needs = needs(membership, path.as_ref());
    let ends = path
        .iter()
        .map(|path| &path.to)
        .chain(needs.iter().map(|(_, to)| to));
    problems.extend(ends.filter_map(|end| off(end, &known)));
    let mut chosen = choose(&table, path.as_ref(), &wish.fields);
    problems.append(&mut chosen.problems);
    let custom = CustomEntity {
        object: wish.name.clone().unwrap_or_else(|| wish.table.clone()),
        label: table.label.clone(),
        path,
        needs,
        fields: chosen.fields,
        added: Vec::new(),
        state: CustomState::Wanted,
        note: None,
        by: by.to_owned(),
        entity,
    };
    problems.extend(misnamed(&custom.object));
    let steps = in_marketo(context, &custom, &mut problems).await?;
    Ok(shown(custom, &table, chosen.left, steps, problems))
}

/// A row of a team's members waits for both its ends.
fn needs(membership: bool, path: Option<&ParentPath>) -> Vec<(String, Entity)> {
    if !membership || path.is_some() {
        return Vec::new();
    }
    let end = |column: &str, to: Entity| (column.to_owned(), to);
    vec![
        end("teamid", Entity::TEAM),
        end("systemuserid", Entity::USER),
    ]
}

fn taken(entity: &Entity, known: &[EntitySettings]) -> Option<String> {
    let built_in = ENTITIES.contains(entity) || entity.name() == "connection";
    let there = known.iter().any(|one| one.entity == *entity);
    if built_in {
        Some(format!("{entity} is kept in step without being added"))
    } else if there {
        Some(format!("{entity} is a custom entity already"))
    } else {
        None
    }
}

/// A parent that is never in Marketo would be waited for by every row.
fn off(end: &Entity, known: &[EntitySettings]) -> Option<String> {
    let settings = known.iter().find(|one| one.entity == *end);
    let reaches =
        settings.is_some_and(|one| matches!(one.direction, Direction::Both | Direction::ToMarketo));
    (!reaches).then(|| format!("{end} does not travel to Marketo: switch its direction on first"))
}

fn misnamed(name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.len() > NAME_MAX {
        problems.push(format!(
            "the name {name} has {} characters, and a type's takes {NAME_MAX}: give it another with --name",
            name.len()
        ));
    }
    let letters = |text: &str| {
        text.chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_')
    };
    if !name.starts_with(|one: char| one.is_ascii_alphabetic()) || !letters(name) {
        problems.push(format!(
            "the name '{name}' is none for a type: it takes letters, digits and underscores, a letter first"
        ));
    }
    if ["lead", "company", "opportunity", "salesperson", "person"]
        .contains(&name.to_lowercase().as_str())
    {
        problems.push(format!(
            "the name {name} is Marketo's own: give it another with --name"
        ));
    }
    problems
}

/// What is still to be done in Marketo.
pub(super) async fn in_marketo(
    context: &Context,
    custom: &CustomEntity,
    problems: &mut Vec<String>,
) -> Result<Vec<Step>, EngineError> {
    if !misnamed(&custom.object).is_empty() {
        return Ok(Vec::new());
    }
    let marketo = &context.marketo;
    let names = match marketo.custom_type_names().await {
        Ok(names) => names,
        Err(error) if matches!(error.code.as_str(), "603" | "616" | "1026") => {
            problems.push(format!(
                "Marketo's user may not make custom object types ({}): it needs the permissions Read-Write Custom \
                 Object Type and Read-Write Custom Object, and the subscription the metadata calls",
                error.code
            ));
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    let there = marketo.custom_type(&custom.object).await?;
    if there.is_none() && names.len() >= TYPES_MAX {
        problems.push(format!(
            "Marketo has {} custom object types, and takes {TYPES_MAX}",
            names.len()
        ));
    }
    match steps::steps(custom, there.as_ref()) {
        Ok(steps) => Ok(steps),
        Err(problem) => {
            problems.push(problem);
            Ok(Vec::new())
        }
    }
}

fn nothing(wish: &CustomWish, entity: Entity, problems: Vec<String>) -> CustomPlan {
    let object = wish.name.clone().unwrap_or_else(|| wish.table.clone());
    let custom = CustomEntity {
        label: object.clone(),
        entity,
        object: object.clone(),
        path: None,
        needs: Vec::new(),
        fields: Vec::new(),
        added: Vec::new(),
        state: CustomState::Wanted,
        note: None,
        by: String::new(),
    };
    CustomPlan {
        plan: None,
        table: wish.table.clone(),
        label: object.clone(),
        object,
        key: ROW_ID,
        link: None,
        path: wish.path.clone(),
        columns: Vec::new(),
        fields: Vec::new(),
        left: Vec::new(),
        steps: Vec::new(),
        problems,
        custom,
    }
}

pub(super) fn shown(
    custom: CustomEntity,
    table: &Table,
    left: Vec<(String, String)>,
    steps: Vec<Step>,
    problems: Vec<String>,
) -> CustomPlan {
    let grows = custom.state == CustomState::Growing;
    let travels = custom.fields.iter();
    let columns: Vec<PlannedColumn> = travels
        .filter(|field| !grows || custom.added.contains(&field.dynamics))
        .map(|field| {
            let (kind, length) = columns::word(field.kind);
            let source = table
                .column(&field.dynamics)
                .and_then(|column| column.max_length);
            let longer = source
                .zip(length)
                .is_some_and(|(source, length)| source > length);
            PlannedColumn {
                dynamics: field.dynamics.clone(),
                marketo: field.marketo.clone(),
                label: field.label.clone(),
                kind,
                length,
                note: longer.then(|| "longer values are shortened".to_owned()),
            }
        })
        .collect();
    let fields = steps.iter().flat_map(|step| match step {
        Step::Add(fields) => fields.iter().map(TypeField::of).collect(),
        Step::Create(_) | Step::Approve => Vec::new(),
    });
    let fields = fields.collect();
    let steps: Vec<String> = if problems.is_empty() {
        words(&custom, &steps)
    } else {
        Vec::new()
    };
    // Who asked is no part of what was shown.
    let shown = (
        &custom.object,
        &custom.path,
        &custom.fields,
        &custom.added,
        &steps,
    );
    let digest = serde_json::to_string(&shown).unwrap_or_default();
    let plan = problems
        .is_empty()
        .then(|| approval::name(&format!("add-{}", custom.entity), &digest));
    CustomPlan {
        plan,
        table: table.logical.clone(),
        object: custom.object.clone(),
        label: custom.label.clone(),
        key: ROW_ID,
        link: steps::link_of(&custom).map(|(field, _)| field),
        path: custom.path.as_ref().map(ToString::to_string),
        columns,
        fields,
        left,
        steps,
        problems,
        custom,
    }
}

fn words(custom: &CustomEntity, steps: &[Step]) -> Vec<String> {
    let name = &custom.object;
    if steps.is_empty() {
        return vec![format!(
            "the type {name} is there and approved: it is used as it is"
        )];
    }
    steps.iter().map(|step| steps::words(name, step)).collect()
}
