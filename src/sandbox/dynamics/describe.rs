//! Tables, columns, choices, keys and relationships as definition objects.

use serde_json::{Value, json};
use uuid::Uuid;

use super::data::Data;
use super::details;
use super::schema::{Choice, Column, Key, Kind, Table};

/// The language of all labels.
pub const ENGLISH: u32 = 1033;

/// The metadata id of anything, from its name.
pub fn metadata_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

/// A table's metadata id.
pub fn table_id(table: &Table) -> Uuid {
    metadata_id(&table.name)
}

/// A column's metadata id.
pub fn column_id(table: &Table, at: u16) -> Uuid {
    metadata_id(&format!("{}.{}", table.name, table.column(at).name))
}

fn label(text: &str) -> Value {
    let one = json!({
        "Label": text, "LanguageCode": ENGLISH, "IsManaged": true,
        "MetadataId": metadata_id(text), "HasChanged": null,
    });
    json!({"LocalizedLabels": [one], "UserLocalizedLabel": one})
}

fn managed(value: impl Into<Value>, name: &str) -> Value {
    json!({"Value": value.into(), "CanBeChanged": true, "ManagedPropertyLogicalName": name})
}

/// A table's definition with all that can be expanded.
pub fn table(data: &Data, table: &Table) -> Value {
    json!({
        "MetadataId": table_id(table),
        "LogicalName": table.name,
        "SchemaName": table.schema_name,
        "EntitySetName": table.set,
        "LogicalCollectionName": table.set,
        "CollectionSchemaName": table.set,
        "PrimaryIdAttribute": table.column(table.id_column).name,
        "PrimaryNameAttribute": table.name_column.map(|at| table.column(at).name.clone()),
        "ObjectTypeCode": table.code,
        "ChangeTrackingEnabled": table.tracked,
        "CanChangeTrackingBeEnabled": managed(true, "canchangetrackingbeenabled"),
        "IsOptimisticConcurrencyEnabled": table.intersect.is_none(),
        "IsDuplicateDetectionEnabled": managed(true, "canmodifyduplicatedetectionsettings"),
        "IsCustomEntity": table.custom,
        "IsManaged": !table.custom,
        "IsIntersect": table.intersect.is_some(),
        "IsActivity": false,
        "HasActivities": false,
        "HasNotes": !table.custom && table.owned,
        "IsValidForAdvancedFind": true,
        "IsLogicalEntity": false,
        "IsPrivate": false,
        "TableType": "Standard",
        "OwnershipType": if table.owned { "UserOwned" } else { "OrganizationOwned" },
        "DisplayName": label(&table.label),
        "DisplayCollectionName": label(&table.plural),
        "Description": label(&table.label),
        "Attributes": table.places().map(|at| column(data, table, at)).collect::<Vec<_>>(),
        "Keys": table.keys.iter().map(|k| key(table, k)).collect::<Vec<_>>(),
        "ManyToOneRelationships": many_to_one(data, table),
        "OneToManyRelationships": one_to_many(data, table),
        "ManyToManyRelationships": many_to_many(data, table),
    })
}

/// The type names of a kind of column: `AttributeType`, then the metadata class.
fn type_names(column: &Column) -> (&'static str, &'static str) {
    match column.kind {
        Kind::String => ("String", "StringAttributeMetadata"),
        Kind::Memo => ("Memo", "MemoAttributeMetadata"),
        Kind::Integer => ("Integer", "IntegerAttributeMetadata"),
        Kind::BigInt => ("BigInt", "BigIntAttributeMetadata"),
        Kind::Decimal => ("Decimal", "DecimalAttributeMetadata"),
        Kind::Money => ("Money", "MoneyAttributeMetadata"),
        Kind::Double => ("Double", "DoubleAttributeMetadata"),
        Kind::Boolean => ("Boolean", "BooleanAttributeMetadata"),
        Kind::Picklist => ("Picklist", "PicklistAttributeMetadata"),
        Kind::MultiSelectPicklist => ("Virtual", "MultiSelectPicklistAttributeMetadata"),
        Kind::State => ("State", "StateAttributeMetadata"),
        Kind::Status => ("Status", "StatusAttributeMetadata"),
        Kind::DateTime | Kind::DateOnly | Kind::TimeZoneIndependent => {
            ("DateTime", "DateTimeAttributeMetadata")
        }
        Kind::Uniqueidentifier => ("Uniqueidentifier", "UniqueIdentifierAttributeMetadata"),
        Kind::Lookup => ("Lookup", "LookupAttributeMetadata"),
        Kind::Customer => ("Customer", "LookupAttributeMetadata"),
        Kind::Owner => ("Owner", "LookupAttributeMetadata"),
    }
}

/// A column's definition.
pub fn column(data: &Data, table: &Table, at: u16) -> Value {
    let column = table.column(at);
    let (kind, class) = type_names(column);
    let display = class.trim_end_matches("AttributeMetadata");
    let type_name = match kind {
        "Virtual" | "DateTime" => format!("{display}Type"),
        other => format!("{other}Type"),
    };
    let primary = at == table.id_column;
    let mut value = json!({
        "@odata.type": format!("#Microsoft.Dynamics.CRM.{class}"),
        "MetadataId": column_id(table, at),
        "LogicalName": column.name,
        "SchemaName": column.schema_name,
        "EntityLogicalName": table.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": type_name},
        "AttributeOf": null,
        "DisplayName": label(&column.label),
        "Description": label(&column.label),
        "RequiredLevel": managed(column.required.clone(), "canmodifyrequirementlevelsettings"),
        "IsValidForCreate": column.create,
        "IsValidForUpdate": column.update,
        "IsValidForRead": true,
        "IsCustomAttribute": column.custom,
        "IsLogical": column.derived.is_some(),
        "IsPrimaryId": primary,
        "IsPrimaryName": table.name_column == Some(at),
        "IsManaged": !column.custom,
        "IsSecured": false,
        "SourceType": if column.derived.is_some() { Value::Null } else { json!(0) },
        "ColumnNumber": at + 1,
        "IsFilterable": true,
        "IsSearchable": true,
        "IsValidODataAttribute": true,
    });
    if let Some(members) = value.as_object_mut() {
        details::add(data, column, members);
    }
    value
}

/// A shared option set.
pub fn option_set(name: &str, choices: &[Choice]) -> Value {
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.OptionSetMetadata",
        "MetadataId": metadata_id(name),
        "Name": name,
        "DisplayName": label(name),
        "IsGlobal": true,
        "IsCustomOptionSet": true,
        "OptionSetType": "Picklist",
        "Options": choices.iter().map(option).collect::<Vec<_>>(),
    })
}

/// One choice.
pub fn option(choice: &Choice) -> Value {
    let mut value = json!({
        "Value": choice.value,
        "Label": label(&choice.label),
        "Description": {"LocalizedLabels": [], "UserLocalizedLabel": null},
        "Color": null,
        "IsManaged": true,
        "ExternalValue": "",
        "MetadataId": null,
        "HasChanged": null,
    });
    if let Some(state) = choice.state {
        value["State"] = state.into();
    }
    value
}

/// An alternate key.
pub fn key(table: &Table, key: &Key) -> Value {
    let names: Vec<&str> = key
        .columns
        .iter()
        .map(|at| table.column(*at).name.as_str())
        .collect();
    json!({
        "MetadataId": metadata_id(&format!("{}#{}", table.name, key.name)),
        "LogicalName": key.name,
        "SchemaName": key.name,
        "EntityLogicalName": table.name,
        "DisplayName": label(&key.label),
        "KeyAttributes": names,
        "EntityKeyIndexStatus": "Active",
        "IsManaged": false,
        "IsSecondaryKey": false,
    })
}

/// The lookups of a table.
pub fn many_to_one(data: &Data, table: &Table) -> Vec<Value> {
    let mut all = Vec::new();
    for column in table.columns.iter().filter(|column| column.is_lookup()) {
        for (at, target) in column.targets.iter().enumerate() {
            all.push(relationship(table, column, data.schema.table(*target), at));
        }
    }
    all
}

fn relationship(table: &Table, column: &Column, target: &Table, at: usize) -> Value {
    let name = column.relationships.get(at).map_or("", String::as_str);
    let navigation = column.navigations.get(at).or(column.navigations.first());
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "MetadataId": metadata_id(name),
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "ReferencingEntity": table.name,
        "ReferencingAttribute": column.name,
        "ReferencingEntityNavigationPropertyName": navigation,
        "ReferencedEntity": target.name,
        "ReferencedAttribute": target.column(target.id_column).name,
        "ReferencedEntityNavigationPropertyName": name,
        "IsCustomRelationship": column.custom,
        "IsManaged": !column.custom,
        "CascadeConfiguration": {
            "Assign": "NoCascade", "Delete": column.on_delete.name(), "Merge": "NoCascade",
            "Reparent": "NoCascade", "Share": "NoCascade", "Unshare": "NoCascade",
        },
    })
}

/// The lookups at a table.
pub fn one_to_many(data: &Data, table: &Table) -> Vec<Value> {
    let incoming = &data.schema.incoming[usize::from(table.number)];
    let one = |incoming: &super::schema::Incoming| {
        let other = data.schema.table(incoming.table);
        let column = other.column(incoming.column);
        let at = column
            .targets
            .iter()
            .position(|t| *t == table.number)
            .unwrap_or_default();
        relationship(other, column, table, at)
    };
    incoming.iter().map(one).collect()
}

/// The many-to-many relationships of a table.
pub fn many_to_many(data: &Data, table: &Table) -> Vec<Value> {
    let mut all = Vec::new();
    for through in &data.schema.tables {
        let Some(ends) = &through.intersect else {
            continue;
        };
        if ends.first != table.number && ends.second != table.number {
            continue;
        }
        all.push(json!({
            "@odata.type": "#Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
            "MetadataId": metadata_id(&ends.relationship),
            "SchemaName": ends.relationship,
            "RelationshipType": "ManyToManyRelationship",
            "IntersectEntityName": through.name,
            "Entity1LogicalName": data.schema.table(ends.first).name,
            "Entity1IntersectAttribute": through.column(ends.first_column).name,
            "Entity1NavigationPropertyName": ends.relationship,
            "Entity2LogicalName": data.schema.table(ends.second).name,
            "Entity2IntersectAttribute": through.column(ends.second_column).name,
            "Entity2NavigationPropertyName": ends.relationship,
        }));
    }
    all
}
