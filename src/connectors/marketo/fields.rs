//! Marketo's field types, lengths and rights in our words.

use serde::Deserialize;

use crate::model::{FieldInfo, FieldKind, LengthUnit};

/// Text areas hold bytes, not characters.
const TEXT_AREA_BYTES: u32 = 30_000;
const TEXT_CHARS: u32 = 255;

/// A field as `describe2` and the object descriptions list it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field2 {
    pub(super) name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    data_type: String,
    #[serde(default)]
    length: Option<u32>,
    #[serde(default = "yes")]
    updateable: bool,
    #[serde(default)]
    crm_managed: bool,
}

fn yes() -> bool {
    true
}

/// Our word for Marketo's type.
pub(super) fn kind_of(data_type: &str) -> FieldKind {
    match data_type.to_ascii_lowercase().as_str() {
        "string" => FieldKind::Text,
        "text" | "textarea" | "text area" => FieldKind::Memo,
        "email" => FieldKind::Email,
        "phone" => FieldKind::Phone,
        "url" => FieldKind::Url,
        "integer" | "score" | "percent" => FieldKind::Integer,
        "float" | "currency" => FieldKind::Decimal,
        "boolean" => FieldKind::Boolean,
        "date" => FieldKind::Date,
        "datetime" => FieldKind::DateTime,
        // Reference, formula and whatever comes: shown, never mapped.
        _ => FieldKind::Other,
    }
}

/// Marketo's word for our type, for fields made through the API.
pub(super) fn data_type(kind: FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Text | FieldKind::Memo | FieldKind::Id | FieldKind::Lookup => Some("string"),
        FieldKind::Email => Some("email"),
        FieldKind::Phone => Some("phone"),
        FieldKind::Url => Some("url"),
        FieldKind::Integer => Some("integer"),
        FieldKind::Decimal => Some("float"),
        FieldKind::Boolean => Some("boolean"),
        FieldKind::Date => Some("date"),
        FieldKind::DateTime => Some("datetime"),
        _ => None,
    }
}

pub(super) fn info(name: &str, label: &str, data_type: &str, length: Option<u32>) -> FieldInfo {
    let kind = kind_of(data_type);
    let mut field = FieldInfo::new(name, kind);
    if !label.is_empty() {
        label.clone_into(&mut field.label);
    }
    match kind {
        FieldKind::Memo => {
            field.max_length = Some(length.unwrap_or(TEXT_AREA_BYTES));
            field.length_unit = LengthUnit::Bytes;
        }
        FieldKind::Text | FieldKind::Email | FieldKind::Phone | FieldKind::Url => {
            field.max_length = Some(length.unwrap_or(TEXT_CHARS));
        }
        _ => {}
    }
    field
}

pub(super) fn writable(field: &mut FieldInfo, writable: bool) {
    // The id is assigned by Marketo although describe does not mark it.
    let writable = writable && field.kind != FieldKind::Other && field.name != "id";
    field.creatable = writable;
    field.updatable = writable;
}

impl Field2 {
    /// The same in our words.
    pub(super) fn info(&self) -> FieldInfo {
        let mut field = info(&self.name, &self.display_name, &self.data_type, self.length);
        writable(&mut field, self.updateable && !self.crm_managed);
        field
    }
}
