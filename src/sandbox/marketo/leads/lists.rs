//! The calls about static lists and their members.

use serde_json::{Value as Json, json};

use super::read;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::{Call, Verb};
use crate::sandbox::marketo::lists::List;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::token;
use crate::sandbox::marketo::value::stamp;

/// Answers `lists...` and `list...`; `rest` follows that word.
pub(crate) fn dispatch(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Get, []) => find(state, call),
        (Verb::Get, [id]) => {
            let id = number(id)?;
            Ok(Answer::result(vec![element(id, state.lists.get(id)?)]))
        }
        (Verb::Get, [id, "leads"]) => {
            let people = state.lists.members(number(id)?)?;
            read::page_of(state, call, &people)
        }
        (Verb::Get, [id, "leads", "ismember"]) => is_member(state, call, number(id)?),
        (Verb::Post, [id, "leads"]) => change(state, call, number(id)?, true),
        (Verb::Delete, [id, "leads"]) => change(state, call, number(id)?, false),
        _ => Err(Refusal::not_found()),
    }
}

fn number(text: &str) -> Result<i64, Refusal> {
    let problem = || {
        Refusal::new(
            1001,
            format!("Invalid value '{text}'. Required of type 'Long'"),
        )
    };
    text.parse().map_err(|_| problem())
}

fn element(id: i64, list: &List) -> Json {
    json!({
        "id": id, "name": list.name, "description": list.description,
        "programName": Json::Null, "workspaceName": "Default",
        "createdAt": stamp(list.created_ms / 1000), "updatedAt": stamp(list.updated_ms / 1000),
    })
}

/// `lists.json` by `id`, `name`, `programName`, `workspaceName`.
fn find(state: &State, call: &Call) -> Result<Answer, Refusal> {
    let ids = call
        .list("id")
        .iter()
        .map(|id| number(id))
        .collect::<Result<Vec<_>, _>>()?;
    let names = call.list("name");
    let elsewhere = !call.list("programName").is_empty()
        || call
            .list("workspaceName")
            .iter()
            .any(|name| *name != "Default");
    let wanted = |id: &i64, list: &List| {
        !elsewhere
            && (ids.is_empty() || ids.contains(id))
            && (names.is_empty() || names.contains(&list.name.as_str()))
    };
    let all: Vec<(i64, &List)> = state
        .lists
        .lists
        .iter()
        .filter(|(id, list)| wanted(id, list))
        .map(|(id, list)| (*id, list))
        .collect();
    let start = match call.param("nextPageToken") {
        Some(given) => token::open("P", given)
            .and_then(|position| usize::try_from(position).ok())
            .ok_or_else(|| Refusal::new(1003, "Invalid paging token"))?,
        None => 0,
    };
    let end = (start + call.batch_size()?).min(all.len());
    let page = all.get(start..end).unwrap_or_default().iter();
    let rows: Vec<Vec<u8>> = page
        .map(|(id, list)| element(*id, list).to_string().into_bytes())
        .collect();
    let next = (end < all.len()).then(|| token::wrap("P", end as i64));
    Ok(Answer::page(&rows, next.as_deref()))
}

fn row(id: i64, outcome: Result<&str, Refusal>) -> Json {
    match outcome {
        Ok(status) => json!({"id": id, "status": status}),
        Err(refusal) => {
            json!({"id": id, "status": "skipped", "reasons": [refusal.json()]})
        }
    }
}

fn is_member(state: &State, call: &Call, list: i64) -> Result<Answer, Refusal> {
    let ids = call.record_ids(state.options.open.too_many_records)?;
    let members = &state.lists.get(list)?.members;
    let rows = ids.into_iter().map(|id| {
        let id = id.unwrap_or_default();
        let outcome = if state.people.row(id).is_none() {
            Err(Refusal::lead_not_found())
        } else if members.contains(&id) {
            Ok("memberof")
        } else {
            Ok("notmemberof")
        };
        row(id, outcome)
    });
    Ok(Answer::result(rows.collect()))
}

fn change(state: &mut State, call: &Call, list: i64, join: bool) -> Result<Answer, Refusal> {
    let ids = call.record_ids(state.options.open.too_many_records)?;
    state.lists.get(list)?;
    let method = if join {
        "addLeadsToList"
    } else {
        "removeLeadsFromList"
    };
    let hand = state.api_hand(method, call.number, call.now_ms);
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id.unwrap_or_default();
        let outcome = if state.people.row(id).is_none() {
            Err(Refusal::lead_not_found())
        } else if join {
            state.join_list(list, id, hand);
            Ok("added")
        } else if state.leave_list(list, id, hand) {
            Ok("removed")
        } else {
            Err(Refusal::new(1015, "Lead not in list"))
        };
        rows.push(row(id, outcome));
    }
    Ok(Answer::result(rows))
}
