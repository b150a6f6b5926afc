//! The fields of ours on a Marketo person: which Dynamics row it is, of which organisation.
//!
//! Marketo's own set-up guide for Dynamics without the native connector uses the row's GUID as key; a custom string
//! field may serve as `filterType` and `lookupField`.

use uuid::Uuid;

use crate::connectors::marketo::NewPersonField;
use crate::model::{Entity, FieldKind, Record, Value};

/// Holds the row's GUID: the key people are found and created by.
pub const DYNAMICS_ID: &str = "syncdeckDynamicsId";
/// Holds the row's entity: `lead` or `contact`.
pub const DYNAMICS_TYPE: &str = "syncdeckDynamicsType";
/// Holds the organisation's id, so that a copied or refreshed instance is recognised.
pub const ORGANIZATION: &str = "syncdeckOrganizationId";
/// Set when the row was deleted in Dynamics, as the native connector's "Microsoft is Deleted".
pub const DELETED: &str = "syncdeckIsDeleted";

/// All of them.
pub const ALL: [&str; 4] = [DYNAMICS_ID, DYNAMICS_TYPE, ORGANIZATION, DELETED];

/// What Marketo is asked to create when they are missing.
pub(super) fn definitions() -> Vec<NewPersonField> {
    let field = |name: &str, label: &str, kind, description: &str| NewPersonField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        description: description.to_owned(),
    };
    vec![
        field(
            DYNAMICS_ID,
            "syncdeck Dynamics Id",
            FieldKind::Text,
            "GUID of the linked Dynamics row. Written by syncdeck.",
        ),
        field(
            DYNAMICS_TYPE,
            "syncdeck Dynamics Type",
            FieldKind::Text,
            "lead or contact. Written by syncdeck.",
        ),
        field(
            ORGANIZATION,
            "syncdeck Organization Id",
            FieldKind::Text,
            "Dynamics organisation of the linked row. Written by syncdeck.",
        ),
        field(
            DELETED,
            "syncdeck Is Deleted",
            FieldKind::Boolean,
            "The linked Dynamics row was deleted. Written by syncdeck.",
        ),
    ]
}

/// The stamp of a new or adopted person.
pub(super) fn values(row: Uuid, entity: &Entity, organization: Uuid) -> Vec<(String, Value)> {
    vec![
        (DYNAMICS_ID.to_owned(), Value::Text(row.to_string())),
        (
            DYNAMICS_TYPE.to_owned(),
            Value::Text(entity.name().to_owned()),
        ),
        (
            ORGANIZATION.to_owned(),
            Value::Text(organization.to_string()),
        ),
    ]
}

/// The row a person is stamped with, if any.
pub(super) fn row_of(person: &Record) -> Option<Uuid> {
    guid(person, DYNAMICS_ID)
}

/// The organisation a person is stamped with, if any.
pub(super) fn organization_of(person: &Record) -> Option<Uuid> {
    guid(person, ORGANIZATION)
}

/// The entity a person is stamped with, if any.
pub(super) fn entity_of(person: &Record) -> Option<Entity> {
    person.get(DYNAMICS_TYPE).as_text().map(Entity::named)
}

fn guid(person: &Record, field: &str) -> Option<Uuid> {
    person
        .get(field)
        .as_text()
        .and_then(|text| text.trim().parse().ok())
}
