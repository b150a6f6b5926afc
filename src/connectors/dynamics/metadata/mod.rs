//! Reads a table's metadata: its definition, its columns, what only their types tell, its
//! relationships.

mod build;
mod wire;

use std::collections::{BTreeSet, HashMap};

use futures_util::future::{try_join_all, try_join3};
use serde::de::DeserializeOwned;

use super::call::{Ask, Caller, Malformed};
use super::query::Origin;
use super::table::Table;
use crate::connectors::ConnectorError;
use build::Documents;
use wire::{Attribute, Details, Entity, List, Relationship, SetName};

/// What has to be asked of each type (`AttributeType`, cast, properties, expansion); the rest say
/// it all.
const CASTS: [(&str, &str, &str); 13] = [
    ("String", "StringAttributeMetadata", "MaxLength,FormatName"),
    ("Memo", "MemoAttributeMetadata", "MaxLength"),
    ("Decimal", "DecimalAttributeMetadata", "Precision"),
    ("Money", "MoneyAttributeMetadata", "Precision"),
    ("Double", "DoubleAttributeMetadata", "Precision"),
    ("DateTime", "DateTimeAttributeMetadata", "DateTimeBehavior"),
    ("Lookup", "LookupAttributeMetadata", "Targets"),
    ("Picklist", "PicklistAttributeMetadata", ""),
    ("State", "StateAttributeMetadata", ""),
    ("Status", "StatusAttributeMetadata", ""),
    (
        "MultiSelectPicklist",
        "MultiSelectPicklistAttributeMetadata",
        "",
    ),
    ("Boolean", "BooleanAttributeMetadata", ""),
    // Customer and Owner columns are lookups to the cast, too.
    ("Customer", "LookupAttributeMetadata", "Targets"),
];

/// Everything about one table.
pub(super) async fn table(
    caller: &Caller,
    origin: &Origin,
    logical: &str,
) -> Result<Table, ConnectorError> {
    let at = |rest: &str| {
        let name: String = logical.chars().filter(|c| *c != '\'').collect();
        origin.api(&format!("EntityDefinitions(LogicalName='{name}'){rest}"))
    };
    let entity = at(
        "?$select=LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,\
         ChangeTrackingEnabled,IsOptimisticConcurrencyEnabled,DisplayName\
         &$expand=Keys($select=KeyAttributes,EntityKeyIndexStatus)",
    );
    let attributes = at(
        "/Attributes?$select=LogicalName,AttributeType,AttributeTypeName,RequiredLevel,\
         IsValidForCreate,IsValidForUpdate,IsValidForRead,AttributeOf,DisplayName",
    );
    let relationships = at(
        "/ManyToOneRelationships?$select=ReferencingAttribute,ReferencedEntity,\
         ReferencingEntityNavigationPropertyName",
    );
    let (entity, attributes, relationships) = try_join3(
        get::<Entity>(caller, entity),
        get::<List<Attribute>>(caller, attributes),
        get::<List<Relationship>>(caller, relationships),
    )
    .await?;
    let attributes = attributes.value;
    let casts = casts(&attributes).into_iter().map(|(cast, properties)| {
        let comma = if properties.is_empty() { "" } else { "," };
        let expand = if properties.is_empty() { expansion(cast) } else { "" };
        let url = at(&format!(
            "/Attributes/Microsoft.Dynamics.CRM.{cast}?$select=LogicalName{comma}{properties}{expand}"
        ));
        get::<List<Details>>(caller, url)
    });
    let details = try_join_all(casts).await?;
    let details = details.into_iter().flat_map(|list| list.value);
    let details: HashMap<_, _> = details.map(|d| (d.logical_name.clone(), d)).collect();
    Ok(build::table(&Documents {
        entity,
        attributes,
        details,
        relationships: relationships.value,
        sets: sets(caller, origin).await?,
    }))
}

/// Options live in the column's own set or in a shared one; yes/no columns only have their own.
fn expansion(cast: &str) -> &'static str {
    if cast == "BooleanAttributeMetadata" {
        "&$expand=OptionSet"
    } else {
        "&$expand=OptionSet,GlobalOptionSet"
    }
}

/// The casts this table's columns need, each once.
fn casts(attributes: &[Attribute]) -> BTreeSet<(&'static str, &'static str)> {
    let types: BTreeSet<_> = attributes.iter().map(build::type_of).collect();
    let needed = CASTS.iter().filter(|(name, _, _)| {
        types.contains(name) || (*name == "Lookup" && types.contains("Owner"))
    });
    needed
        .map(|(_, cast, properties)| (*cast, *properties))
        .collect()
}

/// The entity set of every table: lookups are bound by it.
async fn sets(caller: &Caller, origin: &Origin) -> Result<HashMap<String, String>, ConnectorError> {
    let url = origin.api("EntityDefinitions?$select=LogicalName,EntitySetName");
    let all = get::<List<SetName>>(caller, url).await?.value;
    let named = all
        .into_iter()
        .filter_map(|table| Some((table.logical_name, table.entity_set_name?)));
    Ok(named.collect())
}

/// A metadata document.
async fn get<T: DeserializeOwned>(caller: &Caller, url: String) -> Result<T, ConnectorError> {
    let understand = |body: &[u8]| {
        serde_json::from_slice(body)
            .map_err(|error| Malformed(format!("metadata cannot be read: {error}")))
    };
    caller.read(&Ask::get(url), understand).await
}
