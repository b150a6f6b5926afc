//! Columns nobody stores: full name, composite address, owning user, base-currency amounts.

use std::borrow::Cow;

use uuid::Uuid;

use super::cell::Cell;
use super::rows::Row;
use super::schema::{Derived, Kind, Table};

/// The organisation's one business unit.
pub const BUSINESS_UNIT: Uuid = Uuid::from_u128(0x0c5e_7f10_5d2a_4c8e_9b1f_3a6d_7e40_1001);

impl Table {
    /// The value of a column, stored, derived or kept in the row's head.
    pub fn value<'a>(&self, row: &'a Row, column: u16) -> Cell<'a> {
        let definition = self.column(column);
        if definition.derived.is_some() {
            return value(self, row, column);
        }
        if column == self.id_column {
            return Cell::Guid(row.id);
        }
        match (definition.kind, definition.name.as_str()) {
            (Kind::BigInt, "versionnumber") => Cell::Big(row.version as i64),
            (Kind::DateTime, "createdon") => Cell::Time(row.created),
            (Kind::DateTime, "modifiedon") => Cell::Time(row.modified),
            _ => row.cells.get(column),
        }
    }
}

/// The value of a derived column.
fn value<'a>(table: &Table, row: &'a Row, column: u16) -> Cell<'a> {
    let named = |name: &str| table.find(name).map_or(Cell::Null, |at| row.cells.get(at));
    match table.column(column).derived {
        None => Cell::Null,
        Some(Derived::FullName) => joined(&["firstname", "middlename", "lastname"].map(named), " "),
        Some(Derived::Composite) => composite(named),
        Some(Derived::Base(of)) => row.cells.get(of),
        Some(Derived::OwningBusinessUnit) => {
            table_number(table, column).map_or(Cell::Null, |t| Cell::Link(t, BUSINESS_UNIT))
        }
        Some(Derived::OwningUser | Derived::OwningTeam) => match named("ownerid") {
            Cell::Link(owner, id) if table_number(table, column) == Some(owner) => {
                Cell::Link(owner, id)
            }
            _ => Cell::Null,
        },
    }
}

fn table_number(table: &Table, column: u16) -> Option<u16> {
    table.column(column).targets.first().copied()
}

fn joined<'a>(parts: &[Cell<'a>], separator: &str) -> Cell<'a> {
    let words: Vec<&str> = parts.iter().filter_map(Cell::text).collect();
    if words.is_empty() {
        return Cell::Null;
    }
    Cell::Text(Cow::Owned(words.join(separator)))
}

/// Street lines, then `postal code city`, then country, as the vendor lays it out.
fn composite<'a>(named: impl Fn(&str) -> Cell<'a>) -> Cell<'a> {
    let town = joined(
        &[
            "address1_city",
            "address1_stateorprovince",
            "address1_postalcode",
        ]
        .map(&named),
        " ",
    );
    joined(
        &[
            named("address1_line1"),
            named("address1_line2"),
            named("address1_line3"),
            town,
            named("address1_country"),
        ],
        "\r\n",
    )
}
