//! Which call goes where: path and verb to the function that answers it.

use super::activities::{feed, types};
use super::answer::{Answer, Refusal};
use super::call::{Call, Verb};
use super::leads::{describe, merge, read, schema, sync};
use super::state::State;

/// Answers an admitted call; 610 for an unknown path, 605 for a known one with another verb.
pub(crate) fn dispatch(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    match call.parts().as_slice() {
        ["rest", "v1", "leads" | "lead", rest @ ..] => leads(state, call, rest),
        ["rest", "v1", "activities", rest @ ..] => activities(state, call, rest),
        ["rest", "v1", "stats", rest @ ..] => stats(state, call, rest),
        _ => Err(Refusal::not_found()),
    }
}

/// The verb does not fit.
fn bad_verb() -> Refusal {
    Refusal::new(605, "HTTP Method not supported")
}

fn leads(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    use Verb::{Delete, Get, Post};
    match (call.verb, rest) {
        (Get, []) => read::by_filter(state, call),
        (Post, []) => sync::sync(state, call),
        (Delete, []) | (Post | Delete, ["delete"]) => sync::delete(state, call),
        (Get, ["describe"]) => Ok(describe::describe(state)),
        (Get, ["describe2"]) => Ok(describe::describe2(state)),
        (Get, ["schema", "fields"]) => schema::browse(&state.people.schema, call),
        (Post, ["schema", "fields"]) => schema::create(state, call),
        (Get, ["schema", "fields", name]) => schema::one(&state.people.schema, name),
        (Post, ["schema", "fields", name]) => schema::update(state, call, name),
        (Post, [id, "merge"]) if is_number(id) => merge::merge(state, call, id),
        (Get, [id]) if is_number(id) => read::one(state, call, id),
        (_, [] | ["delete" | "describe" | "describe2"] | ["schema", ..]) => Err(bad_verb()),
        _ => Err(Refusal::not_found()),
    }
}

fn activities(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Get, []) => feed::activities(state, call),
        (Verb::Get, ["pagingtoken"]) => feed::paging_token(state, call),
        (Verb::Get, ["leadchanges"]) => feed::lead_changes(state, call),
        (Verb::Get, ["deletedleads"]) => feed::deleted_leads(state, call),
        (Verb::Get, ["types"]) => Ok(Answer::result(types::describe())),
        (_, [] | ["pagingtoken" | "leadchanges" | "deletedleads" | "types"]) => Err(bad_verb()),
        _ => Err(Refusal::not_found()),
    }
}

fn stats(state: &State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    let now = call.now_ms;
    match (call.verb, rest) {
        (Verb::Get, ["usage"]) => Ok(Answer::result(state.limits.usage(now, 1))),
        (Verb::Get, ["usage", "last7days"]) => Ok(Answer::result(state.limits.usage(now, 7))),
        (Verb::Get, ["errors"]) => Ok(Answer::result(state.limits.errors(now, 1))),
        (Verb::Get, ["errors", "last7days"]) => Ok(Answer::result(state.limits.errors(now, 7))),
        (_, ["usage" | "errors", ..]) => Err(bad_verb()),
        _ => Err(Refusal::not_found()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
