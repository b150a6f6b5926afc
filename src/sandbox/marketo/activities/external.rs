//! Adding activities of custom types.

use serde_json::{Map, Value as Json, json};

use super::custom::Version;
use super::log::Other;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::{Call, id_of};
use crate::sandbox::marketo::state::{Hand, State};
use crate::sandbox::marketo::value;

/// Most bytes of one activity's attributes.
const ATTRIBUTE_BYTES: usize = 65_536;

/// `POST activities/external.json`: skipped ones carry `errors`, not `reasons`. There is no key:
/// the same record sent again makes a second activity.
pub(crate) fn add(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("addCustomActivities", call.number, call.now_ms);
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        rows.push(match add_one(state, record, hand) {
            Ok(id) => json!({"id": id, "marketoGUID": id.to_string(), "status": "added"}),
            Err(refusal) => json!({"status": "skipped", "errors": [refusal.json()]}),
        });
    }
    Ok(Answer::result(rows))
}

fn add_one(state: &mut State, record: &Json, hand: Hand) -> Result<i64, Refusal> {
    let number = |name: &str| {
        record
            .get(name)
            .and_then(id_of)
            .ok_or_else(|| Refusal::missing(name))
    };
    let text = |name: &str| {
        record
            .get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| Refusal::missing(name))
    };
    let (lead, kind) = (number("leadId")?, number("activityTypeId")?);
    let date = text("activityDate")?;
    let bad = || {
        Refusal::new(
            1003,
            format!("Invalid value for field 'activityDate' and value '{date}'"),
        )
    };
    let seconds = value::instant(date, state.options.zone_hours).ok_or_else(bad)?;
    if state.people.row(lead).is_none() {
        return Err(Refusal::lead_not_found());
    }
    let known = state
        .custom_activities
        .iter()
        .find(|custom| i64::from(custom.id) == kind);
    let unknown = || Refusal::new(1013, format!("Activity type '{kind}' not found"));
    let version = known
        .and_then(|custom| custom.approved.as_ref())
        .ok_or_else(unknown)?;
    let attributes = attributes(version, record)?;
    let primary = text("primaryAttributeValue")?.to_owned();
    let other = Other {
        primary_id: 0,
        primary,
        attributes,
    };
    let id = state.log_other(hand, lead, kind as u32, other);
    state.log.redate(id, seconds * 1000);
    Ok(id)
}

/// The attributes of a record under their display names.
fn attributes(version: &Version, record: &Json) -> Result<Vec<(String, String)>, Refusal> {
    let given = record.get("attributes").and_then(Json::as_array);
    let mut attributes = Vec::new();
    for attribute in given.into_iter().flatten() {
        let name = attribute["apiName"]
            .as_str()
            .or_else(|| attribute["name"].as_str());
        let name = name.unwrap_or_default();
        let fits = |known: &&Map<String, Json>| {
            ["apiName", "name"]
                .iter()
                .any(|at| known.get(*at).and_then(Json::as_str) == Some(name))
        };
        let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
        let known = version.attributes.iter().find(fits).ok_or_else(unknown)?;
        let label = known
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or(name)
            .to_owned();
        let value = &attribute["value"];
        attributes.push((
            label,
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        ));
    }
    if attributes
        .iter()
        .map(|(_, value)| value.len())
        .sum::<usize>()
        > ATTRIBUTE_BYTES
    {
        return Err(Refusal::new(1049, "Activity attributes are too long"));
    }
    Ok(attributes)
}
