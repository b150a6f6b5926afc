//! One value in one column, and the compact bytes a row keeps its values in.

use std::borrow::Cow;

use rust_decimal::Decimal;
use uuid::Uuid;

/// A stored value. `Time` is seconds and `Date` days since 1970-01-01 (UTC); `Link` is the
/// number of the table pointed at and the row's id.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// Text; also a multi-select choice in its wire form `1,9`.
    Text(Cow<'a, str>),
    /// A 32-bit number: whole numbers and options.
    Int(i32),
    /// A 64-bit number: row versions.
    Big(i64),
    /// Decimal and money.
    Number(Decimal),
    /// Floating point.
    Double(f64),
    /// Two options.
    Bool(bool),
    /// A point in time.
    Time(i64),
    /// A calendar day.
    Date(i32),
    /// An id that is not a lookup.
    Guid(Uuid),
    /// A lookup.
    Link(u16, Uuid),
}

/// A value that borrows from nothing.
pub type Owned = Cell<'static>;

impl Cell<'_> {
    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Owned {
        match self {
            Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Cell::Null => Cell::Null,
            Cell::Int(n) => Cell::Int(n),
            Cell::Big(n) => Cell::Big(n),
            Cell::Number(n) => Cell::Number(n),
            Cell::Double(n) => Cell::Double(n),
            Cell::Bool(b) => Cell::Bool(b),
            Cell::Time(t) => Cell::Time(t),
            Cell::Date(d) => Cell::Date(d),
            Cell::Guid(id) => Cell::Guid(id),
            Cell::Link(table, id) => Cell::Link(table, id),
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null)
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The option or whole number, when it is one.
    pub fn int(&self) -> Option<i32> {
        match self {
            Cell::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The id of a lookup or id column.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Cell::Guid(id) | Cell::Link(_, id) => Some(*id),
            _ => None,
        }
    }
}

/// A row's values but for its id, version and times, in column order, nulls left out.
///
/// Each entry is column (u16), tag (u8) and payload, all little-endian; one allocation a row is
/// what lets a million rows fit.
#[derive(Clone, Debug, Default)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// Packs `cells`, which must be sorted by column.
    pub fn new(cells: &[(u16, Owned)]) -> Self {
        // The exact size: a row is allocated once, and nothing is left over behind it.
        let mut out = Vec::with_capacity(cells.iter().map(|(_, cell)| size(cell)).sum());
        for (column, cell) in cells {
            push(&mut out, *column, cell);
        }
        Self(out.into_boxed_slice())
    }

    /// The values in column order.
    pub fn iter(&self) -> Entries<'_> {
        Entries { rest: &self.0 }
    }

    /// The value of one column.
    pub fn get(&self, column: u16) -> Cell<'_> {
        self.iter()
            .take_while(|(at, _)| *at <= column)
            .find(|(at, _)| *at == column)
            .map_or(Cell::Null, |(_, cell)| cell)
    }

    /// All values, owned, ready to be changed and packed again.
    pub fn unpack(&self) -> Vec<(u16, Owned)> {
        self.iter()
            .map(|(column, cell)| (column, cell.into_owned()))
            .collect()
    }
}

/// Walks a packed row.
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl Entries<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (u16, Cell<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let column = u16::from_le_bytes(self.take()?);
        let [tag] = self.take()?;
        let cell = match tag {
            0 => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                let (text, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Cell::Text(Cow::Borrowed(std::str::from_utf8(text).unwrap_or_default()))
            }
            1 => Cell::Int(i32::from_le_bytes(self.take()?)),
            2 => Cell::Big(i64::from_le_bytes(self.take()?)),
            3 => Cell::Number(Decimal::deserialize(self.take()?)),
            4 => Cell::Double(f64::from_le_bytes(self.take()?)),
            5 => Cell::Bool(self.take::<1>()? == [1]),
            6 => Cell::Time(i64::from_le_bytes(self.take()?)),
            7 => Cell::Date(i32::from_le_bytes(self.take()?)),
            8 => Cell::Guid(Uuid::from_bytes(self.take()?)),
            _ => {
                let table = u16::from_le_bytes(self.take()?);
                Cell::Link(table, Uuid::from_bytes(self.take()?))
            }
        };
        Some((column, cell))
    }
}

/// What [`push`] writes for a cell.
fn size(cell: &Owned) -> usize {
    let payload = match cell {
        Cell::Null => return 0,
        Cell::Text(text) => 4 + text.len(),
        Cell::Int(_) | Cell::Date(_) => 4,
        Cell::Big(_) | Cell::Time(_) | Cell::Double(_) => 8,
        Cell::Number(_) | Cell::Guid(_) => 16,
        Cell::Bool(_) => 1,
        Cell::Link(..) => 18,
    };
    3 + payload
}

fn push(out: &mut Vec<u8>, column: u16, cell: &Owned) {
    let tag: u8 = match cell {
        Cell::Null => return,
        Cell::Text(_) => 0,
        Cell::Int(_) => 1,
        Cell::Big(_) => 2,
        Cell::Number(_) => 3,
        Cell::Double(_) => 4,
        Cell::Bool(_) => 5,
        Cell::Time(_) => 6,
        Cell::Date(_) => 7,
        Cell::Guid(_) => 8,
        Cell::Link(..) => 9,
    };
    out.extend(column.to_le_bytes());
    out.push(tag);
    match cell {
        Cell::Null => {}
        Cell::Text(text) => {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        }
        Cell::Int(n) => out.extend(n.to_le_bytes()),
        Cell::Big(n) => out.extend(n.to_le_bytes()),
        Cell::Number(n) => out.extend(n.serialize()),
        Cell::Double(n) => out.extend(n.to_le_bytes()),
        Cell::Bool(b) => out.push(u8::from(*b)),
        Cell::Time(t) => out.extend(t.to_le_bytes()),
        Cell::Date(d) => out.extend(d.to_le_bytes()),
        Cell::Guid(id) => out.extend(id.as_bytes()),
        Cell::Link(table, id) => {
            out.extend(table.to_le_bytes());
            out.extend(id.as_bytes());
        }
    }
}
