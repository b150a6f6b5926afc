//! One row or person as a side holds it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{RecordKey, Value};

/// Values by API name. A name that is absent was not read; a value that is empty is [`Value::Null`].
pub type Fields = BTreeMap<String, Value>;

/// One row or person as a side held it when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id on its own side.
    pub key: RecordKey,
    /// The row version for conditional writes (Dynamics ETag, e.g. `W/"915244"`); none on Marketo.
    pub version: Option<String>,
    /// When the side says it last changed.
    pub modified: Option<DateTime<Utc>>,
    /// The values that were asked for.
    pub fields: Fields,
}

impl Record {
    /// The value of `name`, [`Value::Null`] when it was not read.
    pub fn get(&self, name: &str) -> &Value {
        const NOTHING: &Value = &Value::Null;
        self.fields.get(name).unwrap_or(NOTHING)
    }
}
