//! Match rules beyond the e-mail address: who has the same values in all fields of a rule.

use std::collections::HashMap;

use uuid::Uuid;

use super::context::Context;
use super::error::EngineError;
use super::gather::people;
use super::lane::Lane;
use super::snapshot::NewsKind;
use crate::connectors::Trouble;
use crate::mapping::CheckedField;
use crate::model::{MarketoId, Record, Side, Value};

/// Who matches each row by the first of the lane's rules that finds anybody; e-mail alone is looked up beside this.
pub(super) async fn ruled(
    context: &Context,
    lane: &Lane,
    rows: &[&Record],
    known: &mut HashMap<MarketoId, Record>,
) -> Result<HashMap<Uuid, Vec<MarketoId>>, EngineError> {
    let mut found: HashMap<Uuid, Vec<MarketoId>> = HashMap::new();
    if lane.matches_by_email_alone() {
        return Ok(found);
    }
    for rule in &lane.settings.rules.matching {
        let fields = rule.fields.iter().map(|name| lane.map.field(name));
        let Some(fields) = fields.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let Some(first) = fields.first() else {
            continue;
        };
        let meant = |row: &Record| -> Vec<Value> {
            let of = |field: &&CheckedField| {
                field.canonical(Side::Dynamics, row.get(&field.map.dynamics))
            };
            fields.iter().map(of).collect()
        };
        let open = rows.iter().filter_map(|row| {
            let id = row.key.dynamics()?;
            let values = meant(row);
            let usable = !found.contains_key(&id) && values.iter().all(|one| !one.is_null());
            usable.then_some((id, values))
        });
        let open: Vec<(Uuid, Vec<Value>)> = open.collect();
        let asked: Vec<String> = open
            .iter()
            .filter_map(|(_, values)| first.to_side(Side::Marketo, &values[0]).ok())
            .map(|value| value.to_string())
            .filter(|text| text.is_ascii() && !text.contains(','))
            .collect();
        let Some(read) = ask(context, lane, &first.map.marketo, asked).await? else {
            continue;
        };
        for (id, values) in open {
            let same = |person: &Record| {
                fields.iter().zip(&values).all(|(field, value)| {
                    field.canonical(Side::Marketo, person.get(&field.map.marketo)) == *value
                })
            };
            let people: Vec<MarketoId> = read
                .iter()
                .filter(|(_, person)| same(person))
                .map(|(person, _)| *person)
                .collect();
            if !people.is_empty() {
                found.insert(id, people);
            }
        }
        known.extend(read);
    }
    Ok(found)
}

/// People by one of their fields. Marketo searches by few of its standard fields (1011): none then, and it is said so.
async fn ask(
    context: &Context,
    lane: &Lane,
    field: &str,
    mut values: Vec<String>,
) -> Result<Option<HashMap<MarketoId, Record>>, EngineError> {
    values.sort_unstable();
    values.dedup();
    match people(context, lane, field, &values).await {
        Ok(read) => Ok(Some(read)),
        Err(EngineError::Connector(error)) if error.trouble == Trouble::Refused => {
            let text = format!("a match rule that starts with {field} is passed over: {error}");
            context
                .progress
                .tell(NewsKind::Trouble, Some(lane.entity()), text);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
