//! Companies, sales persons, opportunities, roles, named accounts and custom objects: one pattern of
//! describe, query, sync and delete, with the rules of each.

pub(crate) mod describe;
mod hands;
pub(crate) mod read;
pub(crate) mod rules;
pub(crate) mod write;

pub use hands::FieldChange;

use super::answer::Refusal;
use super::schema::Schema;
use super::state::State;
use super::table::Table;

/// The number of the first record of an object with integer ids.
const FIRST_RECORD: i64 = 9001;

/// Which object, for its own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Company,
    SalesPerson,
    Opportunity,
    Role,
    NamedAccount,
    Custom,
}

/// A field of a custom object that points to another record.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub slot: u16,
    /// `Lead`, `Company` or the name of a custom object.
    pub to: String,
    /// The field of the target that is pointed to.
    pub field: String,
}

/// One object and its records.
pub(crate) struct Object {
    pub what: What,
    pub name: String,
    pub label: String,
    pub table: Table,
    /// `id` or `marketoGUID`.
    pub id_field: &'static str,
    /// Slots of the key.
    pub key: Vec<u16>,
    /// Fields, alone or together, that can be filtered by.
    pub searchable: Vec<Vec<String>>,
    pub links: Vec<Link>,
}

impl Object {
    pub(crate) fn new(
        what: What,
        name: &str,
        label: &str,
        schema: Schema,
        keys: &[String],
    ) -> Self {
        let id_field = if matches!(what, What::Company | What::SalesPerson) {
            "id"
        } else {
            "marketoGUID"
        };
        let key = keys.iter().filter_map(|name| schema.slot(name)).collect();
        let mut object = Self {
            what,
            name: name.to_owned(),
            label: label.to_owned(),
            table: Table::new(schema, FIRST_RECORD),
            id_field,
            key,
            searchable: Vec::new(),
            links: Vec::new(),
        };
        object.index();
        object
    }

    /// Indexes the key and the id.
    pub(crate) fn index(&mut self) {
        let id = self.table.schema.slot(self.id_field);
        let slots: Vec<u16> = self.key.iter().copied().chain(id).collect();
        for slot in slots {
            self.table.build_index(slot);
        }
    }

    /// The names of the key fields.
    pub(crate) fn key_names(&self) -> Vec<&str> {
        let fields = self
            .key
            .iter()
            .filter_map(|slot| self.table.schema.field(*slot));
        fields.map(|field| field.name.as_str()).collect()
    }

    /// The records whose fields hold these texts, all of them.
    pub(crate) fn find_all(&mut self, parts: &[(u16, String)]) -> Vec<i64> {
        let Some(((slot, text), rest)) = parts.split_first() else {
            return Vec::new();
        };
        let mut found = self.table.find(*slot, text);
        for (slot, text) in rest {
            let also = self.table.lookup(*slot, text);
            found.retain(|id| also.binary_search(id).is_ok());
        }
        found
    }
}

/// Works on one object with the rest of the instance beside it.
pub(crate) fn with<T>(
    state: &mut State,
    key: &str,
    work: impl FnOnce(&mut State, &mut Object) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut object = state.objects.remove(key).ok_or_else(Refusal::not_found)?;
    let outcome = work(state, &mut object);
    state.objects.insert(key.to_owned(), object);
    outcome
}
