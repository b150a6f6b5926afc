//! The filter of an extract job: which records it takes, checked when the job is made.

use serde_json::{Map, Value as Json};

use super::Subject;
use crate::sandbox::marketo::answer::Refusal;
use crate::sandbox::marketo::call::id_of;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::value;

/// Longest span of a date filter.
const SPAN_DAYS: i64 = 31;

/// Which records a job takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Seconds, both ends inclusive.
    pub created: Option<(i64, i64)>,
    pub updated: Option<(i64, i64)>,
    pub list: Option<i64>,
    pub kinds: Vec<i64>,
    pub primary_ids: Vec<i64>,
    pub primary_values: Vec<String>,
}

fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(1003, text)
}

/// Reads `{"startAt":..,"endAt":..}`.
fn span(state: &State, name: &str, json: &Json) -> Result<(i64, i64), Refusal> {
    let moment = |end: &str| {
        let text = json.get(end).and_then(Json::as_str);
        text.map(|text| {
            let bad = || invalid(format!("Invalid value '{text}' for '{name}.{end}'"));
            value::instant(text, state.options.zone_hours).ok_or_else(bad)
        })
        .transpose()
    };
    let start = moment("startAt")?.ok_or_else(|| Refusal::missing(&format!("{name}.startAt")))?;
    let end = moment("endAt")?.unwrap_or(start + SPAN_DAYS * 86_400);
    if end < start || end - start > SPAN_DAYS * 86_400 {
        return Err(invalid(format!(
            "{name}: the date range must be at most {SPAN_DAYS} days"
        )));
    }
    Ok((start, end))
}

/// The id of the list that the filter names.
fn list(state: &State, filter: &Map<String, Json>) -> Result<Option<i64>, Refusal> {
    if let Some(id) = filter.get("staticListId") {
        let id = id_of(id).ok_or_else(|| invalid("Invalid value for 'staticListId'"))?;
        state.lists.get(id)?;
        return Ok(Some(id));
    }
    let Some(name) = filter.get("staticListName").and_then(Json::as_str) else {
        return Ok(None);
    };
    let found = state.lists.lists.iter().find(|(_, list)| list.name == name);
    let missing = || Refusal::new(1013, format!("List '{name}' not found"));
    found.map(|(id, _)| Some(*id)).ok_or_else(missing)
}

/// Exactly one kind of filter; smart lists are not offered.
fn check_types(subject: &Subject, filter: &Map<String, Json>) -> Result<(), Refusal> {
    let given = |names: &[&str]| {
        names
            .iter()
            .filter(|name| filter.contains_key(**name))
            .count()
    };
    if given(&["smartListId", "smartListName"]) > 0 {
        return Err(Refusal::new(
            1035,
            "Unsupported filter type for target subscription: smartList",
        ));
    }
    let dates = given(&["createdAt", "updatedAt"]);
    let lists = given(&["staticListId", "staticListName"]);
    let allowed = match subject {
        Subject::Activities => filter.contains_key("createdAt"),
        Subject::People => dates + lists == 1,
        Subject::Custom(_) => dates + lists == 1 && !filter.contains_key("createdAt"),
    };
    if !allowed {
        return Err(invalid("Exactly one filter type is required"));
    }
    Ok(())
}

/// Reads the filter of a job about `subject`.
pub(crate) fn read(
    state: &State,
    subject: &Subject,
    filter: Option<&Json>,
) -> Result<Filter, Refusal> {
    let empty = Map::new();
    let filter = filter.and_then(Json::as_object).unwrap_or(&empty);
    check_types(subject, filter)?;
    let at = |name: &str| {
        filter
            .get(name)
            .map(|json| span(state, name, json))
            .transpose()
    };
    let updated = at("updatedAt")?;
    if updated.is_some() && *subject == Subject::People && !state.options.updated_at_extract {
        return Err(Refusal::new(
            1035,
            "Unsupported filter type for target subscription: updatedAt",
        ));
    }
    let numbers = |name: &str| -> Vec<i64> {
        let list = filter.get(name).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(id_of).collect()
    };
    let texts = filter
        .get("primaryAttributeValues")
        .and_then(Json::as_array);
    let primary_values: Vec<String> = texts
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect();
    let kinds = numbers("activityTypeIds");
    let primary_ids = numbers("primaryAttributeValueIds");
    if kinds.contains(&37) {
        return Err(invalid("Activity type 37 cannot be exported"));
    }
    if !(primary_ids.is_empty() && primary_values.is_empty()) && kinds.len() != 1 {
        return Err(invalid(
            "primaryAttribute filters need exactly one activity type",
        ));
    }
    let created = at("createdAt")?;
    Ok(Filter {
        created,
        updated,
        list: list(state, filter)?,
        kinds,
        primary_ids,
        primary_values,
    })
}
