//! What a `SELECT` says before its names are bound to tables, and what its opposite says.

use crate::sandbox::dynamics::filter::Operator;

/// `alias.column`, or a column alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The alias before the dot.
    pub table: Option<String>,
    /// The column.
    pub column: String,
}

/// What is selected or sorted by: a column, or a function over one (none: over rows).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A column.
    Column(Name),
    /// `name(column)`; `true` for `DISTINCT`.
    Function(String, Option<Name>, bool),
}

/// A constant as written; `None` is NULL.
pub type Value = Option<String>;

/// A condition. Negation is already within: `true` means not.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "SQL's own words")]
pub enum Expr {
    All(Vec<Expr>),
    Some(Vec<Expr>),
    Value(Name, Operator, Value),
    Columns(Name, Operator, Name),
    Like(Name, String, bool),
    In(Name, Vec<Value>, bool),
    Null(Name, bool),
}

/// A table that is joined.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "plain; no condition for a comma")]
pub struct Joined {
    pub left: bool,
    pub table: String,
    pub alias: String,
    pub on: Option<Expr>,
}

/// A whole statement.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "SQL's own words")]
pub struct Select {
    pub distinct: bool,
    pub top: Option<usize>,
    pub items: Vec<(Item, Option<String>)>,
    pub table: String,
    pub alias: String,
    pub joins: Vec<Joined>,
    pub filter: Option<Expr>,
    pub group: Vec<Name>,
    pub order: Vec<(Item, bool)>,
    pub offset: Option<usize>,
    pub fetch: Option<usize>,
}

/// The opposite, pushed down to where an empty value still makes it unknown.
pub fn negate(expr: Expr) -> Expr {
    match expr {
        Expr::All(parts) => Expr::Some(parts.into_iter().map(negate).collect()),
        Expr::Some(parts) => Expr::All(parts.into_iter().map(negate).collect()),
        Expr::Value(name, operator, value) => Expr::Value(name, opposite(operator), value),
        Expr::Columns(a, operator, b) => Expr::Columns(a, opposite(operator), b),
        Expr::Like(name, pattern, not) => Expr::Like(name, pattern, !not),
        Expr::In(name, values, not) => Expr::In(name, values, !not),
        Expr::Null(name, not) => Expr::Null(name, !not),
    }
}

fn opposite(operator: Operator) -> Operator {
    match operator {
        Operator::Eq => Operator::Ne,
        Operator::Ne => Operator::Eq,
        Operator::Gt => Operator::Le,
        Operator::Ge => Operator::Lt,
        Operator::Lt => Operator::Ge,
        Operator::Le => Operator::Gt,
    }
}
