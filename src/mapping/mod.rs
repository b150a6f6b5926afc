//! Field maps and canonical values: which field goes where, and when two values mean the same. Pure: no I/O, no clock.
//!
//! An [`EntityMap`] is what the admin wrote; [`EntityMap::check`] holds it against what both sides really have and
//! gives a [`CheckedMap`] of usable fields plus everything worth telling. Only canonical values are ever compared:
//! canonicalisation is idempotent (`c(c(x)) == c(x)`) and stable under what the other side stores
//! (`canonical(other, stored(convert(x))) == canonical(side, x)`), so our own writes never look like edits.

mod canon;
mod check;
mod checked;
mod document;
mod equivalence;
mod expression;
mod map;
mod options;
mod render;
mod text;
mod transform;
mod typed;

pub use checked::{CheckedField, CheckedMap, MappingProblem, Severity};
pub use document::{from_toml, to_toml};
pub use equivalence::Equivalence;
pub use expression::{Expression, ExpressionError};
pub use map::{EntityMap, FieldMap, LengthPolicy, MappingError, NullPolicy};
pub use transform::Transform;
