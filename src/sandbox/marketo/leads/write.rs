//! From the fields of a JSON record to edits of a person, with every check the vendor makes.

use serde_json::{Map, Value as Json};

use crate::sandbox::marketo::answer::Refusal;
use crate::sandbox::marketo::schema::{Field, Origin};
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::table::Edit;
use crate::sandbox::marketo::value::{self, Misfit};

/// The edits of a record. `id` is not among them. 1006 unknown field, 1003 wrong value or read-only
/// field, 1077 too long.
pub(crate) fn edits(state: &State, record: &Map<String, Json>) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::with_capacity(record.len());
    for (name, json) in record {
        let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
        let slot = state.people.schema.slot(name).ok_or_else(unknown)?;
        let Some(field) = state.people.schema.field(slot) else {
            continue;
        };
        if field.origin == Origin::Id {
            continue;
        }
        let stored = matches!(field.origin, Origin::Stored | Origin::Company);
        if field.read_only || !stored {
            return Err(Refusal::new(
                1003,
                format!("Field '{name}' is not updateable"),
            ));
        }
        edits.push((slot, checked(field, json, state.options.zone_hours)?));
    }
    Ok(edits)
}

/// A value checked against its field.
pub(crate) fn checked(
    field: &Field,
    json: &Json,
    zone_hours: i32,
) -> Result<Option<value::Value>, Refusal> {
    value::read(field.kind, field.length, json, zone_hours).map_err(|misfit| {
        let name = &field.name;
        match misfit {
            Misfit::Invalid => {
                let shown = json
                    .as_str()
                    .map_or_else(|| json.to_string(), str::to_owned);
                Refusal::new(
                    1003,
                    format!("Invalid value for field '{name}' and value '{shown}'"),
                )
            }
            Misfit::TooLong => {
                Refusal::new(1077, format!("Value for field '{name}' exceeds max length"))
            }
        }
    })
}

/// Checks that need to know the person: company fields of a member of a CRM company (1021), and an
/// external company that would be emptied (1003).
pub(crate) fn check_company(
    state: &State,
    person: Option<i64>,
    edits: &[Edit],
) -> Result<(), Refusal> {
    let slot = state.slots.external_company;
    let before = person.and_then(|id| state.people.value(id, slot));
    let edit = edits
        .iter()
        .rev()
        .find(|(at, _)| *at == slot)
        .map(|(_, value)| value);
    if before.is_some() && edit == Some(&None) {
        let text = "Invalid value for field 'externalCompanyId' and value 'null'";
        return Err(Refusal::new(1003, text));
    }
    let belongs = match edit {
        Some(value) => value.is_some(),
        None => before.is_some(),
    };
    let touches = edits.iter().any(|(at, _)| {
        state
            .people
            .schema
            .field(*at)
            .is_some_and(|field| field.origin == Origin::Company)
    });
    if belongs && touches {
        let text = "Company update not allowed during sync of a lead";
        return Err(Refusal::new(1021, text));
    }
    Ok(())
}
