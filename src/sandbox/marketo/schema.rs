//! The fields of one object: names, types, lengths, and where each value comes from.

use std::collections::HashMap;

use super::value::Kind;

/// Where the value of a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The record's own cells.
    Stored,
    /// The record's number.
    Id,
    Created,
    Updated,
    /// Composed of the names.
    FullName,
    Partition,
    /// The company's when the person belongs to one made by a CRM, else the person's own.
    Company,
}

/// One field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The number that activities name it by.
    pub id: u32,
    pub name: String,
    pub label: String,
    pub kind: Kind,
    pub length: Option<usize>,
    pub origin: Origin,
    pub read_only: bool,
    pub custom: bool,
    pub api_created: bool,
    pub hidden: bool,
    pub html_encoded: bool,
    pub sensitive: bool,
    /// Deleted from its object.
    pub gone: bool,
    pub description: Option<String>,
}

impl Field {
    /// A stored, writable standard field of the usual length.
    pub(crate) fn standard(id: u32, name: &str, label: &str, kind: Kind) -> Self {
        Self {
            id,
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            length: kind.usual_length(),
            origin: Origin::Stored,
            read_only: false,
            custom: false,
            api_created: false,
            hidden: false,
            html_encoded: true,
            sensitive: false,
            gone: false,
            description: None,
        }
    }
}

/// All fields of one object; a field's place ("slot") never changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    fields: Vec<Field>,
    by_name: HashMap<String, u16>,
}

impl Schema {
    pub(crate) fn of(fields: Vec<Field>) -> Self {
        let mut schema = Self::default();
        for field in fields {
            schema.add(field);
        }
        schema
    }

    pub(crate) fn add(&mut self, field: Field) -> u16 {
        let slot = self.fields.len() as u16;
        self.by_name.insert(field.name.clone(), slot);
        self.fields.push(field);
        slot
    }

    pub(crate) fn slot(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn field(&self, slot: u16) -> Option<&Field> {
        self.fields.get(usize::from(slot))
    }

    pub(crate) fn field_mut(&mut self, slot: u16) -> Option<&mut Field> {
        self.fields.get_mut(usize::from(slot))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Field> {
        self.slot(name).and_then(|slot| self.field(slot))
    }

    /// Every field with its slot, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .map(|(slot, field)| (slot as u16, field))
    }

    /// Forgets the names of fields that are no longer there; their slots stay.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Field) -> bool) {
        let fields = &mut self.fields;
        self.by_name.retain(|_, slot| {
            let field = &mut fields[usize::from(*slot)];
            let kept = keep(field);
            field.gone = !kept;
            kept
        });
    }

    /// Brings a field back that was deleted from its object, with the values it had.
    pub(crate) fn restore(&mut self, name: &str) -> bool {
        let gone = |field: &Field| field.gone && field.name == name;
        let Some(slot) = self.fields.iter().position(gone) else {
            return false;
        };
        self.fields[slot].gone = false;
        self.by_name.insert(name.to_owned(), slot as u16);
        true
    }

    /// A field number not yet taken.
    pub(crate) fn next_id(&self) -> u32 {
        self.fields.iter().map(|field| field.id).max().unwrap_or(0) + 1
    }
}
