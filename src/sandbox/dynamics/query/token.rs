//! A value's identity: what groups, joins and distinct lines compare; text ignores case.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::sandbox::dynamics::cell::Cell;

/// A value without its representation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "one for each family of values")]
pub enum Token {
    Null,
    Bool(bool),
    Whole(i64),
    Number(Decimal),
    Double(u64),
    Text(String),
    Id(Uuid),
}

/// The identity of a value.
pub fn token(cell: &Cell) -> Token {
    match cell {
        Cell::Null => Token::Null,
        Cell::Bool(value) => Token::Bool(*value),
        Cell::Int(n) | Cell::Date(n) => Token::Whole(i64::from(*n)),
        Cell::Big(n) | Cell::Time(n) => Token::Whole(*n),
        Cell::Number(n) => Token::Number(n.normalize()),
        Cell::Double(n) => Token::Double(n.to_bits()),
        Cell::Text(text) => Token::Text(text.to_lowercase()),
        Cell::Guid(id) | Cell::Link(_, id) => Token::Id(*id),
    }
}
