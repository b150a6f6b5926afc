//! A custom object type as people read it: every field with its type, which one is the key, which one is the link.

use serde::Serialize;

use super::columns;
use crate::connectors::marketo::NewCustomField;

/// One field of a type that is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeField {
    /// Its API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// Marketo's word for its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How many characters it holds.
    pub length: Option<u32>,
    /// Whether records are told apart by it.
    pub key: bool,
    /// The object and the field it points to.
    pub link: Option<String>,
}

impl TypeField {
    pub(super) fn of(field: &NewCustomField) -> Self {
        let (kind, length) = columns::word(field.kind);
        let link = field.link.as_ref();
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            kind,
            length,
            key: field.key,
            link: link.map(|(object, target)| format!("{object}.{target}")),
        }
    }

    /// The field in a few words: `string(255), key`.
    pub fn words(&self) -> String {
        let length = self.length.map(|length| format!("({length})"));
        let key = if self.key { ", key" } else { "" };
        let link = self.link.as_ref().map(|to| format!(", link to {to}"));
        format!(
            "{}{}{key}{}",
            self.kind,
            length.unwrap_or_default(),
            link.unwrap_or_default()
        )
    }
}
