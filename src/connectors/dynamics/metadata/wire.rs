//! The metadata documents as they come; only what a sync needs, everything optional that ever was
//! absent.

use serde::Deserialize;

/// A collection; metadata is never paged.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entity {
    pub logical_name: String,
    #[serde(rename = "EntitySetName")]
    pub set: String,
    pub primary_id_attribute: String,
    pub primary_name_attribute: Option<String>,
    pub change_tracking_enabled: Option<bool>,
    pub is_optimistic_concurrency_enabled: Option<bool>,
    pub display_name: Option<Label>,
    #[serde(default)]
    pub keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetName {
    pub logical_name: String,
    pub entity_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Key {
    #[serde(default)]
    pub key_attributes: Vec<String>,
    pub entity_key_index_status: Option<String>,
}

/// `{"Value": …}`, the form of managed properties and of named values.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wrapped {
    pub value: Option<String>,
}

impl Wrapped {
    pub(super) fn text(this: Option<&Self>) -> &str {
        this.and_then(|w| w.value.as_deref()).unwrap_or("")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    pub logical_name: String,
    #[serde(rename = "AttributeType")]
    pub kind: Option<String>,
    #[serde(rename = "AttributeTypeName")]
    pub kind_name: Option<Wrapped>,
    pub required_level: Option<Wrapped>,
    pub is_valid_for_create: Option<bool>,
    pub is_valid_for_update: Option<bool>,
    pub is_valid_for_read: Option<bool>,
    #[serde(rename = "AttributeOf")]
    pub shadow_of: Option<String>,
    pub display_name: Option<Label>,
}

/// What only the type-specific definitions tell; each cast fills its own part.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Details {
    pub logical_name: String,
    pub max_length: Option<u32>,
    pub format_name: Option<Wrapped>,
    pub precision: Option<u32>,
    pub date_time_behavior: Option<Wrapped>,
    pub targets: Vec<String>,
    pub option_set: Option<OptionSet>,
    pub global_option_set: Option<OptionSet>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OptionSet {
    pub options: Vec<Choice>,
    pub true_option: Option<Choice>,
    pub false_option: Option<Choice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Choice {
    pub value: i64,
    pub label: Option<Label>,
    pub state: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Label {
    pub localized_labels: Vec<LocalizedLabel>,
    pub user_localized_label: Option<LocalizedLabel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LocalizedLabel {
    pub label: Option<String>,
}

impl Label {
    /// In our user's language, else in any.
    pub(super) fn text(this: Option<&Self>) -> Option<String> {
        let label = this?;
        let mut all = label
            .user_localized_label
            .iter()
            .chain(&label.localized_labels);
        all.find_map(|label| label.label.clone().filter(|text| !text.is_empty()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Relationship {
    pub referencing_attribute: String,
    pub referenced_entity: String,
    pub referencing_entity_navigation_property_name: Option<String>,
}
