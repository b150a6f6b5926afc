//! `describe.json` of an object, and the browsing of its schema fields.

use serde_json::{Value as Json, json};

use super::{Object, What};
use crate::sandbox::marketo::schema::Field;
use crate::sandbox::marketo::value::stamp;

/// When the objects that every instance has were made.
const BORN: i64 = 1_600_000_000;

/// A field as describe shows it; key fields are set at creation only.
pub(crate) fn field(object: &Object, slot: u16, field: &Field) -> Json {
    let updateable = !field.read_only && !object.key.contains(&slot);
    let mut element = json!({
        "name": field.name, "displayName": field.label, "dataType": field.kind.word(),
        "updateable": updateable, "crmManaged": false,
    });
    if let (Some(length), Some(members)) = (field.length, element.as_object_mut()) {
        members.insert("length".to_owned(), length.into());
    }
    element
}

/// The relationships of an object: where its links point to.
pub(crate) fn relationships(object: &Object) -> Vec<Json> {
    let links = object.links.iter().filter_map(|link| {
        let name = &object.table.schema.field(link.slot)?.name;
        Some(json!({"field": name, "type": "child",
                    "relatedTo": {"name": link.to, "field": link.field}}))
    });
    let standard: &[(&str, &str, &str)] = match object.what {
        What::Role => &[
            ("leadId", "Lead", "id"),
            (
                "externalOpportunityId",
                "Opportunity",
                "externalOpportunityId",
            ),
        ],
        What::Opportunity => &[
            ("externalCompanyId", "Company", "externalCompanyId"),
            (
                "externalSalesPersonId",
                "SalesPerson",
                "externalSalesPersonId",
            ),
        ],
        _ => &[],
    };
    let standard = standard.iter().map(|(field, to, at)| {
        json!({"field": field, "type": "child", "relatedTo": {"name": to, "field": at}})
    });
    standard.chain(links).collect()
}

/// The one element of `describe.json`.
pub(crate) fn element(object: &Object) -> Json {
    let fields: Vec<Json> = object
        .table
        .schema
        .iter()
        .filter(|(_, one)| !one.gone)
        .map(|(slot, one)| field(object, slot, one))
        .collect();
    json!({
        "name": object.name, "displayName": object.label, "description": object.label,
        "createdAt": stamp(BORN), "updatedAt": stamp(BORN), "idField": object.id_field,
        "dedupeFields": object.key_names(), "searchableFields": object.searchable,
        "relationships": relationships(object), "fields": fields,
    })
}
