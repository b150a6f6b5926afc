//! Reading people: one by id, or many by the values of a searchable field.

use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::schema::{Field, Origin};
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::value::Kind;
use crate::sandbox::marketo::{FILTER_MAX, PAGE, token};

/// Fields of an answer when none are asked for.
const USUAL: &[&str] = &[
    "id",
    "email",
    "updatedAt",
    "createdAt",
    "firstName",
    "lastName",
];

/// Standard fields that people can be looked up by; custom ones by their type.
const SEARCHABLE: &[&str] = &[
    "id",
    "cookies",
    "email",
    "facebookId",
    "linkedInId",
    "twitterId",
    "leadPartitionId",
    "sfdcAccountId",
    "sfdcContactId",
    "sfdcLeadId",
    "sfdcLeadOwnerId",
    "sfdcOpptyId",
    "externalPersonId",
];

/// Whether people can be looked up by a field.
pub(crate) fn is_searchable(field: &Field) -> bool {
    SEARCHABLE.contains(&field.name.as_str())
        || (field.custom
            && field.origin == Origin::Stored
            && matches!(field.kind, Kind::String | Kind::Email | Kind::Integer))
}

/// The slot of a look-up field: 1006 when there is none, 1011 when it is not searchable.
pub(crate) fn lookup_slot(state: &State, name: &str) -> Result<u16, Refusal> {
    let unknown = || Refusal::new(1006, format!("Lookup field '{name}' not found"));
    let slot = state.people.schema.slot(name).ok_or_else(unknown)?;
    let searchable = state.people.schema.field(slot).is_some_and(is_searchable);
    if searchable {
        return Ok(slot);
    }
    Err(Refusal::new(
        1011,
        format!("Lookup field '{name}' not supported"),
    ))
}

/// The slots to show: those of `fields`, or the usual ones; always with the id, never one twice.
pub(crate) fn shown(state: &State, call: &Call) -> Result<Vec<u16>, Refusal> {
    let asked = call.list("fields");
    let names = if asked.is_empty() {
        USUAL.to_vec()
    } else {
        asked
    };
    let mut slots = vec![state.slots.id];
    for name in names.iter().map(|name| name.trim()) {
        let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
        let slot = state.people.schema.slot(name).ok_or_else(unknown)?;
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    }
    Ok(slots)
}

/// A person as JSON text.
pub(crate) fn show(state: &State, id: i64, slots: &[u16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * slots.len());
    out.push(b'{');
    for (at, slot) in slots.iter().enumerate() {
        let Some(field) = state.people.schema.field(*slot) else {
            continue;
        };
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        let value = state.person_value(id, *slot, field);
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut out, &value);
    }
    out.push(b'}');
    out
}

/// A page of these people, in their order, from the call's token on.
pub(crate) fn page_of(state: &State, call: &Call, people: &[i64]) -> Result<Answer, Refusal> {
    let slots = shown(state, call)?;
    let start = match call.param("nextPageToken") {
        Some(given) => token::open("P", given)
            .and_then(|position| usize::try_from(position).ok())
            .ok_or_else(|| Refusal::new(1003, "Invalid paging token"))?,
        None => 0,
    };
    let size = call.batch_size()?;
    let end = (start + size).min(people.len());
    let page = people.get(start..end).unwrap_or_default();
    let elements: Vec<Vec<u8>> = page.iter().map(|id| show(state, *id, &slots)).collect();
    let next = (end < people.len()).then(|| token::wrap("P", end as i64));
    Ok(Answer::page(&elements, next.as_deref()))
}

/// `lead/{id}.json`.
pub(crate) fn one(state: &State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let problem = || {
        Refusal::new(
            1001,
            format!("Invalid value '{id}'. Required of type 'Long'"),
        )
    };
    let id: i64 = id.parse().map_err(|_| problem())?;
    let slots = shown(state, call)?;
    if state.people.row(id).is_some() {
        return Ok(Answer::page(&[show(state, id, &slots)], None));
    }
    match state.options.open.unknown_person {
        Some(code) => Err(Refusal::new(code, format!("Lead '{id}' not found"))),
        None => Ok(Answer::page(&[], None)),
    }
}

/// `leads.json` by `filterType` and `filterValues`.
pub(crate) fn by_filter(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let name = call.required("filterType")?;
    let slot = lookup_slot(state, name)?;
    let values = call.list("filterValues");
    if values.is_empty() {
        return Err(Refusal::missing("filterValues"));
    }
    if values.len() > PAGE {
        let text = format!("filterValues: at most {PAGE} values are allowed");
        return Err(Refusal::new(1003, text));
    }
    let people = matching(state, slot, &values);
    if people.len() > FILTER_MAX {
        let text = format!("Too many results match the filter, the maximum is {FILTER_MAX}");
        return Err(Refusal::new(1003, text));
    }
    page_of(state, call, &people)
}

/// The people with one of these values, ascending; stops a little beyond the most an answer may have.
fn matching(state: &mut State, slot: u16, values: &[&str]) -> Vec<i64> {
    let by_partition = state
        .people
        .schema
        .field(slot)
        .is_some_and(|field| field.origin == Origin::Partition);
    if by_partition {
        let wanted: Vec<i64> = values
            .iter()
            .filter_map(|value| value.parse().ok())
            .collect();
        return state
            .people
            .iter()
            .filter(|(_, row)| wanted.contains(&(i64::from(row.partition) + 1)))
            .map(|(id, _)| id)
            .take(FILTER_MAX + 1)
            .collect();
    }
    let mut people: Vec<i64> = values
        .iter()
        .flat_map(|value| state.people.find(slot, value.trim()))
        .collect();
    people.sort_unstable();
    people.dedup();
    people
}
