//! A `$filter` bound to a table, ready to be asked of rows, and the index that shortens the search.

use uuid::Uuid;

use super::cell::{Cell, Owned};
use super::data::Data;
use super::filter::Operator;
use super::rows::Row;
use super::schema::Table;

/// A column of the row itself, or of a row it points at.
#[derive(Clone, Debug)]
pub struct Path {
    /// Lookup columns to follow, each with the table it leads to.
    pub hops: Vec<(u16, u16)>,
    /// The column at the end.
    pub column: u16,
}

/// A text pattern; `%` stands for anything.
#[derive(Clone, Debug)]
pub struct Pattern(Vec<String>);

/// A question about a row.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Always so, or never.
    Constant(bool),
    /// Every one.
    And(Vec<Condition>),
    /// At least one.
    Or(Vec<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// A comparison with a value of the column's own kind; null means no value.
    Compare(Path, Operator, Owned),
    /// A text test.
    Like(Path, Pattern),
    /// A text test in the older wildcards of SQL.
    Wild(Path, super::query::Wild),
    /// One of several values.
    In(Path, Vec<Owned>),
    /// A multi-select column that holds any of these.
    Chosen(Path, Vec<i32>),
    /// A row elsewhere that points here (`any`), or every one of them (`all`).
    Related(u16, u16, bool, Option<Box<Condition>>),
    /// Linked through a many-to-many table: that table, its column here, its column there, whom.
    Linked(u16, u16, u16, Uuid),
}

impl Condition {
    /// Whether the row is meant.
    pub fn holds(&self, data: &Data, table: &Table, row: &Row) -> bool {
        match self {
            Self::Constant(answer) => *answer,
            Self::And(all) => all.iter().all(|one| one.holds(data, table, row)),
            Self::Or(some) => some.iter().any(|one| one.holds(data, table, row)),
            Self::Not(inner) => !inner.holds(data, table, row),
            Self::Compare(path, operator, value) => {
                path.with(data, table, row, |cell| compares(cell, *operator, value))
            }
            Self::Like(path, pattern) => path.with(data, table, row, |cell| {
                cell.text().is_some_and(|text| pattern.matches(text))
            }),
            Self::Wild(path, wild) => path.with(data, table, row, |cell| {
                cell.text().is_some_and(|text| wild.matches(text))
            }),
            Self::In(path, values) => path.with(data, table, row, |cell| {
                values
                    .iter()
                    .any(|value| compares(cell, Operator::Eq, value))
            }),
            Self::Chosen(path, wanted) => path.with(data, table, row, |cell| {
                let text = cell.text().unwrap_or_default();
                let mut chosen = text.split(',').filter_map(|n| n.parse::<i32>().ok());
                chosen.any(|n| wanted.contains(&n))
            }),
            Self::Related(other, column, any, inner) => {
                related(data, row.id, (*other, *column), *any, inner.as_deref())
            }
            Self::Linked(through, here, there, whom) => {
                let rows = data.rows(*through);
                let slots = rows
                    .candidates(*there, &Cell::Guid(*whom))
                    .unwrap_or_default();
                slots.iter().filter_map(|slot| rows.get(*slot)).any(|link| {
                    link.cells.get(*here).id() == Some(row.id)
                        && link.cells.get(*there).id() == Some(*whom)
                })
            }
        }
    }

    /// Whether it holds where there is no row, and so no value in any column.
    pub fn holds_of_nothing(&self) -> bool {
        match self {
            Self::Constant(answer) => *answer,
            Self::And(all) => all.iter().all(Self::holds_of_nothing),
            Self::Or(some) => some.iter().any(Self::holds_of_nothing),
            Self::Not(inner) => !inner.holds_of_nothing(),
            Self::Compare(_, operator, value) => compares(&Cell::Null, *operator, value),
            _ => false,
        }
    }

    /// Slots among which all rows meant are, when an index can tell.
    pub fn candidates(&self, data: &Data, table: &Table) -> Option<Vec<u32>> {
        let rows = data.rows(table.number);
        match self {
            Self::Constant(false) => Some(Vec::new()),
            Self::And(all) => all
                .iter()
                .filter_map(|one| one.candidates(data, table))
                .min_by_key(Vec::len),
            Self::Or(some) => {
                let mut slots = Vec::new();
                for one in some {
                    slots.extend(one.candidates(data, table)?);
                }
                Some(sorted(slots))
            }
            Self::Compare(path, Operator::Eq, value) if !value.is_null() => {
                path.candidates(data, table, std::slice::from_ref(value))
            }
            Self::In(path, values) => path.candidates(data, table, values),
            Self::Linked(through, here, there, whom) => {
                let links = data.rows(*through);
                let slots = links.candidates(*there, &Cell::Guid(*whom))?;
                let ids = slots
                    .iter()
                    .filter_map(|slot| links.get(*slot)?.cells.get(*here).id());
                Some(sorted(ids.filter_map(|id| rows.slot(&id)).collect()))
            }
            _ => None,
        }
    }
}

fn sorted(mut slots: Vec<u32>) -> Vec<u32> {
    slots.sort_unstable();
    slots.dedup();
    slots
}

fn related(
    data: &Data,
    id: Uuid,
    (other, column): (u16, u16),
    any: bool,
    inner: Option<&Condition>,
) -> bool {
    let table = data.schema.table(other);
    let rows = data.rows(other);
    let points = |row: &Row| row.cells.get(column).id() == Some(id);
    let test = |row: &Row| inner.is_none_or(|inner| inner.holds(data, table, row));
    let slots = rows.candidates(column, &Cell::Guid(id));
    let all: Vec<&Row> = match slots {
        Some(slots) => slots.iter().filter_map(|slot| rows.get(*slot)).collect(),
        None => rows.from(0).map(|(_, row)| row).collect(),
    };
    let mut mine = all.into_iter().filter(|row| points(row));
    if any { mine.any(test) } else { mine.all(test) }
}

impl Path {
    /// A column of the row itself.
    pub fn own(column: u16) -> Self {
        Self {
            hops: Vec::new(),
            column,
        }
    }

    /// Asks `question` of the value at the end of the path; a missing row counts as no value.
    pub fn with<T>(
        &self,
        data: &Data,
        table: &Table,
        row: &Row,
        question: impl FnOnce(&Cell) -> T,
    ) -> T {
        let (mut table, mut row) = (table, row);
        for (column, target) in &self.hops {
            let next = match table.value(row, *column) {
                Cell::Link(to, id) if to == *target => data.rows(to).find(&id),
                _ => None,
            };
            match next {
                Some(found) => (table, row) = (data.schema.table(*target), found),
                None => return question(&Cell::Null),
            }
        }
        question(&table.value(row, self.column))
    }

    fn candidates(&self, data: &Data, table: &Table, values: &[Owned]) -> Option<Vec<u32>> {
        if !self.hops.is_empty() {
            return None;
        }
        let rows = data.rows(table.number);
        let mut slots = Vec::new();
        for value in values {
            if self.column == table.id_column {
                slots.extend(value.id().and_then(|id| rows.slot(&id)));
            } else {
                slots.extend(rows.candidates(self.column, value)?);
            }
        }
        Some(sorted(slots))
    }
}

impl Pattern {
    /// The text as it is written between `before` and `after`, its own `%` included.
    pub fn new(before: &str, text: &str, after: &str) -> Self {
        let whole = format!("{before}{text}{after}").to_lowercase();
        Self(whole.split('%').map(str::to_owned).collect())
    }

    fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some(mut left) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return left.is_empty();
        };
        for part in middle {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

/// The order of two values of one kind; no value comes first, text ignores case.
pub fn order(a: &Cell, b: &Cell) -> std::cmp::Ordering {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match (a, b) {
        (Cell::Null, _) if b.is_null() => Equal,
        (Cell::Null, _) => Less,
        (_, Cell::Null) => Greater,
        (Cell::Text(a), Cell::Text(b)) => fold(a, b),
        (Cell::Int(a), Cell::Int(b)) | (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
        (Cell::Big(a), Cell::Big(b)) | (Cell::Time(a), Cell::Time(b)) => a.cmp(b),
        (Cell::Number(a), Cell::Number(b)) => a.cmp(b),
        (Cell::Double(a), Cell::Double(b)) => a.total_cmp(b),
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        _ => a.id().cmp(&b.id()),
    }
}

fn fold(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = |text: &str| {
            text.bytes()
                .map(|b| b.to_ascii_lowercase())
                .collect::<Vec<_>>()
        };
        return if a.eq_ignore_ascii_case(b) {
            std::cmp::Ordering::Equal
        } else {
            lower(a).cmp(&lower(b))
        };
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}

/// A missing value is unequal to every value, and neither above nor below one.
fn compares(cell: &Cell, operator: Operator, value: &Cell) -> bool {
    let order = order(cell, value);
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        _ if cell.is_null() || value.is_null() => false,
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
    }
}
