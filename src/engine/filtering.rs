//! A changed filter: counted and shown before it is obeyed; until then the lane goes on with the one before.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::approval::approved;
use super::context::{Context, Parts};
use super::error::EngineError;
use super::lane::Lane;
use super::parents::{Tables, with_parents};
use super::related;
use super::scope::Scope;
use super::snapshot::NewsKind;
use crate::connectors::ConnectorError;
use crate::connectors::dynamics::{Change, Dynamics, Next, Table};
use crate::mapping::EntityMap;
use crate::model::{Entity, EntitySettings, Filter, Record, RecordKey};
use crate::store::{Reader, StoreError};

/// Rows a page when counting.
const PAGE: u32 = 5_000;
/// People named of those who would enter, and of those who would leave.
const EXAMPLES: usize = 5;

/// What a changed filter would mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterPlan {
    /// The filter that is asked for.
    pub wanted: Filter,
    /// The filter that is obeyed.
    pub applied: Filter,
    /// Rows in scope under the wanted one.
    pub inside: u64,
    /// Rows out of scope under it.
    pub outside: u64,
    /// Rows that would enter.
    pub entering: u64,
    /// Rows that would leave.
    pub leaving: u64,
    /// Some that would enter, by name or address.
    pub entering_examples: Vec<String>,
    /// Some that would leave.
    pub leaving_examples: Vec<String>,
    /// The plan's name, for approval.
    pub plan: String,
}

/// The changed filter of `entity` that waits for approval.
pub fn filter_plan(reader: &Reader<'_>, entity: &Entity) -> Result<Option<FilterPlan>, StoreError> {
    let stored = reader.setting(&plan_key(entity))?;
    Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
}

/// What `wanted` would mean for `entity` as the store has it; nothing is changed.
pub async fn filter_test(
    parts: &Parts,
    entity: &Entity,
    wanted: &Filter,
) -> Result<FilterPlan, EngineError> {
    let named = entity.clone();
    let applied = parts
        .store
        .read(move |reader| applied(reader, &named))
        .await?;
    let table = match EntityMap::standard(entity) {
        Some(map) => map?.table,
        None => entity.name().to_owned(),
    };
    let table = parts.dynamics.table(&table).await?;
    let store = &parts.store;
    let (applied, wanted) = (&applied, &with_parents(store, wanted, &table).await?);
    let tables = Tables::Live(&parts.dynamics);
    let scopes = [
        tables.scope(applied, &table).await?,
        tables.scope(wanted, &table).await?,
    ];
    count(&parts.dynamics, entity, &table, [applied, wanted], &scopes).await
}

/// Gives a lane its scope: the wanted one where nobody enters or leaves by it, or where that was approved.
pub(super) async fn within(context: &Context, lane: Lane) -> Result<Lane, EngineError> {
    let entity = lane.entity().clone();
    let wanted = with_parents(&context.store, &lane.settings.rules.filter, &lane.table).await?;
    let tables = Tables::Known(context);
    let named = entity.clone();
    let (applied, links, known) = context
        .store
        .read(move |reader| {
            let known = filter_plan(reader, &named)?;
            Ok((applied(reader, &named)?, reader.link_count(&named)?, known))
        })
        .await?;
    let before = tables
        .scope(&applied, &lane.table)
        .await
        .unwrap_or_default();
    if applied == wanted {
        return Ok(lane.within(before));
    }
    let after = match tables.scope(&wanted, &lane.table).await {
        Ok(after) => after,
        Err(error) => {
            let text = format!("the changed filter is not obeyed: {error}");
            context
                .progress
                .tell(NewsKind::Trouble, Some(&entity), text);
            return Ok(lane.within(before));
        }
    };
    let still = known.filter(|plan| plan.wanted == wanted && plan.applied == applied);
    let plan = if let Some(plan) = still {
        plan
    } else {
        let (scopes, filters) = ([before.clone(), after.clone()], [&applied, &wanted]);
        let plan = count(&context.dynamics, &entity, &lane.table, filters, &scopes).await?;
        keep(context, &entity, &plan).await?;
        plan
    };
    let nobody = plan.entering + plan.leaving == 0;
    if nobody || links == 0 || approved(context, &plan.plan).await? {
        apply(context, &entity, &wanted).await?;
        return Ok(lane.within(after));
    }
    let reason = format!(
        "{entity}: the changed filter takes {} rows in and leaves {} out; approve the plan '{}' to obey it, \
         until then the filter before it is obeyed",
        plan.entering, plan.leaving, plan.plan
    );
    context.control.halt(&entity, reason, Some(plan.plan));
    Ok(lane.within(before))
}

/// Gives a lane the scope that is obeyed now, whatever is asked for.
pub(super) async fn obeyed(context: &Context, lane: Lane) -> Result<Lane, EngineError> {
    let entity = lane.entity().clone();
    let applied = context
        .store
        .read(move |reader| applied(reader, &entity))
        .await?;
    let tables = Tables::Known(context);
    let scope = tables.scope(&applied, &lane.table).await;
    Ok(lane.within(scope.unwrap_or_default()))
}

pub(super) fn applied(reader: &Reader<'_>, entity: &Entity) -> Result<Filter, StoreError> {
    let stored = reader.setting(&applied_key(entity))?;
    let stored = stored.and_then(|text| serde_json::from_str(&text).ok());
    Ok(stored.unwrap_or_else(|| EntitySettings::initial(entity.clone()).rules.filter))
}

fn applied_key(entity: &Entity) -> String {
    format!("filter/{entity}")
}

fn plan_key(entity: &Entity) -> String {
    format!("filter_plan/{entity}")
}

async fn keep(context: &Context, entity: &Entity, plan: &FilterPlan) -> Result<(), EngineError> {
    let (key, text) = (
        plan_key(entity),
        serde_json::to_string(plan).unwrap_or_default(),
    );
    context
        .store
        .transaction(move |tx| tx.set_setting(&key, &text))
        .await?;
    Ok(())
}

async fn apply(context: &Context, entity: &Entity, filter: &Filter) -> Result<(), EngineError> {
    let (key, plan) = (applied_key(entity), plan_key(entity));
    let text = serde_json::to_string(filter).unwrap_or_default();
    context
        .store
        .transaction(move |tx| {
            tx.set_setting(&key, &text)?;
            tx.set_setting(&plan, "")
        })
        .await?;
    let text = "the changed filter is obeyed from now on";
    context.progress.tell(NewsKind::Done, Some(entity), text);
    Ok(())
}

/// Holds every row of the table against both filters.
async fn count(
    dynamics: &Dynamics,
    entity: &Entity,
    table: &Table,
    [applied, wanted]: [&Filter; 2],
    scopes: &[Scope; 2],
) -> Result<FilterPlan, EngineError> {
    let mut columns: Vec<String> = scopes.iter().flat_map(Scope::columns).collect();
    columns.extend(LABELS.map(str::to_owned));
    columns.retain(|name| table.column(name).is_some());
    columns.sort_unstable();
    columns.dedup();
    let mut counted = Counted::default();
    let mut page = dynamics.first_page(table, &columns, PAGE).await?;
    loop {
        for scope in scopes {
            let rows = related::rows_of(&mut page.changes);
            related::dress(dynamics, scope.relations(), rows).await?;
        }
        for change in &page.changes {
            if let Change::Upsert(row) = change {
                counted.row(row, scopes);
            }
        }
        let Next::Page(link) = &page.next else { break };
        page = follow(dynamics, table, link).await?;
    }
    let shown = format!("{wanted:?} {:x} {:x}", counted.digest, counted.leaving);
    Ok(FilterPlan {
        wanted: wanted.clone(),
        applied: applied.clone(),
        inside: counted.inside,
        outside: counted.outside,
        entering: counted.entering,
        leaving: counted.leaving,
        entering_examples: counted.examples[0].clone(),
        leaving_examples: counted.examples[1].clone(),
        plan: super::approval::name(&format!("filter-{entity}"), &shown),
    })
}

async fn follow(
    dynamics: &Dynamics,
    table: &Table,
    link: &str,
) -> Result<crate::connectors::dynamics::Page, ConnectorError> {
    dynamics.follow(table, link, PAGE).await
}

/// What rows are known by, the best first.
const LABELS: [&str; 4] = ["emailaddress1", "fullname", "name", "lastname"];

#[derive(Default)]
struct Counted {
    inside: u64,
    outside: u64,
    entering: u64,
    leaving: u64,
    examples: [Vec<String>; 2],
    /// Of who enters and who leaves, in whatever order they come.
    digest: u64,
}

impl Counted {
    fn row(&mut self, row: &Record, [before, after]: &[Scope; 2]) {
        let (was, is) = (before.holds(row), after.holds(row));
        *(if is {
            &mut self.inside
        } else {
            &mut self.outside
        }) += 1;
        if was == is {
            return;
        }
        let which = usize::from(was);
        *(if is {
            &mut self.entering
        } else {
            &mut self.leaving
        }) += 1;
        if let RecordKey::Dynamics(id) = row.key {
            self.digest ^= xxh3_64(format!("{which} {id}").as_bytes());
        }
        if self.examples[which].len() < EXAMPLES {
            let mut label = LABELS.iter().map(|name| row.get(name));
            let label = label.find_map(|value| value.as_text());
            self.examples[which].push(label.unwrap_or_default().to_owned());
        }
    }
}
