//! Binds SQL's joins and conditions: three-valued logic, quoted ids and dates, 1 and 0 for Booleans.

use super::Wild;
use super::plan::{Join, Joining, Source, Test};
use super::select::{Expr, Joined, Name, Value};
use super::sql::{Binder, refused};
use crate::sandbox::dynamics::bind::constant;
use crate::sandbox::dynamics::cell::{Cell, Owned};
use crate::sandbox::dynamics::condition::{Condition, Path};
use crate::sandbox::dynamics::filter::{Literal, Operator};
use crate::sandbox::dynamics::reply::Fault;
use crate::sandbox::dynamics::schema::Column;

impl Binder<'_> {
    /// Adds a joined table; conditions that are no part of the join go to `tests`.
    pub fn join(&mut self, joined: &Joined, tests: &mut Vec<Test>) -> Result<(), Fault> {
        let table = self
            .schema
            .by_name(&joined.table)
            .ok_or_else(|| refused(format!("Invalid object name '{}'.", joined.table)))?;
        self.plan.room_for_one()?;
        let at = self.plan.sources.len();
        self.plan.sources.push(Source {
            table: table.number,
            alias: joined.alias.clone(),
            join: None,
            on: Condition::Constant(true),
        });
        let Some(on) = &joined.on else { return Ok(()) };
        let how = if joined.left {
            Joining::Outer
        } else {
            Joining::Inner
        };
        let parts = match on {
            Expr::All(parts) => parts.clone(),
            one => vec![one.clone()],
        };
        let mut own = Vec::new();
        for part in parts {
            match self.test(&part)? {
                Test::Columns(a, Operator::Eq, b)
                    if self.plan.sources[at].join.is_none()
                        && (a.source == at) != (b.source == at) =>
                {
                    let (here, from) = if a.source == at { (a, b) } else { (b, a) };
                    let column = here.column;
                    self.plan.sources[at].join = Some(Join { how, from, column });
                }
                Test::Row(source, condition) if source == at => own.push(condition),
                test if !joined.left => tests.push(test),
                _ => {
                    return Err(refused(
                        "A LEFT JOIN takes one equality and conditions of its own table.",
                    ));
                }
            }
        }
        if self.plan.sources[at].join.is_none() {
            return Err(refused("A JOIN needs an equality of two columns."));
        }
        self.plan.sources[at].on = Condition::And(own);
        Ok(())
    }

    /// A condition bound to its tables.
    pub fn test(&self, expr: &Expr) -> Result<Test, Fault> {
        let parts = |parts: &[Expr]| -> Result<Vec<Test>, Fault> {
            parts.iter().map(|part| self.test(part)).collect()
        };
        let row = |name: &Name, make: &dyn Fn(Path, &Column) -> Result<Condition, Fault>| {
            let place = self.place(name)?;
            let condition = make(Path::own(place.column), self.column(place))?;
            Ok(Test::Row(place.source, condition))
        };
        match expr {
            Expr::All(all) => Ok(Test::All(parts(all)?)),
            Expr::Some(some) => Ok(Test::Some(parts(some)?)),
            Expr::Columns(a, operator, b) => {
                Ok(Test::Columns(self.place(a)?, *operator, self.place(b)?))
            }
            Expr::Null(name, not) => row(name, &|path, _| {
                let operator = if *not { Operator::Ne } else { Operator::Eq };
                Ok(Condition::Compare(path, operator, Cell::Null))
            }),
            Expr::Value(name, operator, value) => row(name, &|path, column| {
                Ok(compared(path, *operator, literal(column, value)?))
            }),
            Expr::Like(name, pattern, not) => row(name, &|path, _| {
                let like = Condition::Wild(path.clone(), Wild::new(pattern));
                Ok(if *not { but(path, like) } else { like })
            }),
            Expr::In(name, values, not) => row(name, &|path, column| {
                let values: Vec<Owned> = values
                    .iter()
                    .filter(|value| value.is_some())
                    .map(|value| literal(column, value))
                    .collect::<Result<_, _>>()?;
                let within = Condition::In(path.clone(), values);
                Ok(if *not { but(path, within) } else { within })
            }),
        }
    }
}

/// SQL's comparison: with nothing on either side it never holds.
fn compared(path: Path, operator: Operator, value: Owned) -> Condition {
    if value.is_null() {
        return Condition::Constant(false);
    }
    let present = Condition::Compare(path.clone(), Operator::Ne, Cell::Null);
    let compare = Condition::Compare(path, operator, value);
    match operator {
        Operator::Ne => Condition::And(vec![present, compare]),
        _ => compare,
    }
}

/// Not so, but with a value.
fn but(path: Path, condition: Condition) -> Condition {
    Condition::And(vec![
        Condition::Compare(path, Operator::Ne, Cell::Null),
        Condition::Not(Box::new(condition)),
    ])
}

/// A constant as the column's kind: SQL quotes ids and dates, and takes 1 and 0 for Booleans.
fn literal(column: &Column, value: &Value) -> Result<Owned, Fault> {
    let Some(text) = value else {
        return Ok(Cell::Null);
    };
    constant(column, &Literal::Text(text.clone())).map_err(|_| {
        let text = format!(
            "Conversion failed when converting the value '{text}' for column '{}'.",
            column.name
        );
        refused(text)
    })
}
