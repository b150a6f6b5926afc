//! Who is in scope: the native connector's filter column, and the entity's own expression.
//!
//! Only an explicit No in `new_synctomkto` keeps a row out; absent, empty and Yes do not. A row that enters is created or
//! updated at once, because what a feed names is also held against the scope; one that leaves is frozen, flagged or
//! deleted as the entity's rule says.

use super::decide::Setting;
use super::deleting::removal;
use super::plan::{LinkPlan, Plan, Write};
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
}

impl Scope {
    /// The scope a filter means for a table. Fails where the expression cannot be used on it.
    pub(super) fn of(filter: &Filter, table: &Table) -> Result<Self, ExpressionError> {
        let known = |name: &str| table.column(name).is_some();
        Ok(Self {
            native: filter.native_column && known(NATIVE),
            expression: filter
                .expression
                .as_deref()
                .map(|text| Expression::over(text, known))
                .transpose()?,
        })
    }

    /// The columns it has to be shown.
    pub(super) fn columns(&self) -> Vec<String> {
        let native = self.native.then(|| NATIVE.to_owned());
        let expression = self.expression.iter();
        let named = expression.flat_map(|expression| expression.columns().iter().cloned());
        native.into_iter().chain(named).collect()
    }

    /// Whether a row is in scope.
    pub(super) fn holds(&self, row: &Record) -> bool {
        let kept_out = self.native && *row.get(NATIVE) == Value::Boolean(false);
        !kept_out && self.expression.as_ref().is_none_or(|one| one.holds(row))
    }

    /// Changes whenever the scope means something else.
    pub(super) fn mark(&self) -> &str {
        self.expression.as_ref().map_or("", Expression::text)
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
    let frozen = Plan {
        link_plan: LinkPlan::Freeze,
        ..plan
    };
    let Some(person) = item.person.record() else {
        return frozen;
    };
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
