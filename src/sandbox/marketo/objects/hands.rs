//! What a marketer sees and does with the records of an object, for tests and demos.

use serde_json::{Map, Value as Json};

use super::read;
use crate::sandbox::marketo::Instance;
use crate::sandbox::marketo::leads::write::checked;
use crate::sandbox::marketo::schema::Field;
use crate::sandbox::marketo::table::Edit;
use crate::sandbox::marketo::value::Kind;

/// How people are named where their fields are changed.
const PEOPLE: &str = "leads";

/// What an administrator does to a field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldChange {
    /// A new yes-or-no field.
    AddFlag,
    /// It is taken off the object.
    Remove,
    /// It is put back, with the values it had.
    Restore,
    /// It takes so many characters from now on.
    Length(usize),
    /// Whether it may be written.
    Writable(bool),
}

impl Instance {
    /// Changes a field of an object, or (`leads`) of people. False when there is no such object or field.
    pub fn change_field(&self, named: &str, name: &str, change: FieldChange) -> bool {
        let mut state = self.state();
        let state = &mut *state;
        let object = state.objects.get_mut(named).map(|object| &mut object.table);
        let people = Some(&mut state.people).filter(|_| named == PEOPLE);
        let Some(table) = object.or(people) else {
            return false;
        };
        let schema = &mut table.schema;
        match change {
            FieldChange::AddFlag => {
                let field = Field::standard(schema.next_id(), name, name, Kind::Boolean);
                schema.add(field);
                return true;
            }
            FieldChange::Restore => return schema.restore(name),
            FieldChange::Remove => {
                let known = schema.slot(name).is_some();
                schema.retain(|field| field.name != name && !field.gone);
                return known;
            }
            FieldChange::Length(_) | FieldChange::Writable(_) => {}
        }
        let slot = schema.slot(name);
        let Some(field) = slot.and_then(|slot| schema.field_mut(slot)) else {
            return false;
        };
        match change {
            FieldChange::Length(length) => field.length = Some(length),
            FieldChange::Writable(writable) => field.read_only = !writable,
            _ => {}
        }
        true
    }

    /// All records of an object (`companies`, `opportunities/roles`, `customobjects/{name in lower case}`), their filled
    /// fields by REST name, oldest first.
    pub fn records(&self, object: &str) -> Vec<Map<String, Json>> {
        let state = self.state();
        let Some(object) = state.objects.get(object) else {
            return Vec::new();
        };
        let show = |id: i64| {
            let fields = object.table.schema.iter();
            let values = fields.map(|(slot, field)| {
                let value = read::value(object, id, slot, field);
                (field.name.clone(), value)
            });
            values.filter(|(_, value)| !value.is_null()).collect()
        };
        object.table.iter().map(|(id, _)| show(id)).collect()
    }

    /// Edits the records whose field `key` is `value`, as somebody within the product does. How many there were.
    pub fn edit_records(
        &self,
        object: &str,
        (key, value): (&str, &str),
        fields: &[(&str, Json)],
    ) -> usize {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let zone = state.options.zone_hours;
        let Some(object) = state.objects.get_mut(object) else {
            return 0;
        };
        let Some(slot) = object.table.schema.slot(key) else {
            return 0;
        };
        let edits: Vec<Edit> = fields
            .iter()
            .filter_map(|(name, json)| {
                let slot = object.table.schema.slot(name)?;
                let field = object.table.schema.field(slot)?;
                Some((slot, checked(field, json, zone).ok()?))
            })
            .collect();
        let found = object.table.find(slot, value);
        for id in &found {
            object.table.edit(*id, &edits, now_ms);
        }
        found.len()
    }
}
