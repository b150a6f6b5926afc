//! Creating rows in Dynamics by rule: who of those that exist in Marketo only becomes a contact or a lead.
//!
//! A rule is an expression of the entity's over Marketo's own fields; there is none by default, and nobody is created
//! unasked. Whoever it holds for is asked for as if by hand: somebody who is there already is linked, and the brakes
//! measure the creates. People are held against the rules when a feed names them; after a rule was changed, all those
//! that are known to exist in Marketo only are, a part a cycle. The rule of contacts is asked before the one of leads.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::context::{Context, Parts};
use super::error::EngineError;
use super::gather::people;
use super::lane::Lane;
use super::marketo_only;
use super::prepare::{lane, settings};
use super::records::{NewRow, create};
use super::slice::SLICE;
use super::snapshot::NewsKind;
use super::stamp;
use crate::mapping::Expression;
use crate::model::{Entity, MarketoId, Record, Side};
use crate::store::{StoreError, Tx};

/// Where the walk through everybody stands.
const STATE: &str = "create_rules";
/// Pages of people a cycle that are held against changed rules.
const PAGES: usize = 20;
/// People listed in one go at most.
pub const LISTED_MAX: usize = 100_000;

/// The rules of a cycle's lanes.
pub(super) struct CreateRules {
    rules: Vec<(Entity, Expression)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Walk {
    /// The rules it is made with; others start another one.
    rules: String,
    after: MarketoId,
    done: bool,
}

impl CreateRules {
    /// The rules of people's lanes; one that cannot be used is told and not obeyed.
    pub(super) fn of<'a>(context: &Context, lanes: impl Iterator<Item = &'a Lane>) -> Self {
        let mut rules = Vec::new();
        for lane in lanes {
            let rule = lane.settings.rules.create_in_dynamics.as_ref();
            let Some(text) = rule.filter(|_| lane.direction().writes(Side::Dynamics)) else {
                continue;
            };
            let known = |name: &str| lane.person.iter().any(|field| field.name == name);
            match Expression::over(text, known) {
                Ok(rule) => rules.push((lane.entity().clone(), rule)),
                Err(error) => {
                    let text = format!("nobody is created by rule: {error}");
                    let entity = Some(lane.entity());
                    context.progress.tell(NewsKind::Trouble, entity, text);
                }
            }
        }
        Self { rules }
    }

    /// The fields the rules look at.
    fn fields(&self) -> impl Iterator<Item = &String> {
        self.rules.iter().flat_map(|(_, rule)| rule.columns())
    }

    /// A lane that reads what the rules look at as well.
    pub(super) fn reading(&self, lane: &Lane) -> Lane {
        let mut fields: BTreeSet<String> = lane.fields.iter().cloned().collect();
        fields.extend(self.fields().cloned());
        let fields = fields.into_iter().collect();
        Lane {
            fields,
            ..lane.clone()
        }
    }

    /// As what a person is to be created; none where no rule holds, or another row has the person already.
    pub(super) fn wanted(&self, person: &Record) -> Option<NewRow> {
        let marketo = person.key.marketo()?;
        if stamp::row_of(person).is_some() {
            return None;
        }
        let (entity, _) = self.rules.iter().find(|(_, rule)| rule.holds(person))?;
        Some(NewRow {
            marketo,
            entity: entity.clone(),
            account: None,
        })
    }

    fn mark(&self) -> String {
        let rules = self.rules.iter();
        let rules = rules.map(|(entity, rule)| format!("{entity}: {}", rule.text()));
        rules.collect::<Vec<_>>().join("\n")
    }
}

/// Asks for rows of people the rules hold for.
pub(super) fn ask(tx: &Tx<'_>, wanted: &[NewRow], now: DateTime<Utc>) -> Result<(), StoreError> {
    wanted
        .iter()
        .try_for_each(|new| create(tx, new, now).map(drop))
}

/// Holds those who are known to exist in Marketo only against rules that were changed, a part a cycle.
pub(super) async fn walk(context: &Context, lanes: &[Arc<Lane>]) -> Result<(), EngineError> {
    let rules = CreateRules::of(context, lanes.iter().map(|lane| &**lane));
    let Some(lane) = lanes.first().filter(|_| !rules.rules.is_empty()) else {
        return Ok(());
    };
    let lane = rules.reading(lane);
    let stored = context.store.read(|reader| reader.setting(STATE)).await?;
    let stored: Option<Walk> = stored.and_then(|text| serde_json::from_str(&text).ok());
    let same = stored.filter(|walk| walk.rules == rules.mark());
    let mut walk = same.unwrap_or_else(|| Walk {
        rules: rules.mark(),
        after: 0,
        done: false,
    });
    if walk.done || !marketo_only::is_listed(context).await? {
        return Ok(());
    }
    for _ in 0..PAGES {
        if walk.done || context.control.holds_writes() {
            break;
        }
        let after = walk.after;
        let page = context
            .store
            .read(move |reader| reader.marketo_only(Some(after), SLICE))
            .await?;
        let ids: Vec<String> = page.iter().map(|(id, _)| id.to_string()).collect();
        let read = people(context, &lane, "id", &ids).await?;
        let wanted: Vec<NewRow> = read.values().filter_map(|one| rules.wanted(one)).collect();
        walk.after = page.last().map_or(after, |(id, _)| *id);
        walk.done = page.len() < SLICE;
        let text = serde_json::to_string(&walk).unwrap_or_default();
        let now = context.clock.now();
        context
            .store
            .transaction(move |tx| {
                ask(tx, &wanted, now)?;
                tx.set_setting(STATE, &text)
            })
            .await?;
    }
    Ok(())
}

/// Somebody who exists in Marketo only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketoOnly {
    /// The person.
    pub marketo: MarketoId,
    /// The address, or the name; nothing where the person has neither, or is not there any more.
    pub label: String,
    /// When the person last changed, as far as that is known.
    pub updated: Option<DateTime<Utc>>,
    /// Why there is no row in Dynamics.
    pub reason: String,
}

/// The next `limit` people after `after` that are known to exist in Marketo only, and why they do. Reads them from
/// Marketo; nothing is written.
pub async fn list_marketo_only(
    parts: Parts,
    after: Option<MarketoId>,
    limit: usize,
) -> Result<Vec<MarketoOnly>, EngineError> {
    let context = Context::new(parts);
    let identity = context.dynamics.identity().await?;
    let fields = context.marketo.person_fields().await?;
    let mut lanes = Vec::new();
    for settings in settings(&context).await? {
        if settings.entity.is_person() {
            lanes.push(lane(&context, &identity, settings, fields.clone()).await?);
        }
    }
    let rules = CreateRules::of(&context, lanes.iter());
    let Some(first) = lanes.first() else {
        return Ok(Vec::new());
    };
    let mut first = rules.reading(first);
    let there = |name: &String| fields.iter().any(|field| field.name == *name);
    first.fields.retain(there);
    let (mut found, mut after) = (Vec::new(), after);
    while found.len() < limit.min(LISTED_MAX) {
        let page = (limit - found.len()).min(SLICE);
        let listed = context
            .store
            .read(move |reader| reader.marketo_only(after, page))
            .await?;
        let Some((last, _)) = listed.last() else {
            break;
        };
        after = Some(*last);
        let ids: Vec<String> = listed.iter().map(|(id, _)| id.to_string()).collect();
        let read = people(&context, &first, "id", &ids).await?;
        found.extend(listed.into_iter().map(|(marketo, updated)| {
            let person = read.get(&marketo);
            MarketoOnly {
                marketo,
                label: person.map_or_else(String::new, |one| first.label_of(Side::Marketo, one)),
                updated,
                reason: reason(&rules, person),
            }
        }));
    }
    Ok(found)
}

fn reason(rules: &CreateRules, person: Option<&Record>) -> String {
    let Some(person) = person else {
        return "not in Marketo any more, or in a partition our user cannot read".to_owned();
    };
    if let Some(row) = stamp::row_of(person) {
        return format!("carries the stamp of the row {row}, which is not linked");
    }
    if rules.rules.is_empty() {
        return "people are created in Dynamics on request only: no rule is set".to_owned();
    }
    match rules.wanted(person) {
        Some(new) => format!(
            "the rule of {} holds: asked for by one of the next cycles",
            new.entity
        ),
        None => "no rule holds".to_owned(),
    }
}
