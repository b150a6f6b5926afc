//! What a marketer sees and does with the records of an object, for tests and demos.

use serde_json::{Map, Value as Json};

use super::read;
use crate::sandbox::marketo::Instance;
use crate::sandbox::marketo::leads::write::checked;
use crate::sandbox::marketo::table::Edit;

impl Instance {
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
