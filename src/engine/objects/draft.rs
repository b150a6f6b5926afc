//! A write to an object's record, as it goes into the outbox: the key, and the fields beside it.

use crate::engine::plan::Write;
use crate::model::{Cause, Value};
use crate::store::{OpField, OpKind};

/// The key of an object's record: its fields and their values, in the order they are sent.
pub(super) type Key = Vec<(String, Value)>;

/// A write: the key, which belongs to no logical field, and what is written.
pub(super) fn write(kind: OpKind, key: Key, fields: Vec<OpField>) -> Write {
    let key = key.into_iter().map(|(name, value)| OpField {
        field: String::new(),
        name,
        before: Value::Null,
        canonical: value.clone(),
        after: value,
        cause: Cause::Change,
        conflict: None,
    });
    Write {
        kind,
        fields: key.chain(fields).collect(),
    }
}
