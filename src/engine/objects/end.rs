//! The Marketo end of a one-way entity: which object, and what its key is made of.

use std::collections::BTreeMap;

use crate::connectors::dynamics::Table;
use crate::connectors::marketo::Object;
use crate::engine::scope::Scope;
use crate::mapping::CheckedField;
use crate::model::{Entity, Fields, ParentPath, Record, RecordKey, Refusal, Side, Value};
use crate::store::Base;

/// The field of our custom objects that holds the row's GUID.
pub const ROW_ID: &str = "dynamicsId";

/// The Marketo end of a one-way entity.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ObjectEnd {
    /// The object that is written.
    pub(in crate::engine) object: Object,
    /// The fields that together are its key, in the order they are sent. One: the row's GUID. Several: worked out, and
    /// kept beside the mapped values in the base.
    pub(in crate::engine) keys: Vec<String>,
    /// Columns that are read without being mapped.
    pub(in crate::engine) columns: Vec<String>,
    /// What a role's name is on its way to Marketo, where the map says so.
    pub(super) name: Option<CheckedField>,
    /// Other tables that have to be read for it, by logical name.
    pub(super) tables: BTreeMap<String, Table>,
    /// What becomes of a record whose row was deleted.
    pub(super) deleted: Deleted,
    /// Whether the object has a field for our mark that its row is gone.
    pub(super) can_flag: bool,
    /// The way to whom a custom entity's rows belong.
    pub(in crate::engine) path: Option<ParentPath>,
    /// Tables on the way to whom a row belongs, and the column that leads on: followed by feeds of their own.
    pub(super) between: Vec<(String, String)>,
    /// What keeps the rows out of scope that roles belong to.
    pub(super) outside: Vec<(Table, Scope)>,
    /// The entities whose roles go before an opportunity does.
    pub(super) roles: Vec<Entity>,
    /// What the roles of an account's contacts are called; none where they are to go.
    pub(super) members: Option<String>,
    /// Columns that name rows which have to be in Marketo first.
    pub(super) needs: Vec<(String, Entity)>,
}

/// What becomes of a record whose row was deleted in Dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    /// It stays, and is no longer kept in step: people may still belong to it.
    Kept,
    /// It is deleted, too.
    Removed,
    /// It is flagged in a field of ours.
    Flagged,
    /// The admin is asked, record by record.
    Asked,
}

impl ObjectEnd {
    /// The object an entity map names.
    pub(super) fn named(object: &str) -> Self {
        let (object, keys): (_, &[&str]) = match object {
            "company" => (Object::Company, &["externalCompanyId"]),
            "salesperson" => (Object::SalesPerson, &["externalSalesPersonId"]),
            "opportunity" => (Object::Opportunity, &["externalOpportunityId"]),
            "role" => (Object::Role, &["externalOpportunityId", "leadId", "role"]),
            custom => (Object::Custom(custom.to_owned()), &[ROW_ID]),
        };
        Self {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            columns: Vec::new(),
            name: None,
            tables: BTreeMap::new(),
            deleted: Deleted::Kept,
            can_flag: false,
            path: None,
            members: None,
            needs: Vec::new(),
            between: Vec::new(),
            outside: Vec::new(),
            roles: Vec::new(),
            object,
        }
    }

    /// Whether the key is the row's GUID alone.
    pub(in crate::engine) fn is_keyed_by_row(&self) -> bool {
        self.keys.len() == 1
    }

    /// Whether something that is written is worked out from more than the row's mapped columns.
    pub(in crate::engine) fn is_worked_out(&self) -> bool {
        !self.is_keyed_by_row() || self.path.is_some()
    }

    /// The key of a row: its GUID, or what was worked out under the names of the key's fields. None while a part is
    /// not known.
    pub(super) fn key_of(&self, row: &Record) -> Option<Vec<(String, Value)>> {
        if self.is_keyed_by_row() {
            return Some(self.key_by_row(row.key));
        }
        self.key_in(&row.fields)
    }

    /// Why the name that is part of a row's key is none Marketo takes.
    pub(super) fn refused(&self, row: &Record) -> Option<(Side, String, Refusal)> {
        let field = self.name.as_ref()?;
        let raw = row.fields.get(&field.map.dynamics)?;
        let refusal = field.convert(Side::Dynamics, raw).err()?;
        Some((Side::Marketo, field.map.name.clone(), refusal))
    }

    /// The key of a row by its GUID alone.
    pub(super) fn key_by_row(&self, row: RecordKey) -> Vec<(String, Value)> {
        let keys = self.keys.iter();
        keys.map(|key| (key.clone(), Value::Text(row.to_string())))
            .collect()
    }

    /// The key a record was last written under.
    pub(super) fn key_in_base(&self, base: &Base) -> Option<Vec<(String, Value)>> {
        self.key_in(base)
    }

    fn key_in(&self, values: &Fields) -> Option<Vec<(String, Value)>> {
        let part = |key: &String| {
            let value = values.get(key).filter(|value| !value.is_null())?;
            Some((key.clone(), value.clone()))
        };
        self.keys.iter().map(part).collect()
    }
}
