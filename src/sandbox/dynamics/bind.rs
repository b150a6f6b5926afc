//! Binds a parsed filter to a table: names become columns, literals values of their kind.

use std::borrow::Cow;
use std::str::FromStr;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::cell::{Cell, Owned};
use super::condition::{Condition, Path, Pattern};
use super::filter::{Argument, Expr, Literal, Operator};
use super::json;
use super::reply::Fault;
use super::schema::{Column, Kind, Schema, Table};

/// What a filter needs to know of the world to be bound.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the tables, now in seconds, and who asks")]
pub struct Scope<'a> {
    pub schema: &'a Schema,
    pub now: i64,
    pub user: Uuid,
}

const DAY: i64 = 86_400;

impl Scope<'_> {
    /// Binds `expr` to `table`; names in a lambda carry the variable's prefix.
    pub fn bind(&self, table: &Table, expr: &Expr, prefix: &str) -> Result<Condition, Fault> {
        Ok(match expr {
            Expr::And(a, b) => Condition::And(vec![
                self.bind(table, a, prefix)?,
                self.bind(table, b, prefix)?,
            ]),
            Expr::Or(a, b) => Condition::Or(vec![
                self.bind(table, a, prefix)?,
                self.bind(table, b, prefix)?,
            ]),
            Expr::Not(inner) => Condition::Not(Box::new(self.bind(table, inner, prefix)?)),
            Expr::Compare(name, operator, literal) => {
                let name = local(name, prefix);
                if *literal == Literal::Null
                    && let Some((column, _)) = table.navigation(name)
                {
                    return Ok(Condition::Compare(Path::own(column), *operator, Cell::Null));
                }
                let (path, column) = self.path(table, name)?;
                let value = constant(column, literal)?;
                Condition::Compare(path, *operator, value)
            }
            Expr::Call(name, arguments) => self.call(table, name, arguments, prefix)?,
            Expr::Lambda(collection, any, variable, inner) => {
                let incoming = self
                    .schema
                    .collection(table.number, local(collection, prefix))
                    .ok_or_else(|| unknown(table, collection))?;
                let other = self.schema.table(incoming.table);
                let inner = match inner {
                    Some(inner) => Some(Box::new(self.bind(other, inner, variable)?)),
                    None => None,
                };
                Condition::Related(incoming.table, incoming.column, *any, inner)
            }
        })
    }

    /// The column a path such as `primarycontactid/emailaddress1` ends in.
    pub fn path<'a>(&'a self, table: &'a Table, name: &str) -> Result<(Path, &'a Column), Fault> {
        let (mut table, mut rest, mut hops) = (table, name, Vec::new());
        while let Some((navigation, further)) = rest.split_once('/') {
            let (column, target) = table
                .navigation(navigation)
                .ok_or_else(|| unknown(table, navigation))?;
            hops.push((column, target));
            table = self.schema.table(target);
            rest = further;
        }
        let at = table.find(rest).ok_or_else(|| unknown(table, rest))?;
        Ok((Path { hops, column: at }, table.column(at)))
    }

    fn call(
        &self,
        table: &Table,
        name: &str,
        arguments: &[Argument],
        prefix: &str,
    ) -> Result<Condition, Fault> {
        let bad = || {
            Fault::odata(format!(
                "The arguments of the function '{name}' are not valid."
            ))
        };
        let target = match arguments.first().map(|argument| &argument.value) {
            Some(Literal::Bare(text) | Literal::Text(text)) => local(text, prefix),
            _ => return Err(bad()),
        };
        let (path, column) = self.path(table, target)?;
        let second = arguments.get(1).map(|argument| &argument.value);
        let days = || match second {
            Some(Literal::Bare(n)) => n.parse::<i64>().map_err(|_| bad()),
            _ => Err(bad()),
        };
        let (now, today) = (self.now, self.now - self.now.rem_euclid(DAY));
        Ok(match (name, second) {
            ("contains", Some(Literal::Text(text))) => {
                Condition::Like(path, Pattern::new("%", text, "%"))
            }
            ("startswith", Some(Literal::Text(text))) => {
                Condition::Like(path, Pattern::new("", text, "%"))
            }
            ("endswith", Some(Literal::Text(text))) => {
                Condition::Like(path, Pattern::new("%", text, ""))
            }
            ("In", Some(Literal::List(list))) => Condition::In(path, constants(column, list)?),
            ("NotIn", Some(Literal::List(list))) => {
                Condition::Not(Box::new(Condition::In(path, constants(column, list)?)))
            }
            ("ContainValues", Some(Literal::List(list))) => Condition::Chosen(path, numbers(list)),
            ("DoesNotContainValues", Some(Literal::List(list))) => {
                Condition::Not(Box::new(Condition::Chosen(path, numbers(list))))
            }
            ("Between", Some(Literal::List(list))) if list.len() == 2 => Condition::And(vec![
                Condition::Compare(path.clone(), Operator::Ge, constant(column, &list[0])?),
                Condition::Compare(path, Operator::Le, constant(column, &list[1])?),
            ]),
            ("EqualUserId", _) => Condition::Compare(path, Operator::Eq, Cell::Guid(self.user)),
            ("Today", _) => span(path, column, today, today + DAY),
            ("Yesterday", _) => span(path, column, today - DAY, today),
            ("LastXHours", _) => span(path, column, now - days()? * 3600, now + 1),
            ("LastXDays", _) => span(path, column, today - days()? * DAY, now + 1),
            ("NextXDays", _) => span(path, column, now, today + (days()? + 1) * DAY),
            ("OnOrAfter", Some(value)) => {
                Condition::Compare(path, Operator::Ge, constant(column, value)?)
            }
            ("OnOrBefore", Some(value)) => {
                Condition::Compare(path, Operator::Le, constant(column, value)?)
            }
            _ => {
                let text = format!(
                    "An unknown function with name '{name}' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed."
                );
                return Err(Fault::odata(text));
            }
        })
    }
}

fn span(path: Path, column: &Column, from: i64, to: i64) -> Condition {
    let cell = |at: i64| match column.kind {
        Kind::DateOnly => Cell::Date(at.div_euclid(DAY) as i32),
        _ => Cell::Time(at),
    };
    Condition::And(vec![
        Condition::Compare(path.clone(), Operator::Ge, cell(from)),
        Condition::Compare(path, Operator::Lt, cell(to)),
    ])
}

fn local<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|_| !prefix.is_empty())
        .unwrap_or(name)
}

/// 400: no such property.
pub fn unknown(table: &Table, name: &str) -> Fault {
    Fault::odata(format!(
        "Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{}'.",
        table.name
    ))
}

fn constants(column: &Column, list: &[Literal]) -> Result<Vec<Owned>, Fault> {
    list.iter()
        .map(|literal| constant(column, literal))
        .collect()
}

fn numbers(list: &[Literal]) -> Vec<i32> {
    let number = |literal: &Literal| match literal {
        Literal::Text(text) | Literal::Bare(text) => text.trim().parse().ok(),
        _ => None,
    };
    list.iter().filter_map(number).collect()
}

/// A literal as a value of the column's kind. Inside lists everything may be quoted.
pub fn constant(column: &Column, literal: &Literal) -> Result<Owned, Fault> {
    let wrong = || {
        Fault::odata(format!(
            "A binary operator with incompatible types was detected. Found operand types '{}' and '{}' for operator kind 'Equal'.",
            json::edm(column.kind),
            match literal {
                Literal::Text(_) => "Edm.String",
                Literal::Bool(_) => "Edm.Boolean",
                _ => "Edm.Int32",
            }
        ))
    };
    let text = match literal {
        Literal::Null => return Ok(Cell::Null),
        Literal::Bool(value) if column.kind == Kind::Boolean => return Ok(Cell::Bool(*value)),
        Literal::Bool(_) | Literal::List(_) => return Err(wrong()),
        Literal::Text(text) | Literal::Bare(text) => text.trim_matches(['{', '}']),
    };
    let quoted = matches!(literal, Literal::Text(_));
    let parsed = match column.kind {
        Kind::String | Kind::Memo | Kind::MultiSelectPicklist => match literal {
            Literal::Text(whole) => Some(Cell::Text(Cow::Owned(whole.clone()))),
            _ => None,
        },
        Kind::Integer | Kind::Picklist | Kind::State | Kind::Status => {
            text.parse().ok().map(Cell::Int)
        }
        Kind::BigInt => text.parse().ok().map(Cell::Big),
        Kind::Decimal | Kind::Money => Decimal::from_str(text).ok().map(Cell::Number),
        Kind::Double => text.parse().ok().map(Cell::Double),
        Kind::Boolean => match text {
            "true" | "1" if quoted => Some(Cell::Bool(true)),
            "false" | "0" if quoted => Some(Cell::Bool(false)),
            _ => None,
        },
        Kind::DateTime | Kind::TimeZoneIndependent => json::time(text).map(Cell::Time),
        Kind::DateOnly => json::day(text.get(..10).unwrap_or(text)).map(Cell::Date),
        Kind::Uniqueidentifier | Kind::Lookup | Kind::Customer | Kind::Owner => {
            Uuid::parse_str(text).ok().map(Cell::Guid)
        }
    };
    parsed.ok_or_else(wrong)
}
