//! The few asset calls that clients of the lead database need: static list administration, the
//! folder they live in, one program. Everything else of the asset family is empty.

use serde_json::{Value as Json, json};

use super::answer::{Answer, Refusal};
use super::call::{Call, Verb};
use super::lists::List;
use super::state::State;
use super::value::stamp;

/// The id of the one program.
pub(crate) const PROGRAM: i64 = 1044;
/// The name of the one program, and of the folder of lists with its id.
const PROGRAM_NAME: &str = "CRM Sync";
const FOLDER: i64 = 12;
const FOLDER_NAME: &str = "Group Lists";

/// Answers `/rest/asset/v1/...`; `rest` follows `v1`.
pub(crate) fn dispatch(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Get, ["folder", "byName"]) => Ok(if call.required("name")? == FOLDER_NAME {
            found(vec![folder()])
        } else {
            none()
        }),
        (Verb::Get, ["folder", id]) => Ok(if id.parse() == Ok(FOLDER) {
            found(vec![folder()])
        } else {
            none()
        }),
        (Verb::Get, ["folders"]) => Ok(paged(call, vec![folder()])),
        (Verb::Get, ["staticLists"]) => {
            let all = state
                .lists
                .lists
                .iter()
                .map(|(id, list)| element(*id, list))
                .collect();
            Ok(paged(call, all))
        }
        (Verb::Post, ["staticLists"]) => create_list(state, call),
        (Verb::Get, ["staticList", "byName"]) => {
            let id = state.lists.named(call.required("name")?);
            let list = id.and_then(|id| Some((id, state.lists.get(id).ok()?)));
            Ok(list.map_or_else(none, |(id, list)| found(vec![element(id, list)])))
        }
        (Verb::Get, ["staticList", id]) => {
            let id = id.parse().unwrap_or_default();
            let list = state.lists.get(id).ok();
            Ok(list.map_or_else(none, |list| found(vec![element(id, list)])))
        }
        (Verb::Post, ["staticList", id]) => update_list(state, call, id),
        (Verb::Post, ["staticList", id, "delete"]) => {
            let id: i64 = id.parse().unwrap_or_default();
            let gone = state.lists.lists.remove(&id);
            gone.map(|_| found(vec![json!({"id": id})]))
                .ok_or_else(unknown)
        }
        (Verb::Get, ["programs"]) => Ok(paged(call, vec![program()])),
        (Verb::Get, ["program", "byName"]) => {
            let it = call.required("name")? == PROGRAM_NAME;
            Ok(if it { found(vec![program()]) } else { none() })
        }
        (Verb::Get, ["program", id]) => Ok(if id.parse() == Ok(PROGRAM) {
            found(vec![program()])
        } else {
            none()
        }),
        (Verb::Get, _) => Ok(none()),
        _ => Err(Refusal::not_found()),
    }
}

fn unknown() -> Refusal {
    Refusal::new(702, "No assets found for the given search criteria.")
}

/// What the asset calls answer when there is nothing: a warning and no result.
fn none() -> Answer {
    Answer::members(&json!({
        "errors": [], "warnings": ["No assets found for the given search criteria."],
    }))
}

fn found(elements: Vec<Json>) -> Answer {
    Answer::members(&json!({"errors": [], "warnings": [], "result": elements}))
}

/// The part of `offset` and `maxReturn` (20 unless given, at most 200).
fn paged(call: &Call, all: Vec<Json>) -> Answer {
    let number = |name: &str| call.param(name).and_then(|text| text.parse::<usize>().ok());
    let (offset, most) = (
        number("offset").unwrap_or(0),
        number("maxReturn").unwrap_or(20),
    );
    let page: Vec<Json> = all.into_iter().skip(offset).take(most.min(200)).collect();
    if page.is_empty() { none() } else { found(page) }
}

/// Times of assets end in `Z+0000`.
fn moment(at_ms: i64) -> String {
    format!("{}+0000", stamp(at_ms / 1000))
}

fn element(id: i64, list: &List) -> Json {
    json!({
        "id": id, "name": list.name, "description": list.description.clone().unwrap_or_default(),
        "createdAt": moment(list.created_ms), "updatedAt": moment(list.updated_ms),
        "folder": {"id": FOLDER, "type": "Folder"}, "computedUrl": format!("#ST{id}A1"),
    })
}

fn folder() -> Json {
    json!({
        "id": FOLDER, "name": FOLDER_NAME, "description": "", "isArchive": false, "isSystem": true,
        "folderId": {"id": FOLDER, "type": "Folder"}, "folderType": "List",
        "parent": Json::Null, "path": format!("/{FOLDER_NAME}"), "accessZoneId": 1,
        "workspace": "Default", "url": format!("#MF{FOLDER}A1"),
        "createdAt": moment(1_600_000_000_000), "updatedAt": moment(1_600_000_000_000),
    })
}

fn program() -> Json {
    json!({
        "id": PROGRAM, "name": PROGRAM_NAME, "description": "", "type": "Default",
        "channel": "Operational", "status": "", "workspace": "Default",
        "folder": {"type": "Folder", "value": FOLDER, "folderName": FOLDER_NAME},
        "url": format!("#PG{PROGRAM}A1"), "sfdcId": Json::Null, "sfdcName": Json::Null,
        "createdAt": moment(1_600_000_000_000), "updatedAt": moment(1_600_000_000_000),
    })
}

fn create_list(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let name = call
        .text("name")
        .ok_or_else(|| Refusal::new(701, "name cannot be blank"))?;
    let given = call
        .text("folder")
        .ok_or_else(|| Refusal::new(701, "folder cannot be blank"))?;
    let parsed: Json = serde_json::from_str(given).unwrap_or(Json::Null);
    if parsed["id"]
        .as_i64()
        .or_else(|| parsed["id"].as_str()?.parse().ok())
        != Some(FOLDER)
    {
        return Err(Refusal::new(710, "Parent folder not found"));
    }
    if state.lists.named(name).is_some() {
        return Err(Refusal::new(
            709,
            format!("List name '{name}' is already in use"),
        ));
    }
    let id = state
        .lists
        .create(name, call.text("description"), call.now_ms);
    let list = state.lists.get(id)?;
    Ok(found(vec![element(id, list)]))
}

fn update_list(state: &mut State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let id: i64 = id.parse().unwrap_or_default();
    let list = state.lists.get_mut(id).map_err(|_| unknown())?;
    if let Some(name) = call.text("name") {
        name.clone_into(&mut list.name);
    }
    if let Some(text) = call.text("description") {
        list.description = Some(text.to_owned());
    }
    list.updated_ms = call.now_ms;
    Ok(found(vec![element(id, list)]))
}
