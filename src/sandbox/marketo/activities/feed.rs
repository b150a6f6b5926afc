//! The calls that read the log: paging tokens, activities, lead changes, deleted leads.

use serde_json::{Map, Value as Json, json};

use super::log::{Activity, Deed};
use super::types;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::{Call, request_id};
use crate::sandbox::marketo::identity::API_USER;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::{token, value};

/// Most activity types in one call.
const TYPES_MAX: usize = 10;

const DAY_MS: i64 = 86_400_000;

/// Most people in one call's filter.
const LEADS_MAX: usize = 30;

/// `pagingtoken.json`.
pub(crate) fn paging_token(state: &State, call: &Call) -> Result<Answer, Refusal> {
    let since = call.required("sinceDatetime")?;
    let Some(seconds) = value::instant(since, state.options.zone_hours) else {
        let text = format!("Invalid date: '{since}'");
        return Err(Refusal::new(state.options.open.bad_since, text));
    };
    let position = state.log.since(seconds.saturating_mul(1000));
    Ok(Answer::members(
        &json!({"nextPageToken": token::wrap("A", position)}),
    ))
}

fn position(call: &Call) -> Result<i64, Refusal> {
    let given = call.required("nextPageToken")?;
    token::open("A", given).ok_or_else(|| Refusal::new(1003, "Invalid paging token"))
}

/// What a walk along the log found.
struct Walk {
    found: Vec<i64>,
    next: i64,
    more: bool,
}

/// Walks from `start` over what is visible now, a bounded distance, up to a page of hits.
fn walk<'a>(
    state: &State,
    start: i64,
    entries: impl Iterator<Item = (i64, &'a Activity)>,
    (page, now_ms): (usize, i64),
    wanted: impl Fn(&Activity) -> bool,
) -> Walk {
    let visible = now_ms - state.options.activity_lag.as_millis() as i64;
    let mut walk = Walk {
        found: Vec::new(),
        next: start,
        more: false,
    };
    for (seen, (number, entry)) in entries.enumerate() {
        if entry.committed_ms > visible {
            return walk;
        }
        if seen >= state.options.scan_distance || walk.found.len() >= page {
            walk.more = true;
            return walk;
        }
        walk.next = number + 1;
        let kept = entry.date_ms >= now_ms - types::retention_days(entry.kind) * DAY_MS;
        if kept && entry.late_until_ms <= now_ms && wanted(entry) {
            walk.found.push(number);
        }
    }
    walk
}

/// The `leadIds` (at most 30) or, with `listId`, the members of that list; none means everybody.
fn people_filter(state: &State, call: &Call) -> Result<Option<Vec<i64>>, Refusal> {
    let leads = call.list("leadIds");
    if leads.len() > LEADS_MAX {
        return Err(Refusal::new(
            1003,
            format!("leadIds: at most {LEADS_MAX} are allowed"),
        ));
    }
    if !leads.is_empty() {
        return leads
            .iter()
            .map(|id| whole(id))
            .collect::<Result<_, _>>()
            .map(Some);
    }
    match call.param("listId") {
        Some(id) => Ok(Some(state.lists.members(whole(id)?)?)),
        None => Ok(None),
    }
}

fn whole(text: &str) -> Result<i64, Refusal> {
    let problem = || {
        Refusal::new(
            1001,
            format!("Invalid value '{text}'. Required of type 'Long'"),
        )
    };
    text.parse().map_err(|_| problem())
}

/// `activities.json`.
pub(crate) fn activities(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let start = position(call)?;
    let kinds: Vec<u32> = call
        .list("activityTypeIds")
        .iter()
        .map(|id| whole(id).map(|id| id as u32))
        .collect::<Result<_, _>>()?;
    if kinds.is_empty() {
        return Err(Refusal::missing("activityTypeIds"));
    }
    if kinds.len() > TYPES_MAX {
        let text = format!("activityTypeIds: at most {TYPES_MAX} are allowed");
        return Err(Refusal::new(1003, text));
    }
    let assets: Vec<i64> = call
        .list("assetIds")
        .iter()
        .map(|id| whole(id))
        .collect::<Result<_, _>>()?;
    let people = people_filter(state, call)?;
    let size = (call.batch_size()?, call.now_ms);
    let found = walk(state, start, state.log.from(start), size, |entry| {
        kinds.contains(&entry.kind)
            && people
                .as_ref()
                .is_none_or(|people| people.contains(&entry.lead))
            && (assets.is_empty() || assets.contains(&primary_id(state, entry)))
    });
    Ok(page(state, found, entry_json))
}

/// `leadchanges.json`: types 12 and 13 with the changed fields by their REST names.
pub(crate) fn lead_changes(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let start = position(call)?;
    let names = call.list("fields");
    if names.is_empty() {
        return Err(Refusal::missing("fields"));
    }
    let slots: Vec<u16> = names
        .iter()
        .map(|name| {
            let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
            state.people.schema.slot(name).ok_or_else(unknown)
        })
        .collect::<Result<_, _>>()?;
    let people = people_filter(state, call)?;
    let all = state.options.open.unasked_changes_shown;
    let size = (call.batch_size()?, call.now_ms);
    let found = walk(state, start, state.log.from(start), size, |entry| {
        let asked = match &entry.deed {
            Deed::Created => true,
            Deed::Changed { slot, .. } => all || slots.contains(slot),
            Deed::Other(_) => false,
        };
        asked
            && people
                .as_ref()
                .is_none_or(|people| people.contains(&entry.lead))
    });
    Ok(page(state, found, change_json))
}

/// `deletedleads.json`.
pub(crate) fn deleted_leads(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let start = position(call)?;
    let size = (call.batch_size()?, call.now_ms);
    let mut found = walk(state, start, state.log.deletes_from(start), size, |_| true);
    if !found.more {
        // Nothing further back can show any more: the token may skip what is no delete.
        let visible = call.now_ms - state.options.activity_lag.as_millis() as i64;
        found.next = found
            .next
            .max(state.log.since(visible).min(state.log.end()));
    }
    Ok(page(state, found, entry_json))
}

fn page(state: &mut State, walk: Walk, show: impl Fn(&State, i64, &Activity) -> Json) -> Answer {
    let mut elements: Vec<Json> = Vec::with_capacity(walk.found.len());
    for number in walk.found {
        let Some(entry) = state.log.get(number) else {
            continue;
        };
        let element = show(state, number, entry);
        if state.faults.duplicates() {
            elements.push(element.clone());
        }
        elements.push(element);
    }
    let next = token::wrap("A", walk.next);
    Answer::members(&json!({"result": elements, "nextPageToken": next, "moreResult": walk.more}))
}

/// `primaryAttributeValueId` of an activity.
fn primary_id(state: &State, entry: &Activity) -> i64 {
    match &entry.deed {
        Deed::Created => entry.lead,
        Deed::Changed { slot, .. } => state
            .people
            .schema
            .field(*slot)
            .map_or(0, |field| i64::from(field.id)),
        Deed::Other(other) => other.primary_id,
    }
}

fn head(number: i64, entry: &Activity) -> Map<String, Json> {
    let members = json!({
        "id": number, "marketoGUID": number.to_string(), "leadId": entry.lead,
        "activityDate": value::stamp(entry.date_ms.div_euclid(1000)), "activityTypeId": entry.kind,
    });
    match members {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

fn attribute(name: &str, value: &str) -> Json {
    json!({"name": name, "value": value})
}

/// `API Method Name`, `Modifying User` and `Request Id` of what came through the API.
fn api_attributes(state: &State, entry: &Activity) -> Vec<Json> {
    let method = state
        .log
        .actor(entry.actor)
        .and_then(|actor| actor.method.as_deref());
    let Some(method) = method else {
        return Vec::new();
    };
    vec![
        attribute("API Method Name", method),
        attribute("Modifying User", API_USER),
        attribute("Request Id", &request_id(entry.call, entry.committed_ms)),
    ]
}

fn source(state: &State, entry: &Activity) -> (String, String) {
    let actor = state.log.actor(entry.actor);
    actor
        .map(|actor| (actor.source.to_string(), actor.reason.to_string()))
        .unwrap_or_default()
}

/// The attributes of an activity as name and value.
pub(crate) fn attributes(state: &State, entry: &Activity) -> Vec<Json> {
    let (source, reason) = source(state, entry);
    let mut list = match &entry.deed {
        Deed::Created => vec![
            attribute("Source Type", &source),
            attribute(
                "Created Date",
                &value::stamp(entry.date_ms.div_euclid(1000))[..10],
            ),
        ],
        Deed::Changed { old, new, .. } => {
            let mut list = Vec::new();
            list.extend(new.as_deref().map(|new| attribute("New Value", new)));
            list.extend(old.as_deref().map(|old| attribute("Old Value", old)));
            list.push(attribute("Reason", &reason));
            list.push(attribute("Source", &source));
            list
        }
        Deed::Other(other) => {
            return other
                .attributes
                .iter()
                .map(|(name, value)| attribute(name, value))
                .collect();
        }
    };
    list.extend(api_attributes(state, entry));
    list
}

/// `primaryAttributeValue` of an activity.
pub(crate) fn primary(state: &State, entry: &Activity) -> (i64, String) {
    let text = match &entry.deed {
        Deed::Created => state.full_name(entry.lead),
        Deed::Changed { slot, .. } => state
            .people
            .schema
            .field(*slot)
            .map(|field| field.label.clone())
            .unwrap_or_default(),
        Deed::Other(other) => other.primary.clone(),
    };
    (primary_id(state, entry), text)
}

fn entry_json(state: &State, number: i64, entry: &Activity) -> Json {
    let mut members = head(number, entry);
    let (id, text) = primary(state, entry);
    members.insert("primaryAttributeValueId".to_owned(), id.into());
    members.insert("primaryAttributeValue".to_owned(), text.into());
    let attributes = if entry.kind == types::DELETE {
        Vec::new()
    } else {
        attributes(state, entry)
    };
    members.insert("attributes".to_owned(), attributes.into());
    Json::Object(members)
}

fn change_json(state: &State, number: i64, entry: &Activity) -> Json {
    let mut members = head(number, entry);
    let mut fields = Vec::new();
    if let Deed::Changed { slot, old, new } = &entry.deed
        && let Some(field) = state.people.schema.field(*slot)
    {
        fields.push(json!({"id": field.id, "name": field.name, "newValue": new, "oldValue": old}));
    }
    let attributes = attributes(state, entry).into_iter();
    let mut attributes: Vec<Json> = attributes
        .filter(|entry| !matches!(entry["name"].as_str(), Some("New Value" | "Old Value")))
        .collect();
    attributes.push(json!({"name": "Lead ID", "value": entry.lead}));
    members.insert("fields".to_owned(), fields.into());
    members.insert("attributes".to_owned(), attributes.into());
    Json::Object(members)
}
