//! Who is in scope: the native connector's filter column, and the entity's own expression.
//!
//! Only an explicit No in `new_synctomkto` keeps a row out; absent, empty and Yes do not. A row that enters is created or
//! updated at once, because what a feed names is also held against the scope; one that leaves is frozen, flagged or
//! deleted as the entity's rule says.

use std::collections::BTreeMap;

use super::decide::Setting;
use super::deleting::removal;
use super::landed;
use super::plan::{LinkPlan, Plan, Write};
use super::related::{self, Relation};
use super::slice::Item;
use super::stamp;
use crate::connectors::dynamics::Table;
use crate::mapping::{Expression, ExpressionError};
use crate::model::{Cause, Filter, LeavePolicy, Record, Side, Value};
use crate::store::{Link, LinkState, OpField, OpKind};

/// The native connector's column: two options, on any table.
const NATIVE: &str = "new_synctomkto";

/// Which rows of a table are kept in step.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    native: bool,
    expression: Option<Expression>,
    relations: Vec<Relation>,
}

impl Scope {
    /// The scope a filter means for a table. `tables` are those its lookups lead to, `scopes` the tables and scopes of
    /// those parents that take their rows along, by lookup. Fails where the expression cannot be used.
    pub(super) fn of(
        filter: &Filter,
        table: &Table,
        tables: &BTreeMap<String, Table>,
        scopes: BTreeMap<String, (String, Self)>,
    ) -> Result<Self, ExpressionError> {
        let known = |name: &str| table.column(name).is_some();
        let expression = filter.expression.as_deref().map(Expression::parse);
        let expression = expression.transpose()?;
        let columns = expression.iter().flat_map(Expression::columns);
        if let Some(column) = columns.clone().find(|name| !known(name)) {
            let problem = format!(
                "there is no such column in {}: correct the filter, or give the application user's role Read on it",
                table.logical
            );
            let place = format!("'{column}'");
            return Err(ExpressionError { place, problem });
        }
        Ok(Self {
            native: filter.native_column && known(NATIVE),
            relations: related::relations(expression.as_ref(), table, tables, scopes)?,
            expression,
        })
    }

    /// What it asks the rows that a row points to.
    pub(super) fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// The columns it has to be shown.
    pub(super) fn columns(&self) -> Vec<String> {
        let native = self.native.then(|| NATIVE.to_owned());
        let expression = self.expression.iter();
        let named = expression.flat_map(|expression| expression.columns().iter().cloned());
        let lookups = self.relations.iter().map(|one| one.lookup.clone());
        native.into_iter().chain(named).chain(lookups).collect()
    }

    /// Whether a row is in scope.
    pub(super) fn holds(&self, row: &Record) -> bool {
        let kept_out = self.native && *row.get(NATIVE) == Value::Boolean(false);
        let taken_along = self.relations.iter().any(|one| one.keeps_out(row));
        !kept_out && !taken_along && self.expression.as_ref().is_none_or(|one| one.holds(row))
    }

    /// Changes whenever the scope means something else.
    pub(super) fn mark(&self) -> String {
        let text = self.expression.as_ref().map_or("", Expression::text);
        let relations = self.relations.iter().map(|one| format!(" {}", one.mark()));
        format!("{text}{}", relations.collect::<String>())
    }
}

/// Whether a link's row was out of scope when it was last decided on.
pub(super) fn was_out(link: &Link) -> bool {
    link.state == LinkState::Frozen && link.marketo.is_some()
}

/// What is to be done about a row that is not in scope.
pub(super) fn leave(setting: &Setting<'_>, item: &Item) -> Plan {
    let plan = Plan::nothing(item);
    let Some(link) = item.link.as_ref().filter(|_| item.is_linked()) else {
        return plan;
    };
    if was_out(link) {
        return plan;
    }
    let mut frozen = Plan {
        link_plan: LinkPlan::Freeze,
        crosses: true,
        ..plan
    };
    let (Some(row), Some(person)) = (item.row.record(), item.person.record()) else {
        return frozen;
    };
    // What a write without an answer came to is known now, and asked never again.
    frozen.agreed = landed::fields(setting.lane, item, row, person);
    if !setting.lane.direction().writes(Side::Marketo) {
        return frozen;
    }
    match setting.lane.settings.rules.leave {
        LeavePolicy::Freeze => frozen,
        LeavePolicy::Flag => Plan {
            to_marketo: Some(Write {
                kind: OpKind::Update,
                fields: vec![mark_gone(person, true)],
            }),
            ..frozen
        },
        LeavePolicy::Delete => Plan {
            to_marketo: Some(Write {
                kind: OpKind::Drop,
                ..removal(setting.lane, Side::Marketo, person)
            }),
            link_plan: LinkPlan::Keep,
            ..frozen
        },
    }
}

/// Lets a row in again: whatever moved on either side while it was out is merged like any other edit.
pub(super) fn enter(item: &Item, person: &Record) -> (Plan, Vec<OpField>) {
    let plan = Plan {
        link_plan: LinkPlan::Thaw,
        crosses: true,
        ..Plan::nothing(item)
    };
    let flagged = *person.get(stamp::DELETED) == Value::Boolean(true);
    let unflag = flagged.then(|| mark_gone(person, false));
    (plan, unflag.into_iter().collect())
}

pub(super) fn mark_gone(person: &Record, gone: bool) -> OpField {
    OpField {
        field: String::new(),
        name: stamp::DELETED.to_owned(),
        before: person.get(stamp::DELETED).clone(),
        after: Value::Boolean(gone),
        canonical: Value::Boolean(gone),
        cause: Cause::Policy("filter".to_owned()),
        conflict: None,
    }
}
