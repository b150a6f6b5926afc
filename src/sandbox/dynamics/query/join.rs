//! Walks the rows of a plan's tables together, along their joins, within a bound of work.

use std::collections::HashMap;

use super::plan::{Joining, Place, Plan, Source, Test};
use super::token::{Token, token};
use crate::sandbox::dynamics::cell::Cell;
use crate::sandbox::dynamics::condition::{Condition, order};
use crate::sandbox::dynamics::data::Data;
use crate::sandbox::dynamics::filter::Operator;
use crate::sandbox::dynamics::reply::Fault;
use crate::sandbox::dynamics::rows::Row;
use crate::sandbox::dynamics::schema::Table;

/// Combinations of rows looked at before the query times out.
const WORK_MAX: usize = 4_000_000;

/// A row of each table; none where an outer join found no partner.
pub type Tuple<'a> = [Option<&'a Row>];

/// The tables of a plan, ready to be walked.
pub struct Walk<'a> {
    data: &'a Data,
    plan: &'a Plan,
    /// The tables in the plan's order.
    pub tables: Vec<&'a Table>,
    partners: Vec<Option<HashMap<Token, Vec<u32>>>>,
}

/// Whether the walk goes on.
pub type Step = Result<bool, Fault>;

impl<'a> Walk<'a> {
    /// Prepares the joins that no index of the table serves.
    pub fn new(data: &'a Data, plan: &'a Plan) -> Self {
        let table = |source: &Source| data.schema.table(source.table);
        let partners = |source: &'a Source| {
            let join = source.join?;
            let table = table(source);
            if join.column == table.id_column || table.column(join.column).indexed {
                return None;
            }
            let mut partners: HashMap<Token, Vec<u32>> = HashMap::new();
            for (slot, row) in data.rows(source.table).from(0) {
                let value = token(&table.value(row, join.column));
                partners.entry(value).or_default().push(slot);
            }
            Some(partners)
        };
        Self {
            data,
            plan,
            tables: plan.sources.iter().map(table).collect(),
            partners: plan.sources.iter().map(partners).collect(),
        }
    }

    /// The value of a column in a combination of rows.
    pub fn value(&self, tuple: &Tuple<'a>, place: Place) -> Cell<'a> {
        let row = tuple.get(place.source).copied().flatten();
        row.map_or(Cell::Null, |row| {
            self.tables[place.source].value(row, place.column)
        })
    }

    /// Shows every combination that meets the plan to `take`, until that has had enough.
    pub fn each(&self, mut take: impl FnMut(&Tuple<'a>) -> Step) -> Result<(), Fault> {
        let mut first: Vec<Condition> = vec![self.plan.sources[0].on.clone()];
        gather(&self.plan.test, &mut first);
        let first = Condition::And(first);
        let mut tuple = vec![None; self.plan.sources.len()];
        let mut work = WORK_MAX;
        let table = self.tables[0];
        let rows = self.data.rows(table.number);
        let slots = first.candidates(self.data, table);
        let scanned = slots.is_none();
        let picked = slots
            .into_iter()
            .flatten()
            .filter_map(|slot| rows.get(slot));
        let all = rows.from(0).map(|(_, row)| row).filter(|_| scanned);
        for row in picked.chain(all) {
            if !first.holds(self.data, table, row) {
                continue;
            }
            tuple[0] = Some(row);
            if !self.descend(&mut tuple, 1, &mut work, &mut take)? {
                break;
            }
        }
        Ok(())
    }

    fn descend(
        &self,
        tuple: &mut [Option<&'a Row>],
        at: usize,
        work: &mut usize,
        take: &mut impl FnMut(&Tuple<'a>) -> Step,
    ) -> Step {
        *work = work.checked_sub(1).ok_or_else(timeout)?;
        let Some(source) = self.plan.sources.get(at) else {
            return if self.holds(&self.plan.test, tuple) {
                take(tuple)
            } else {
                Ok(true)
            };
        };
        let mut found = false;
        for slot in self.partners(source, at, tuple) {
            let Some(row) = self.data.rows(source.table).get(slot) else {
                continue;
            };
            *work = work.checked_sub(1).ok_or_else(timeout)?;
            let same = source.join.is_none_or(|join| {
                let there = token(&self.value(tuple, join.from));
                token(&self.tables[at].value(row, join.column)) == there
            });
            if !same || !source.on.holds(self.data, self.tables[at], row) {
                continue;
            }
            found = true;
            tuple[at] = Some(row);
            if !self.descend(tuple, at + 1, work, take)? {
                return Ok(false);
            }
            if source.join.is_some_and(|join| join.how == Joining::First) {
                break;
            }
        }
        tuple[at] = None;
        if !found && source.join.is_some_and(|join| join.how == Joining::Outer) {
            return self.descend(tuple, at + 1, work, take);
        }
        Ok(true)
    }

    /// Slots among which the partners of a combination are.
    fn partners(&self, source: &Source, at: usize, tuple: &Tuple<'a>) -> Vec<u32> {
        let rows = self.data.rows(source.table);
        let Some(join) = source.join else {
            return rows.from(0).map(|(slot, _)| slot).collect();
        };
        let value = self.value(tuple, join.from);
        if value.is_null() {
            return Vec::new();
        }
        if let Some(partners) = &self.partners[at] {
            return partners.get(&token(&value)).cloned().unwrap_or_default();
        }
        if join.column == self.tables[at].id_column {
            let slot = value.id().and_then(|id| rows.slot(&id));
            return slot.into_iter().collect();
        }
        let wanted = match value.id() {
            Some(id) => Cell::Guid(id),
            None => value,
        };
        rows.candidates(join.column, &wanted).unwrap_or_default()
    }

    fn holds(&self, test: &Test, tuple: &Tuple<'a>) -> bool {
        match test {
            Test::All(all) => all.iter().all(|one| self.holds(one, tuple)),
            Test::Some(some) => some.iter().any(|one| self.holds(one, tuple)),
            Test::Row(at, condition) => match tuple[*at] {
                Some(row) => condition.holds(self.data, self.tables[*at], row),
                None => condition.holds_of_nothing(),
            },
            Test::Columns(a, operator, b) => {
                let (a, b) = (self.value(tuple, *a), self.value(tuple, *b));
                if a.is_null() || b.is_null() {
                    return false;
                }
                let way = order(&a, &b);
                match operator {
                    Operator::Eq => way.is_eq(),
                    Operator::Ne => way.is_ne(),
                    Operator::Gt => way.is_gt(),
                    Operator::Ge => way.is_ge(),
                    Operator::Lt => way.is_lt(),
                    Operator::Le => way.is_le(),
                }
            }
        }
    }
}

/// What the first table's rows must meet in any case: it decides which index serves.
fn gather(test: &Test, into: &mut Vec<Condition>) {
    match test {
        Test::All(all) => all.iter().for_each(|one| gather(one, into)),
        Test::Row(0, condition) => into.push(condition.clone()),
        _ => {}
    }
}

fn timeout() -> Fault {
    let text = "SQL timeout expired.";
    Fault::new(500, "0x80044151", "SqlTimeout", text.into())
}
