//! What a filter needs to know of the tables its lookups lead to, and of the filters that take their rows along.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::checking::Check;
use super::context::Context;
use super::error::EngineError;
use super::filtering::applied;
use super::scope::Scope;
use super::tables;
use crate::connectors::dynamics::{Dynamics, Table};
use crate::mapping::{EntityMap, Expression};
use crate::model::{Entity, EntitySettings, Filter};
use crate::store::{Reader, Store, StoreError};

/// The lookups by which an account takes rows along.
const TO_ACCOUNT: [&str; 3] = ["parentcustomerid", "parentaccountid", "customerid"];

/// A filter with those of the accounts that take its rows along; only what is obeyed already counts.
pub(super) async fn with_parents(
    store: &Store,
    filter: &Filter,
    table: &Table,
) -> Result<Filter, StoreError> {
    let mut whole = filter.clone();
    whole.parents = BTreeMap::new();
    let account = Entity::ACCOUNT;
    let leads = |lookup: &&&str| {
        let targets = table.navigation.get(**lookup).into_iter().flatten();
        let mut tables = targets.map(|target| target.table.as_str());
        tables.any(|name| name == account.name())
    };
    let lookups: Vec<&&str> = TO_ACCOUNT.iter().filter(leads).collect();
    if lookups.is_empty() || table.logical == account.name() {
        return Ok(whole);
    }
    let theirs = store
        .read(|reader| applied(reader, &Entity::ACCOUNT))
        .await?;
    if theirs.cascade {
        for lookup in lookups {
            let theirs = Filter {
                cascade: false,
                ..theirs.clone()
            };
            whole.parents.insert((*lookup).to_owned(), theirs);
        }
    }
    Ok(whole)
}

/// What is wrong with a filter, as far as is remembered of its tables; nothing where they were never read.
pub fn filter_problem(
    reader: &Reader<'_>,
    entity: &Entity,
    filter: &Filter,
) -> Result<Option<String>, StoreError> {
    let Some(text) = filter.expression.as_deref() else {
        return Ok(None);
    };
    let parsed = match Expression::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let standard = EntityMap::standard(entity).and_then(Result::ok);
    let logical = standard.map_or_else(|| entity.name().to_owned(), |map| map.table);
    let Some(table) = tables::remembered(reader, &logical)? else {
        return Ok(None);
    };
    let targets = |lookup: &String| table.navigation.get(lookup).into_iter().flatten();
    let mut there = BTreeMap::new();
    for target in parsed
        .related()
        .iter()
        .flat_map(|(lookup, _)| targets(lookup))
    {
        let Some(known) = tables::remembered(reader, &target.table)? else {
            return Ok(None);
        };
        there.insert(target.table.clone(), known);
    }
    let own = Filter {
        parents: BTreeMap::new(),
        ..filter.clone()
    };
    let scope = Scope::of(&own, &table, &there, BTreeMap::new());
    Ok(scope.err().map(|error| error.to_string()))
}

/// Whether the filter can be used on the table as it is now.
pub(super) async fn check(context: &Context, settings: &EntitySettings, table: &Table) -> Check {
    let filter = &settings.rules.filter;
    let usable = Tables::Live(&context.dynamics).scope(filter, table).await;
    let found = filter.expression.as_deref().unwrap_or("none");
    Check::new(
        format!("{}: filter", settings.entity),
        usable.is_ok(),
        usable.map_or_else(|error| error.to_string(), |_| found.to_owned()),
        "correct the expression; `syncdeck filter test` tries one, until then the filter before it is obeyed",
    )
}

/// Where the metadata of the tables comes from.
pub(super) enum Tables<'a> {
    /// Dynamics itself.
    Live(&'a Dynamics),
    /// What is remembered, while it is enough.
    Known(&'a Context),
}

impl Tables<'_> {
    /// The scope a filter means for a table.
    pub(super) fn scope<'a>(
        &'a self,
        filter: &'a Filter,
        table: &'a Table,
    ) -> BoxFuture<'a, Result<Scope, EngineError>> {
        async move {
            let mut scopes = BTreeMap::new();
            let mut there = self.led_to(filter, table, false).await?;
            for (lookup, theirs) in &filter.parents {
                let name = Entity::ACCOUNT.name();
                if let Some(parent) = there.get(name) {
                    let scope = self.scope(theirs, parent).await?;
                    scopes.insert(lookup.clone(), (name.to_owned(), scope));
                }
            }
            let first = Scope::of(filter, table, &there, scopes.clone());
            if first.is_err() && matches!(self, Self::Known(_)) && !there.is_empty() {
                // What is remembered may be older than the column.
                there = self.led_to(filter, table, true).await?;
            } else {
                return first.map_err(|error| EngineError::halted(error.to_string()));
            }
            let again = Scope::of(filter, table, &there, scopes);
            again.map_err(|error| EngineError::halted(error.to_string()))
        }
        .boxed()
    }

    /// The tables the filter's lookups lead to.
    async fn led_to(
        &self,
        filter: &Filter,
        table: &Table,
        afresh: bool,
    ) -> Result<BTreeMap<String, Table>, EngineError> {
        let parsed = filter.expression.as_deref().map(Expression::parse);
        // What cannot be parsed is told by whoever needs it.
        let parsed = parsed.and_then(Result::ok);
        let asked = parsed.iter().flat_map(Expression::related);
        let lookups = asked.map(|(lookup, _)| lookup).chain(filter.parents.keys());
        let targets = lookups.flat_map(|lookup| table.navigation.get(lookup).into_iter().flatten());
        let names: BTreeSet<&str> = targets.map(|target| target.table.as_str()).collect();
        let mut found = BTreeMap::new();
        for name in names {
            let table = match self {
                Self::Live(dynamics) => dynamics.table(name).await?,
                Self::Known(context) => tables::known(context, name, afresh).await?,
            };
            found.insert(name.to_owned(), table);
        }
        Ok(found)
    }
}
