//! Functions over the rows of a group: counts, sums, averages, extremes; and parts of dates.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{DateTime, Datelike};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::plan::{Function, Part};
use super::token::{Token, token};
use crate::sandbox::dynamics::cell::{Cell, Owned};
use crate::sandbox::dynamics::condition::order;
use crate::sandbox::dynamics::schema::Kind;

/// A function while its rows pass by.
#[derive(Clone, Debug)]
pub struct Tally {
    function: Function,
    count: i64,
    sum: Decimal,
    extreme: Owned,
    seen: Option<HashSet<Token>>,
}

impl Tally {
    /// Nothing counted yet; `distinct` leaves repeated values out.
    pub fn new(function: Function, distinct: bool) -> Self {
        Self {
            function,
            count: 0,
            sum: Decimal::ZERO,
            extreme: Cell::Null,
            seen: distinct.then(HashSet::new),
        }
    }

    /// Takes a value in; `None` stands for a row without a column.
    pub fn add(&mut self, cell: Option<Cell>) {
        let Some(cell) = cell.filter(|_| self.function != Function::Rows) else {
            self.count += 1;
            return;
        };
        if cell.is_null() {
            return;
        }
        if let Some(seen) = &mut self.seen
            && !seen.insert(token(&cell))
        {
            return;
        }
        self.count += 1;
        match self.function {
            Function::Sum | Function::Average => {
                self.sum = self.sum.checked_add(decimal(&cell)).unwrap_or(self.sum);
            }
            Function::Min => self.keep(cell, Ordering::Less),
            Function::Max => self.keep(cell, Ordering::Greater),
            Function::Rows | Function::Values => {}
        }
    }

    fn keep(&mut self, cell: Cell, better: Ordering) {
        if self.extreme.is_null() || order(&cell, &self.extreme) == better {
            self.extreme = cell.into_owned();
        }
    }

    /// What it comes to for a column of a kind.
    pub fn result(self, kind: Kind, zero_sums: bool) -> Owned {
        let whole = matches!(kind, Kind::Integer | Kind::BigInt);
        match self.function {
            Function::Rows | Function::Values => Cell::Big(self.count),
            Function::Min | Function::Max => self.extreme,
            Function::Sum if self.count == 0 && !zero_sums => Cell::Null,
            Function::Sum => amount(self.sum, kind),
            Function::Average if self.count == 0 => Cell::Null,
            Function::Average => {
                let average = self.sum / Decimal::from(self.count);
                amount(if whole { average.trunc() } else { average }, kind)
            }
        }
    }
}

/// Whether sums and averages over a kind make sense.
pub fn summable(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Integer | Kind::BigInt | Kind::Decimal | Kind::Money | Kind::Double
    )
}

fn decimal(cell: &Cell) -> Decimal {
    match cell {
        Cell::Int(n) => Decimal::from(*n),
        Cell::Big(n) => Decimal::from(*n),
        Cell::Number(n) => *n,
        Cell::Double(n) => Decimal::from_f64(*n).unwrap_or_default(),
        _ => Decimal::ZERO,
    }
}

fn amount(sum: Decimal, kind: Kind) -> Owned {
    match kind {
        Kind::Integer | Kind::BigInt => Cell::Big(sum.to_i64().unwrap_or_default()),
        Kind::Double => Cell::Double(sum.to_f64().unwrap_or_default()),
        _ => Cell::Number(sum),
    }
}

/// A part of a day or time, UTC; fiscal years are calendar years here.
pub fn part(cell: &Cell, part: Part) -> Owned {
    let seconds = match cell {
        Cell::Time(seconds) => *seconds,
        Cell::Date(days) => i64::from(*days) * 86_400,
        _ => return Cell::Null,
    };
    let Some(date) = DateTime::from_timestamp(seconds, 0) else {
        return Cell::Null;
    };
    let quarter = date.month0() / 3 + 1;
    let fiscal = format!("FY{}", date.year());
    Cell::Int(match part {
        Part::Day => date.day() as i32,
        // Weeks begin on Sunday and the first one holds the first of January.
        Part::Week => {
            let first = date
                .with_ordinal(1)
                .map_or(0, |d| d.weekday().num_days_from_sunday());
            ((date.ordinal0() + first) / 7 + 1) as i32
        }
        Part::Month => date.month() as i32,
        Part::Quarter => quarter as i32,
        Part::Year => date.year(),
        Part::FiscalPeriod => return Cell::Text(format!("Quarter {quarter} {fiscal}").into()),
        Part::FiscalYear => return Cell::Text(fiscal.into()),
    })
}
