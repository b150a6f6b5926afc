//! `syncdeck config`: field maps and entity settings as one TOML document, for version control.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::args::{ConfigVerb, Place};
use super::config_custom::CustomDocument;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::config::default_path;
use crate::engine::{self, Command, ENTITIES};
use crate::mapping::{EntityMap, Expression};
use crate::model::{Direction, Entity, EntityRules, EntitySettings, Policy};
use crate::store::{Reader, Store, StoreError};

/// The document: an `[[entity]]` table each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    entity: Vec<EntityDocument>,
}

/// One entity: what the admin set, and its field map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntityDocument {
    name: Entity,
    direction: Direction,
    policy: Policy,
    #[serde(default)]
    rules: EntityRules,
    /// What a custom entity is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom: Option<CustomDocument>,
    /// Left as it is where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    map: Option<EntityMap>,
}

/// Carries out a `config` command.
pub(super) fn config(place: &Place, verb: ConfigVerb) -> anyhow::Result<Exit> {
    match verb {
        ConfigVerb::Path => {
            let path = place.config.clone().unwrap_or_else(default_path);
            output::line(&path.display().to_string())?;
        }
        ConfigVerb::Init => return init(place),
        ConfigVerb::Show { json } => {
            let (_, store) = resources::existing(place)?;
            let document = store.read_blocking(read)?;
            if json {
                output::json(&document)?;
            } else {
                show(&document)?;
            }
        }
        ConfigVerb::Export { file } => {
            let (_, store) = resources::existing(place)?;
            let text = toml(&store.read_blocking(read)?)?;
            match file {
                Some(file) => std::fs::write(&file, text)
                    .with_context(|| format!("cannot write {}", file.display()))?,
                None => output::bytes(text.as_bytes())?,
            }
        }
        ConfigVerb::Plan { file } => {
            let (_, store) = resources::existing(place)?;
            return import(&store, &file, true);
        }
        ConfigVerb::Apply { file } => {
            let (_, store) = resources::existing(place)?;
            return import(&store, &file, false);
        }
        ConfigVerb::Import { file, dry_run } => {
            let (_, store) = resources::existing(place)?;
            return import(&store, &file, dry_run);
        }
    }
    Ok(Exit::Clean)
}

/// A configuration file to start from; one that is there is left alone.
fn init(place: &Place) -> anyhow::Result<Exit> {
    let path = place.config.clone().unwrap_or_else(default_path);
    anyhow::ensure!(
        !path.exists(),
        "{} is there already: nothing was changed",
        path.display()
    );
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, include_str!("../../assets/config.toml"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    output::say(&format!("{} is to be filled in", path.display()));
    Ok(Exit::Clean)
}

fn read(reader: &Reader<'_>) -> Result<Document, StoreError> {
    let stored = reader.entity_settings()?;
    let mut entities: Vec<Entity> = ENTITIES.to_vec();
    let more = stored.iter().map(|settings| settings.entity.clone());
    for entity in more {
        if !entities.contains(&entity) {
            entities.push(entity);
        }
    }
    let entity = entities.into_iter().map(|name| {
        let settings = stored.iter().find(|one| one.entity == name);
        let settings = settings
            .cloned()
            .unwrap_or_else(|| EntitySettings::initial(name.clone()));
        let map = engine::mapping(reader, &name)?.and_then(Result::ok);
        let custom = reader.custom_entity(&name)?.map(CustomDocument::from);
        Ok(EntityDocument {
            name,
            direction: settings.direction,
            policy: settings.policy,
            rules: settings.rules,
            custom,
            map: map.map(|current| current.map),
        })
    });
    Ok(Document {
        entity: entity.collect::<Result<_, StoreError>>()?,
    })
}

fn toml(document: &Document) -> anyhow::Result<String> {
    Ok(crate::mapping::to_toml(document)?)
}

fn show(document: &Document) -> anyhow::Result<()> {
    for entity in &document.entity {
        let fields = entity.map.as_ref().map_or(0, |map| map.fields.len());
        output::line(&format!(
            "{:<12} {:<12} {:<9} {fields} fields  deletes {}/{}  filter {}",
            entity.name.name(),
            entity.direction.word(),
            entity.policy.word(),
            entity.rules.deleted_in_dynamics.word(),
            entity.rules.deleted_in_marketo.word(),
            output::clean(entity.rules.filter.expression.as_deref().unwrap_or("-")),
        ))?;
    }
    Ok(())
}

/// Everything is checked before anything is changed.
fn import(store: &Store, file: &Path, dry_run: bool) -> anyhow::Result<Exit> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut wanted: Document = crate::mapping::from_toml(&text)
        .with_context(|| format!("{} is not taken, nothing was changed", file.display()))?;
    for entity in &mut wanted.entity {
        check(entity)
            .with_context(|| format!("{} is not taken, nothing was changed", file.display()))?;
    }
    for entity in &wanted.entity {
        let (name, filter) = (&entity.name, &entity.rules.filter);
        let problem = store.read_blocking(|reader| engine::filter_problem(reader, name, filter))?;
        if let Some(problem) = problem {
            anyhow::bail!("the filter of {name} is not taken, nothing was changed: {problem}");
        }
    }
    let before = store.read_blocking(read)?;
    let changes = differences(&before, &wanted)?;
    for change in &changes {
        output::line(change)?;
    }
    if dry_run || changes.is_empty() {
        output::say(&format!(
            "{} differences; nothing was changed",
            changes.len()
        ));
        return Ok(Exit::Clean);
    }
    let (now, by) = (Clock::system().now(), resources::user());
    store.transaction_blocking(|tx| {
        for entity in &wanted.entity {
            let old = before.entity.iter().find(|one| one.name == entity.name);
            tx.set_entity_settings(&EntitySettings {
                entity: entity.name.clone(),
                direction: entity.direction,
                policy: entity.policy,
                rules: entity.rules.clone(),
            })?;
            if let Some(custom) = &entity.custom
                && tx.custom_entity(&entity.name)?.is_none()
            {
                tx.set_custom_entity(&custom.wanted(&entity.name, &by))?;
            }
            if let Some(map) = &entity.map
                && old.and_then(|old| old.map.as_ref()) != Some(map)
            {
                tx.add_mapping(&entity.name, &map.to_toml(), &by, now)?;
            }
        }
        tx.post_command(&json!(Command::SyncNow), now)
    })?;
    output::say(&format!(
        "{} differences are obeyed from the next cycle on",
        changes.len()
    ));
    Ok(Exit::Clean)
}

fn check(entity: &mut EntityDocument) -> anyhow::Result<()> {
    if let Some(expression) = &entity.rules.filter.expression {
        Expression::parse(expression)?;
    }
    if let Some(rule) = &entity.rules.create_in_dynamics {
        Expression::parse(rule)?;
        anyhow::ensure!(
            entity.name.is_person(),
            "only people are created in Dynamics"
        );
    }
    if let Some(roles) = &entity.rules.account_roles {
        if let Some(problem) = roles.problem() {
            anyhow::bail!(problem);
        }
        anyhow::ensure!(
            entity.name == Entity::OPPORTUNITY,
            "account_roles is a rule of opportunities"
        );
    }
    for rule in &entity.rules.matching {
        anyhow::ensure!(!rule.fields.is_empty(), "a match rule names no field");
    }
    if let Some(map) = &mut entity.map {
        anyhow::ensure!(
            map.entity == entity.name,
            "its map is the one of {}",
            map.entity
        );
        // The reader of a map alone finds doubled and missing names.
        *map = EntityMap::from_toml(&map.to_toml())?;
    }
    Ok(())
}

/// What would change, a line each.
fn differences(before: &Document, wanted: &Document) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for new in &wanted.entity {
        let old = before.entity.iter().find(|one| one.name == new.name);
        let mut new = new.clone();
        if let Some(old) = old {
            new.map = new.map.or_else(|| old.map.clone());
            new.custom = new.custom.or_else(|| old.custom.clone());
        }
        let lines = |one: Option<&EntityDocument>| -> anyhow::Result<Vec<String>> {
            let document = Document {
                entity: one.into_iter().cloned().collect(),
            };
            let text = if one.is_some() {
                toml(&document)?
            } else {
                String::new()
            };
            Ok(text.lines().map(str::to_owned).collect())
        };
        let (old_lines, new_lines) = (lines(old)?, lines(Some(&new))?);
        let line = |sign: char, text: &str| format!("{sign} {}: {text}", new.name);
        let gone = beyond(&old_lines, &new_lines);
        found.extend(gone.iter().map(|text| line('-', text)));
        let added = beyond(&new_lines, &old_lines);
        found.extend(added.iter().map(|text| line('+', text)));
    }
    Ok(found)
}

/// The lines of `one` that `other` has not, or not as often.
fn beyond(one: &[String], other: &[String]) -> Vec<String> {
    let mut left = other.to_vec();
    let mut found = Vec::new();
    for line in one {
        match left.iter().position(|there| there == line) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => found.push(line.clone()),
        }
    }
    found
}
