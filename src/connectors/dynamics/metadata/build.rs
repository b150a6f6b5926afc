//! Puts a table together from the metadata documents.

use std::collections::{BTreeMap, HashMap};

use super::wire::{Attribute, Details, Entity, Label, OptionSet, Relationship, Wrapped};
use crate::connectors::dynamics::table::{AlternateKey, Table, Target};
use crate::model::{FieldInfo, FieldKind, LengthUnit, OptionItem};

/// The documents of one table.
pub(super) struct Documents {
    pub entity: Entity,
    pub attributes: Vec<Attribute>,
    pub details: HashMap<String, Details>,
    pub relationships: Vec<Relationship>,
    /// Entity set by logical name.
    pub sets: HashMap<String, String>,
}

pub(super) fn table(documents: &Documents) -> Table {
    let entity = &documents.entity;
    let mut columns: Vec<_> = documents
        .attributes
        .iter()
        .filter(|attribute| is_column(attribute))
        .map(|attribute| column(attribute, documents.details.get(&attribute.logical_name)))
        .collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let navigation = columns
        .iter()
        .filter(|column| column.kind == FieldKind::Lookup)
        .map(|column| (column.name.clone(), targets(documents, &column.name)))
        .collect::<BTreeMap<_, _>>();
    let keys = entity.keys.iter().map(|key| AlternateKey {
        columns: key.key_attributes.clone(),
        active: key.entity_key_index_status.as_deref() == Some("Active"),
    });
    Table {
        logical: entity.logical_name.clone(),
        label: Label::text(entity.display_name.as_ref())
            .unwrap_or_else(|| entity.logical_name.clone()),
        set: entity.set.clone(),
        key: entity.primary_id_attribute.clone(),
        name_column: entity.primary_name_attribute.clone().unwrap_or_default(),
        change_tracking: entity.change_tracking_enabled.unwrap_or(false),
        optimistic: entity.is_optimistic_concurrency_enabled.unwrap_or(false),
        columns,
        navigation,
        keys: keys.collect(),
    }
}

/// Shadow columns (`owneridname`, `createdbyyominame`) cannot be selected.
fn is_column(attribute: &Attribute) -> bool {
    attribute.is_valid_for_read.unwrap_or(true) && attribute.shadow_of.is_none()
}

fn column(attribute: &Attribute, details: Option<&Details>) -> FieldInfo {
    let kind = kind(attribute, details);
    let writable = kind != FieldKind::Other && attribute.logical_name != CREATED_ON;
    let name = attribute.logical_name.clone();
    let option_set = details.and_then(|details| {
        let own = details.option_set.as_ref();
        own.or(details.global_option_set.as_ref())
    });
    FieldInfo {
        label: Label::text(attribute.display_name.as_ref()).unwrap_or_else(|| name.clone()),
        name,
        kind,
        max_length: details.and_then(|details| details.max_length),
        length_unit: LengthUnit::Utf16,
        precision: details.and_then(|details| details.precision),
        creatable: writable && attribute.is_valid_for_create.unwrap_or(false),
        updatable: writable && attribute.is_valid_for_update.unwrap_or(false),
        required: Wrapped::text(attribute.required_level.as_ref()) == "SystemRequired",
        options: option_set.map_or_else(Vec::new, options),
    }
}

/// Flagged writable in metadata, yet ignored on every write.
const CREATED_ON: &str = "createdon";

/// `AttributeType` calls a multi-select `Virtual`; only the type's name tells it from the rest.
pub(super) fn type_of(attribute: &Attribute) -> &str {
    let name = Wrapped::text(attribute.kind_name.as_ref());
    if name == "MultiSelectPicklistType" {
        "MultiSelectPicklist"
    } else {
        attribute.kind.as_deref().unwrap_or("")
    }
}

fn kind(attribute: &Attribute, details: Option<&Details>) -> FieldKind {
    match type_of(attribute) {
        "String" => match Wrapped::text(details.and_then(|d| d.format_name.as_ref())) {
            "Email" => FieldKind::Email,
            "Phone" => FieldKind::Phone,
            "Url" => FieldKind::Url,
            "TextArea" | "RichText" => FieldKind::Memo,
            _ => FieldKind::Text,
        },
        "Memo" => FieldKind::Memo,
        "Integer" | "BigInt" => FieldKind::Integer,
        "Decimal" | "Money" | "Double" => FieldKind::Decimal,
        "Boolean" => FieldKind::Boolean,
        // `Format` is for display; the behaviour alone decides what is sent.
        "DateTime" => match Wrapped::text(details.and_then(|d| d.date_time_behavior.as_ref())) {
            "DateOnly" => FieldKind::Date,
            "TimeZoneIndependent" => FieldKind::WallClock,
            _ => FieldKind::DateTime,
        },
        "Picklist" => FieldKind::Option,
        "MultiSelectPicklist" => FieldKind::Options,
        "State" => FieldKind::State,
        "Status" => FieldKind::Status,
        "Lookup" | "Customer" | "Owner" => FieldKind::Lookup,
        "Uniqueidentifier" => FieldKind::Id,
        _ => FieldKind::Other,
    }
}

fn options(set: &OptionSet) -> Vec<OptionItem> {
    let two = set.false_option.iter().chain(&set.true_option);
    let choices = set.options.iter().chain(two);
    let items = choices.map(|choice| OptionItem {
        code: choice.value,
        label: Label::text(choice.label.as_ref()).unwrap_or_else(|| choice.value.to_string()),
        state: choice.state,
    });
    items.collect()
}

/// The tables a lookup may point to. Relationships know the properties in their right case; the
/// owner's single relationship leads to an abstract table, so its targets come from the column
/// itself.
fn targets(documents: &Documents, column: &str) -> Vec<Target> {
    let relationships = documents
        .relationships
        .iter()
        .filter(|relationship| relationship.referencing_attribute == column);
    let mut properties: BTreeMap<&str, &str> = BTreeMap::new();
    for relationship in relationships {
        let property = relationship
            .referencing_entity_navigation_property_name
            .as_deref();
        let property = property.unwrap_or(column);
        properties.insert(&relationship.referenced_entity, property);
    }
    let declared = documents.details.get(column).map(|d| d.targets.as_slice());
    let declared = declared.unwrap_or_default();
    let abstract_owner = properties.remove("owner");
    for target in declared {
        let fallback = abstract_owner.unwrap_or(column);
        properties.entry(target).or_insert(fallback);
    }
    let known = properties.into_iter().filter_map(|(table, property)| {
        let set = documents.sets.get(table)?;
        Some(Target {
            table: table.to_owned(),
            set: set.clone(),
            property: property.to_owned(),
        })
    });
    known.collect()
}
