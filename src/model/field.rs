//! What a side says about one of its fields: type, length, who may write it.

use serde::{Deserialize, Serialize};

/// The type of a field, in words both vendors' types fall into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Single-line text.
    Text,
    /// Multi-line text.
    Memo,
    /// An e-mail address.
    Email,
    /// A phone number, stored as typed.
    Phone,
    /// A web address.
    Url,
    /// A whole number, score or percent.
    Integer,
    /// A decimal number or amount of money.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A calendar day.
    Date,
    /// A moment, stored in UTC.
    DateTime,
    /// A date and time that belongs to no zone and is never shifted.
    WallClock,
    /// One of a list of options, by code.
    Option,
    /// Several of a list of options, by code.
    Options,
    /// A record's life state (open, won, …), by code.
    State,
    /// The reason within a state, by code.
    Status,
    /// A reference to a row, by GUID.
    Lookup,
    /// A GUID that is not a reference (keys).
    Id,
    /// Anything else: shown, never mapped.
    Other,
}

/// What a length limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// UTF-16 code units (Dynamics).
    Utf16,
    /// Unicode characters (Marketo strings).
    Chars,
    /// UTF-8 bytes (Marketo text areas).
    Bytes,
}

/// One choice of an option field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionItem {
    /// The stored code.
    pub code: i64,
    /// The label people see.
    pub label: String,
    /// For a status: the state it belongs to.
    pub state: Option<i64>,
}

/// What a side says about one of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    /// The API name: a Dynamics column's logical name, a Marketo field's REST name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// Its type.
    pub kind: FieldKind,
    /// The longest text it takes, where the side says so.
    pub max_length: Option<u32>,
    /// What `max_length` counts.
    pub length_unit: LengthUnit,
    /// Digits after the point, for decimals.
    pub precision: Option<u32>,
    /// Whether a create may carry it.
    pub creatable: bool,
    /// Whether an update may carry it.
    pub updatable: bool,
    /// Whether the server refuses a create without it.
    pub required: bool,
    /// The choices, for option, state and status fields.
    pub options: Vec<OptionItem>,
}

impl FieldInfo {
    /// A writable, optional field without limits; for tests and for building up.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        let name = name.into();
        Self {
            label: name.clone(),
            name,
            kind,
            max_length: None,
            length_unit: LengthUnit::Chars,
            precision: None,
            creatable: true,
            updatable: true,
            required: false,
            options: Vec::new(),
        }
    }

    /// The code whose label is `label`, ignoring case and outer blanks.
    pub fn code_of(&self, label: &str) -> Option<i64> {
        let wanted = label.trim().to_lowercase();
        let found = self
            .options
            .iter()
            .find(|item| item.label.trim().to_lowercase() == wanted);
        found.map(|item| item.code)
    }

    /// The label of `code`.
    pub fn label_of(&self, code: i64) -> Option<&str> {
        self.options
            .iter()
            .find(|item| item.code == code)
            .map(|item| item.label.as_str())
    }
}
