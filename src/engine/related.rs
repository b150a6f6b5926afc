//! The rows a row points to, as far as its filter asks about them: read a page at a time, never one by one.
//!
//! `related.parentcustomerid.industrycode` asks for a column of the account or contact a lookup leads to; a parent whose
//! own filter cascades takes the rows that point to it along. What was read stands in the row beside its own values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::scope::Scope;
use crate::connectors::ConnectorError;
use crate::connectors::dynamics::{Change, Dynamics, Table};
use crate::mapping::{Expression, ExpressionError};
use crate::model::{Record, Value};

/// One lookup whose target the filter asks about.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The lookup's column.
    pub(super) lookup: String,
    /// The tables it may lead to, as far as they matter.
    pub(super) parents: Vec<Parent>,
}

/// One table a lookup leads to.
#[derive(Debug, Clone)]
pub(super) struct Parent {
    pub(super) table: Table,
    /// Columns the expression asks for.
    pub(super) asked: Vec<String>,
    /// The scope that takes its children along.
    pub(super) scope: Option<Box<Scope>>,
}

impl Relation {
    /// Where a row says whether the parent is in scope.
    fn inside(&self) -> String {
        format!("related.{}", self.lookup)
    }

    /// Whether the parent keeps `row` out.
    pub(super) fn keeps_out(&self, row: &Record) -> bool {
        *row.get(&self.inside()) == Value::Boolean(false)
    }

    /// What its meaning depends on.
    pub(super) fn mark(&self) -> String {
        let mut mark = self.lookup.clone();
        for parent in &self.parents {
            let scope = parent.scope.as_ref().map(|scope| scope.mark());
            // Writing into a text cannot fail.
            let _ = write!(
                mark,
                " {} {:?} {scope:?}",
                parent.table.logical, parent.asked
            );
        }
        mark
    }

    /// The parent `row` points to in `parent`'s table.
    pub(super) fn target(&self, parent: &Parent, row: &Record) -> Option<Uuid> {
        let told = row.get(&format!("{}:{}", self.lookup, parent.table.logical));
        let any_target = row
            .fields
            .keys()
            .any(|name| name.starts_with(&format!("{}:", self.lookup)));
        let found = if any_target {
            told
        } else {
            row.get(&self.lookup)
        };
        match found {
            Value::Id(id) => Some(*id),
            _ => None,
        }
    }

    /// Every parent `row` points to.
    pub(super) fn targets(&self, row: &Record) -> Vec<Uuid> {
        let parents = self.parents.iter();
        parents
            .filter_map(|parent| self.target(parent, row))
            .collect()
    }
}

impl Parent {
    /// The columns that are read of it.
    pub(super) fn columns(&self) -> Vec<String> {
        let scope = self.scope.iter().flat_map(|scope| scope.columns());
        let all: BTreeSet<String> = self.asked.iter().cloned().chain(scope).collect();
        all.into_iter().collect()
    }
}

/// The relations an expression and the parents' own scopes mean. `tables` are those the lookups lead to.
pub(super) fn relations(
    expression: Option<&Expression>,
    table: &Table,
    tables: &BTreeMap<String, Table>,
    mut scopes: BTreeMap<String, (String, Scope)>,
) -> Result<Vec<Relation>, ExpressionError> {
    let mut asked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (lookup, column) in expression.into_iter().flat_map(Expression::related) {
        asked.entry(lookup).or_default().push(column.clone());
    }
    let mut lookups: BTreeSet<String> = asked.keys().map(|name| (*name).to_owned()).collect();
    lookups.extend(scopes.keys().cloned());
    let mut found = Vec::new();
    for lookup in lookups {
        let columns = asked.remove(lookup.as_str()).unwrap_or_default();
        let targets = table.navigation.get(&lookup).cloned().unwrap_or_default();
        if targets.is_empty() {
            return Err(unknown(
                &lookup,
                format!("{} has no such lookup", table.logical),
            ));
        }
        let known = |column: &String| {
            let mut there = targets
                .iter()
                .filter_map(|target| tables.get(&target.table));
            there.any(|table| table.column(column).is_some())
        };
        if let Some(column) = columns.iter().find(|column| !known(column)) {
            let names: Vec<&str> = targets.iter().map(|target| target.table.as_str()).collect();
            let problem = format!("there is no such column in {}", names.join(" or "));
            return Err(unknown(&format!("{lookup}.{column}"), problem));
        }
        let (mut scope_table, mut scope) = (String::new(), None);
        if let Some((table, its)) = scopes.remove(&lookup) {
            (scope_table, scope) = (table, Some(Box::new(its)));
        }
        let parents = targets.iter().filter_map(|target| {
            let table = tables.get(&target.table)?;
            let has = |column: &&String| table.column(column).is_some();
            let parent = Parent {
                asked: columns.iter().filter(has).cloned().collect(),
                scope: scope.take_if(|_| table.logical == scope_table),
                table: table.clone(),
            };
            (!parent.asked.is_empty() || parent.scope.is_some()).then_some(parent)
        });
        let parents: Vec<Parent> = parents.collect();
        found.push(Relation { lookup, parents });
    }
    Ok(found)
}

fn unknown(path: &str, problem: String) -> ExpressionError {
    ExpressionError {
        place: format!("'related.{path}'"),
        problem: format!(
            "{problem}: correct the filter, or give the application user's role Read on the column"
        ),
    }
}

/// Adds to each row what its relations ask about: a read a table, however many rows.
pub(super) fn dress<'a>(
    dynamics: &'a Dynamics,
    relations: &'a [Relation],
    mut rows: Vec<&'a mut Record>,
) -> BoxFuture<'a, Result<(), ConnectorError>> {
    async move {
        for relation in relations {
            for parent in &relation.parents {
                dress_from(dynamics, relation, parent, &mut rows).await?;
            }
        }
        Ok(())
    }
    .boxed()
}

async fn dress_from(
    dynamics: &Dynamics,
    relation: &Relation,
    parent: &Parent,
    rows: &mut [&mut Record],
) -> Result<(), ConnectorError> {
    let ids = rows.iter().filter_map(|row| relation.target(parent, row));
    let ids: BTreeSet<Uuid> = ids.collect();
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut read = dynamics
        .read(&parent.table, &parent.columns(), &ids)
        .await?;
    if let Some(scope) = &parent.scope {
        dress(dynamics, scope.relations(), read.iter_mut().collect()).await?;
    }
    let read: HashMap<Option<Uuid>, Record> = read
        .into_iter()
        .map(|record| (record.key.dynamics(), record))
        .collect();
    for row in rows {
        let target = relation.target(parent, row);
        let Some(there) = target.and_then(|id| read.get(&Some(id))) else {
            continue;
        };
        for column in &parent.asked {
            let name = format!("related.{}.{column}", relation.lookup);
            row.fields.insert(name, there.get(column).clone());
        }
        if let Some(scope) = &parent.scope {
            let inside = Value::Boolean(scope.holds(there));
            row.fields.insert(relation.inside(), inside);
        }
    }
    Ok(())
}

/// The rows of a page of a change feed.
pub(super) fn rows_of(changes: &mut [Change]) -> Vec<&mut Record> {
    let rows = changes.iter_mut().filter_map(|change| match change {
        Change::Upsert(row) => Some(row),
        Change::Delete(_) => None,
    });
    rows.collect()
}
