//! Custom object types: drafts, approval, and the tables of approved ones.

pub(crate) mod lifecycle;
pub(crate) mod show;

use std::collections::BTreeMap;

use super::objects::{Link, Object, What};
use super::schema::{Field, Origin, Schema};
use super::state::State;
use super::value::Kind;

/// Longest text in a text field of a custom object, in characters.
const TEXT_CHARS: usize = 2000;

/// One field of a type as it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct CustomField {
    pub name: String,
    pub label: String,
    pub description: Option<String>,
    pub kind: Kind,
    pub is_key: bool,
    /// The target object and field of a link.
    pub link: Option<(String, String)>,
}

/// One type with its draft and its approved version.
#[derive(Clone, Debug)]
pub(crate) struct CustomType {
    pub name: String,
    pub label: String,
    pub plural: String,
    pub description: Option<String>,
    pub in_lead_detail: bool,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub draft: Option<Vec<CustomField>>,
    pub approved: Option<Vec<CustomField>>,
}

impl CustomType {
    /// `draft`, `approved` or `approvedWithDraft`.
    pub(crate) fn state(&self) -> &'static str {
        match (&self.approved, &self.draft) {
            (None, _) => "draft",
            (Some(_), None) => "approved",
            (Some(_), Some(_)) => "approvedWithDraft",
        }
    }
}

/// All types by name in lower case without the suffix `_c`.
pub(crate) type CustomTypes = BTreeMap<String, CustomType>;

/// The name a type is kept by: `crmAsset` and `crmAsset_c` are the same.
pub(crate) fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.strip_suffix("_c").map(str::to_owned).unwrap_or(lower)
}

/// The path of the object that holds the records of a type.
pub(crate) fn path(name: &str) -> String {
    format!("customobjects/{}", plain(name))
}

/// Makes the table of a freshly approved type, or brings the table of a changed one up to date.
pub(crate) fn publish(state: &mut State, name: &str) {
    let Some(custom) = state.custom.get(&plain(name)) else {
        return;
    };
    let Some(fields) = custom.approved.clone() else {
        return;
    };
    let path = path(name);
    if let Some(object) = state.objects.get_mut(&path) {
        for field in &fields {
            if object.table.schema.slot(&field.name).is_none() {
                let id = object.table.schema.next_id();
                object.table.schema.add(table_field(id, field));
            }
        }
        let kept = |name: &str| fields.iter().any(|field| field.name == name);
        object
            .table
            .schema
            .retain(|field| !field.custom || kept(&field.name));
        return;
    }
    let object = make(custom, &fields);
    state.objects.insert(path, object);
}

/// The fields of a type behind the three that every type has.
fn schema(fields: &[CustomField]) -> Schema {
    let mut schema = Schema::default();
    for (id, name, label, kind, origin) in [
        (
            1,
            "marketoGUID",
            "Marketo GUID",
            Kind::String,
            Origin::Stored,
        ),
        (
            2,
            "createdAt",
            "Created At",
            Kind::DateTime,
            Origin::Created,
        ),
        (
            3,
            "updatedAt",
            "Updated At",
            Kind::DateTime,
            Origin::Updated,
        ),
    ] {
        let mut field = Field::standard(id, name, label, kind);
        (field.origin, field.read_only) = (origin, true);
        schema.add(field);
    }
    for (at, field) in fields.iter().enumerate() {
        schema.add(table_field(at as u32 + 4, field));
    }
    schema
}

fn make(custom: &CustomType, fields: &[CustomField]) -> Object {
    let schema = schema(fields);
    let keys: Vec<String> = fields
        .iter()
        .filter(|field| field.is_key)
        .map(|field| field.name.clone())
        .collect();
    let slot = |name: &str| schema.slot(name).unwrap_or_default();
    let links: Vec<Link> = fields
        .iter()
        .filter_map(|field| {
            let (to, at) = field.link.clone()?;
            Some(Link {
                slot: slot(&field.name),
                to,
                field: at,
            })
        })
        .collect();
    let linked: Vec<String> = fields
        .iter()
        .filter(|field| field.link.is_some())
        .map(|f| f.name.clone())
        .collect();
    let name = format!("{}_c", custom.name);
    let mut object = Object::new(What::Custom, &name, &custom.label, schema, &keys);
    object.links = links;
    object.searchable.push(keys);
    object.searchable.push(vec!["marketoGUID".to_owned()]);
    object
        .searchable
        .extend(linked.into_iter().map(|name| vec![name]));
    object
}

fn table_field(id: u32, custom: &CustomField) -> Field {
    let mut field = Field::standard(id, &custom.name, &custom.label, custom.kind);
    field.custom = true;
    field.description.clone_from(&custom.description);
    if custom.kind == Kind::Text {
        field.length = Some(TEXT_CHARS);
    }
    field
}
