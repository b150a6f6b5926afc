//! Which call goes where: path and verb to the function that answers it.

use super::activities::custom::{self as external, CustomActivity};
use super::activities::{feed, types};
use super::answer::{Answer, Refusal};
use super::assets;
use super::bulk;
use super::call::{Call, Verb};
use super::custom::{self, lifecycle, show};
use super::leads::{describe, lists, merge, others, programs, read, schema, sync};
use super::objects::{
    self, describe as object_describe, read as object_read, write as object_write,
};
use super::state::State;

/// Answers an admitted call; 610 for an unknown path, 605 for a known one with another verb.
pub(crate) fn dispatch(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    match call.parts().as_slice() {
        ["rest", "v1", "leads" | "lead", rest @ ..] => leads(state, call, rest),
        ["rest", "v1", "activities", rest @ ..] => activities(state, call, rest),
        ["rest", "v1", "stats", rest @ ..] => stats(state, call, rest),
        ["rest", "v1", "opportunities", "roles", rest @ ..] => {
            object(state, call, "opportunities/roles", rest)
        }
        [
            "rest",
            "v1",
            path @ ("companies" | "opportunities" | "salespersons" | "namedaccounts"),
            rest @ ..,
        ] => object(state, call, path, rest),
        ["bulk", "v1", rest @ ..] | ["rest", "bulk", "v1", rest @ ..] => {
            bulk::dispatch(state, call, rest)
        }
        ["rest", "v1", "lists" | "list", rest @ ..] => lists::dispatch(state, call, rest),
        ["rest", "asset", "v1", rest @ ..] => assets::dispatch(state, call, rest),
        ["rest", "v1", "programs", "members", "describe"] => Ok(programs::describe()),
        ["rest", "v1", "campaigns" | "namedAccountLists"] => Ok(Answer::result(Vec::new())),
        ["rest", "v1", "customobjects", rest @ ..] => custom_objects(state, call, rest),
        _ => Err(Refusal::not_found()),
    }
}

fn custom_objects(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Get, []) => Ok(show::list(state, call)),
        (_, ["schema", ..]) if !state.options.custom_object_schema => Err(Refusal::new(
            616,
            "Subscription is not entitled to this feature",
        )),
        (_, ["schema", rest @ ..]) => custom_schema(state, call, rest),
        (Verb::Get, [name, "describe"]) => show::data_describe(state, name),
        (_, [name, rest @ ..]) => {
            let path = custom::path(name);
            if !state.objects.contains_key(&path) {
                return Err(Refusal::new(1013, format!("Object '{name}' not found")));
            }
            object(state, call, &path, rest)
        }
        _ => Err(bad_verb()),
    }
}

fn custom_schema(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    use Verb::{Get, Post};
    match (call.verb, rest) {
        (Get, []) => Ok(show::schema_list(state, call)),
        (Post, []) => lifecycle::create(state, call),
        (Get, ["fieldDataTypes"]) => Ok(show::data_types()),
        (Get, ["linkableObjects"]) => Ok(show::linkable(state)),
        (Get, [name, "describe"]) => show::schema_describe(state, call, name),
        (Get, [name, "dependentAssets"]) => {
            lifecycle::find(state, name)?;
            Ok(Answer::result(Vec::new()))
        }
        (Post, [name, "addField"]) => lifecycle::add_fields(state, call, name),
        (Post, [name, "deleteField"]) => lifecycle::delete_fields(state, call, name),
        (Post, [name, at, "updateField"]) => lifecycle::update_field(state, call, (name, at)),
        (Post, [name, "approve"]) => lifecycle::approve(state, call, name),
        (Post, [name, "discardDraft"]) => lifecycle::discard(state, name),
        (Post, [name, "delete"]) => lifecycle::delete(state, name),
        _ => Err(Refusal::not_found()),
    }
}

/// The calls that all objects share.
pub(crate) fn object(
    state: &mut State,
    call: &Call,
    path: &str,
    rest: &[&str],
) -> Result<Answer, Refusal> {
    use Verb::{Delete, Get, Post};
    objects::with(state, path, |state, object| match (call.verb, rest) {
        (Get, []) => object_read::query(object, call),
        (Post, []) => object_write::sync(state, object, call),
        (Delete, []) | (Post | Delete, ["delete"]) => object_write::delete(state, object, call),
        (Get, ["describe"]) => Ok(Answer::result(vec![object_describe::element(object)])),
        (Get, ["schema", "fields"]) => schema::browse(&object.table.schema, call),
        (Get, ["schema", "fields", name]) => schema::one(&object.table.schema, name),
        (_, [] | ["delete" | "describe"] | ["schema", ..]) => Err(bad_verb()),
        _ => Err(Refusal::not_found()),
    })
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
        (Get, ["partitions"]) => Ok(others::partitions(state)),
        (Post, ["partitions"]) => others::move_partition(state, call),
        (Post, ["push"]) => others::push(state, call),
        (Post, ["submitForm"]) => others::submit_form(state, call),
        (Get, ["programs", id]) => programs::members(state, call, id),
        (Post, ["programs", id, "status"]) => programs::set_status(state, call, id),
        (Post, [id, "associate"]) if is_number(id) => others::associate(state, call, id),
        (
            Get,
            [
                id,
                what @ ("listMembership" | "programMembership" | "smartCampaignMembership"),
            ],
        ) => others::memberships(state, id, what),
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
        (Verb::Get, ["types"]) => {
            let custom = state.custom_activities.iter();
            let custom = custom.filter_map(CustomActivity::catalogue_element);
            Ok(Answer::result(
                types::describe().into_iter().chain(custom).collect(),
            ))
        }
        (_, ["external", rest @ ..]) => external::dispatch(state, call, rest),
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
