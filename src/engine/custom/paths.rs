//! Whom a custom entity's rows belong to: the lookups that lead from a row to a lead, contact or account.
//!
//! Marketo's custom objects point to a person or a company, and to nothing between: however long the way is in
//! Dynamics, the record points to its end.

use std::collections::HashMap;

use crate::connectors::Trouble;
use crate::connectors::dynamics::Table;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::model::{Entity, FieldKind, ParentPath, PathStep};

/// The vendor's code for a table that is not there.
const NO_TABLE: &str = "0x80060888";
/// Whom a record can belong to.
const PARENTS: [Entity; 3] = [Entity::LEAD, Entity::CONTACT, Entity::ACCOUNT];
/// The word for rows that belong to nobody in Marketo.
pub(super) const NOBODY: &str = "none";
/// Tables that are looked into for a way of two lookups; a longer one has to be named.
const LOOKED_INTO: usize = 12;
/// Lookups every table has, which tell nothing about whom a row belongs to.
const SYSTEM: [&str; 13] = [
    "createdby",
    "createdonbehalfby",
    "modifiedby",
    "modifiedonbehalfby",
    "organizationid",
    "ownerid",
    "owningbusinessunit",
    "owningteam",
    "owninguser",
    "processid",
    "stageid",
    "transactioncurrencyid",
    "slaid",
];

/// A way, or what stands against it.
pub(super) type Found = Result<Option<ParentPath>, String>;

/// Looks for ways; remembers the tables it has read.
pub(super) struct Finder<'a> {
    context: &'a Context,
    tables: HashMap<String, Table>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self {
            context,
            tables: HashMap::new(),
        }
    }

    /// A table's metadata; none when Dynamics has no such table.
    pub(super) async fn table(&mut self, logical: &str) -> Result<Option<Table>, EngineError> {
        if let Some(known) = self.tables.get(logical) {
            return Ok(Some(known.clone()));
        }
        match self.context.dynamics.table_remembered(logical).await {
            Ok(table) => {
                self.tables.insert(logical.to_owned(), table.clone());
                Ok(Some(table))
            }
            Err(error) if error.code == NO_TABLE || error.trouble == Trouble::Refused => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The way the admin wishes, or the only one there is.
    pub(super) async fn find(
        &mut self,
        table: &Table,
        wish: Option<&str>,
    ) -> Result<Found, EngineError> {
        let Some(wish) = wish.map(str::trim).filter(|wish| !wish.is_empty()) else {
            return self.only(table, &PARENTS).await;
        };
        if wish == NOBODY {
            return Ok(Ok(None));
        }
        let mut words = wish.split('.');
        let to = Entity::named(words.next().unwrap_or_default());
        if !PARENTS.contains(&to) {
            return Ok(Err(format!(
                "'{wish}' is no way: it begins with lead, contact or account, and names the lookups behind dots, as \
                 account.new_site.new_account; 'none' for rows that belong to nobody"
            )));
        }
        let named: Vec<&str> = words.collect();
        if named.is_empty() {
            return self.only(table, &[to]).await;
        }
        self.walk(table, to, &named).await
    }

    /// The way along these lookups.
    async fn walk(
        &mut self,
        table: &Table,
        to: Entity,
        named: &[&str],
    ) -> Result<Found, EngineError> {
        let mut at = table.clone();
        let mut steps = Vec::with_capacity(named.len());
        for (place, name) in named.iter().enumerate() {
            let last = place + 1 == named.len();
            let (column, told) = name.split_once(':').unwrap_or((name, ""));
            let meant = |step: &PathStep| {
                step.column == column
                    && (told.is_empty() || step.table == told)
                    && (!last || step.table == to.name())
            };
            let mut fitting = steps_of(&at).into_iter().filter(meant);
            let Some(step) = fitting.next() else {
                let goal = if last { to.name() } else { "another table" };
                let text = format!("{} has no lookup '{name}' to {goal}", at.logical);
                return Ok(Err(text));
            };
            if fitting.next().is_some() {
                return Ok(Err(format!(
                    "'{column}' of {} may lead to several tables: write which one, as {column}:{}",
                    at.logical, step.table
                )));
            }
            if !last {
                let Some(next) = self.table(&step.table).await? else {
                    return Ok(Err(format!("Dynamics has no table '{}'", step.table)));
                };
                if let Some(problem) = untracked(&next) {
                    return Ok(Err(problem));
                }
                at = next;
            }
            steps.push(step);
        }
        Ok(Ok(Some(ParentPath { to, steps })))
    }

    /// The only way to one of these: of one lookup, else of two.
    async fn only(&mut self, table: &Table, to: &[Entity]) -> Result<Found, EngineError> {
        let mut ways = ends(&[], table, to);
        if ways.is_empty() {
            let between = steps_of(table).into_iter();
            let between =
                between.filter(|step| !PARENTS.iter().any(|one| one.name() == step.table));
            for step in between.take(LOOKED_INTO) {
                if let Some(next) = self.table(&step.table).await? {
                    let tracked = untracked(&next).is_none();
                    ways.extend(ends(&[step], &next, to).into_iter().filter(|_| tracked));
                }
            }
        }
        let words: Vec<&str> = to.iter().map(Entity::name).collect();
        let words = words.join(", ");
        Ok(match ways.len() {
            0 => Err(format!(
                "no relationship of one or two lookups leads from {} to {words}: name a longer way, as \
                 account.new_site.new_account, or 'none' for rows that belong to nobody",
                table.logical
            )),
            1 => Ok(ways.pop()),
            _ => {
                let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
                Err(format!(
                    "several relationships lead from {} to {words}: choose one with --path: {}",
                    table.logical,
                    ways.join(", ")
                ))
            }
        })
    }
}

/// The ways that end with a lookup of `table`.
fn ends(before: &[PathStep], table: &Table, to: &[Entity]) -> Vec<ParentPath> {
    let last = steps_of(table).into_iter().filter_map(|step| {
        let to = to.iter().find(|one| one.name() == step.table)?.clone();
        let mut steps = before.to_vec();
        steps.push(step);
        Some(ParentPath { to, steps })
    });
    last.collect()
}

/// Where a row's lookups lead; a table of links has the ids of both its ends instead.
fn steps_of(table: &Table) -> Vec<PathStep> {
    let lookups = table.navigation.iter().flat_map(|(column, targets)| {
        let several = targets.len() > 1;
        targets.iter().map(move |target| PathStep {
            column: column.clone(),
            member: if several {
                format!("{column}:{}", target.table)
            } else {
                column.clone()
            },
            table: target.table.clone(),
        })
    });
    let mut steps: Vec<PathStep> = lookups
        .filter(|step| !SYSTEM.contains(&step.column.as_str()))
        .collect();
    for parent in PARENTS {
        let id = format!("{parent}id");
        let is_id = |kind| kind == FieldKind::Id && table.key != id;
        if table.column(&id).is_some_and(|column| is_id(column.kind)) {
            steps.push(PathStep {
                column: id.clone(),
                member: id,
                table: parent.name().to_owned(),
            });
        }
    }
    steps
}

/// Why a table's changes cannot be followed.
pub(super) fn untracked(table: &Table) -> Option<String> {
    (!table.change_tracking).then(|| {
        format!(
            "change tracking is off for the Dynamics table {}: switch on 'Track changes' in its properties and publish",
            table.logical
        )
    })
}

/// Whether a column is one every table has, for Dynamics itself.
pub(super) fn is_system_lookup(column: &str) -> bool {
    SYSTEM.contains(&column)
}
