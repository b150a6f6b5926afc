//! Custom activity types from draft to approval.

use serde_json::{Map, Value as Json, json};

use super::external;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::{Call, Verb};
use crate::sandbox::marketo::state::State;

/// The number of the first custom type.
pub(crate) const FIRST_TYPE: u32 = 100_001;

/// Most custom types, and most attributes of one.
const TYPES_MAX: usize = 10;
const ATTRIBUTES_MAX: usize = 20;

/// What a version of a type says: names, the primary attribute, the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Version {
    /// `name`, `description`, `triggerName`, `filterName`, `primaryAttribute`.
    pub members: Map<String, Json>,
    /// `apiName`, `name`, `dataType`, ... of each.
    pub attributes: Vec<Map<String, Json>>,
}

/// One custom activity type.
#[derive(Clone, Debug)]
pub(crate) struct CustomActivity {
    pub id: u32,
    pub name: String,
    pub draft: Option<Version>,
    pub approved: Option<Version>,
}

/// All custom activity types.
pub(crate) type CustomActivities = Vec<CustomActivity>;

impl CustomActivity {
    fn status(&self) -> &'static str {
        match (&self.approved, &self.draft) {
            (None, _) => "draft",
            (Some(_), None) => "approved",
            (Some(_), Some(_)) => "approved with draft",
        }
    }

    fn draft(&mut self) -> &mut Version {
        let approved = self.approved.clone().unwrap_or_default();
        self.draft.get_or_insert(approved)
    }

    fn element(&self, want_draft: bool) -> Json {
        let version = match (&self.approved, &self.draft) {
            (Some(approved), None) => approved,
            (Some(approved), Some(_)) if !want_draft => approved,
            (_, Some(draft)) => draft,
            (None, None) => return Json::Null,
        };
        let mut members = version.members.clone();
        members.insert("id".to_owned(), self.id.into());
        members.insert("apiName".to_owned(), self.name.clone().into());
        members.insert("status".to_owned(), self.status().into());
        let attributes = version
            .attributes
            .iter()
            .cloned()
            .map(Json::Object)
            .collect();
        members.insert("attributes".to_owned(), Json::Array(attributes));
        Json::Object(members)
    }

    /// The element of `activities/types.json`.
    pub(crate) fn catalogue_element(&self) -> Option<Json> {
        let version = self.approved.as_ref()?;
        let primary = version
            .members
            .get("primaryAttribute")
            .cloned()
            .unwrap_or(Json::Null);
        let attributes = version.attributes.iter().map(|attribute| {
            json!({"name": attribute.get("name"), "apiName": attribute.get("apiName"),
                   "dataType": attribute.get("dataType")})
        });
        Some(json!({
            "id": self.id, "name": version.members.get("name"), "apiName": self.name,
            "description": version.members.get("description"),
            "primaryAttribute": {"name": primary["name"], "apiName": primary["apiName"],
                                 "dataType": primary.get("dataType").unwrap_or(&"string".into())},
            "attributes": attributes.collect::<Vec<_>>(),
        }))
    }
}

/// Answers `activities/external...`; `rest` follows `external`.
pub(crate) fn dispatch(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Post, []) => external::add(state, call),
        (Verb::Get, ["types"]) => {
            let all = state.custom_activities.iter();
            Ok(Answer::result(
                all.map(|custom| custom.element(true)).collect(),
            ))
        }
        (Verb::Get, ["type", name, "describe"]) => {
            let draft = call.param("draft") == Some("true");
            Ok(Answer::result(vec![find(state, name)?.element(draft)]))
        }
        (Verb::Post, ["type"]) => create(state, call),
        (Verb::Post, ["type", name]) => {
            let body = call.json()?.clone();
            change(state, name, |custom| {
                custom.draft().members.extend(body);
                Ok(())
            })
        }
        (Verb::Post, ["type", name, "approve"]) => change(state, name, |custom| {
            let draft = custom.draft.take();
            let nothing = || Refusal::new(1003, "There is no draft to approve");
            custom.approved = Some(draft.ok_or_else(nothing)?);
            Ok(())
        }),
        (Verb::Post, ["type", name, "discardDraft"]) => change(state, name, |custom| {
            let gone = custom
                .approved
                .is_some()
                .then(|| custom.draft.take())
                .flatten();
            gone.map(|_| ())
                .ok_or_else(|| Refusal::new(1048, "Discard draft failed"))
        }),
        (Verb::Post, ["type", name, "delete"]) => {
            let element = find(state, name)?.element(true);
            state
                .custom_activities
                .retain(|custom| custom.name != *name);
            Ok(Answer::result(vec![element]))
        }
        (Verb::Post, ["type", name, "attributes", what]) => attributes(state, call, name, what),
        _ => Err(Refusal::not_found()),
    }
}

fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut CustomActivity, Refusal> {
    let unknown = || Refusal::new(1013, format!("Activity type '{name}' not found"));
    state
        .custom_activities
        .iter_mut()
        .find(|custom| custom.name == name)
        .ok_or_else(unknown)
}

fn change(
    state: &mut State,
    name: &str,
    work: impl FnOnce(&mut CustomActivity) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let custom = find(state, name)?;
    work(custom)?;
    Ok(Answer::result(vec![custom.element(true)]))
}

fn create(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let mut members = call.json()?.clone();
    for name in [
        "apiName",
        "name",
        "triggerName",
        "filterName",
        "primaryAttribute",
    ] {
        if members.get(name).is_none_or(Json::is_null) {
            return Err(Refusal::missing(name));
        }
    }
    let name = call.member("apiName").unwrap_or_default().to_owned();
    members.remove("apiName");
    if state
        .custom_activities
        .iter()
        .any(|custom| custom.name == name)
    {
        return Err(Refusal::new(1017, "Object already exists"));
    }
    if state.custom_activities.len() >= TYPES_MAX {
        return Err(Refusal::new(1027, "Limit of custom activity types reached"));
    }
    let last = state.custom_activities.iter().map(|custom| custom.id).max();
    let draft = Version {
        members,
        attributes: Vec::new(),
    };
    let id = last.map_or(FIRST_TYPE, |last| last + 1);
    let custom = CustomActivity {
        id,
        name,
        draft: Some(draft),
        approved: None,
    };
    let element = custom.element(true);
    state.custom_activities.push(custom);
    Ok(Answer::result(vec![element]))
}

fn attributes(state: &mut State, call: &Call, name: &str, what: &str) -> Result<Answer, Refusal> {
    let given = call
        .json()?
        .get("attributes")
        .and_then(Json::as_array)
        .cloned();
    let given = given.ok_or_else(|| Refusal::missing("attributes"))?;
    change(state, name, |custom| {
        let kept = &mut custom.draft().attributes;
        for attribute in given.iter().filter_map(Json::as_object) {
            let same = |known: &Map<String, Json>| known.get("apiName") == attribute.get("apiName");
            let at = kept.iter().position(same);
            match (what, at) {
                ("create", None) if kept.len() < ATTRIBUTES_MAX => kept.push(attribute.clone()),
                ("create", None) => {
                    return Err(Refusal::new(
                        1028,
                        "Limit of custom activity attributes reached",
                    ));
                }
                ("create", Some(_)) => return Err(Refusal::new(1017, "Object already exists")),
                ("update", Some(at)) => kept[at].extend(attribute.clone()),
                ("delete", Some(at)) => {
                    kept.remove(at);
                }
                ("update" | "delete", None) => {
                    return Err(Refusal::new(1013, "Attribute not found"));
                }
                _ => return Err(Refusal::not_found()),
            }
        }
        Ok(())
    })
}
