//! Members of the one program and their status.

use serde_json::{Value as Json, json};

use super::read;
use crate::sandbox::marketo::activities::log::Other;
use crate::sandbox::marketo::activities::types;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::assets::PROGRAM;
use crate::sandbox::marketo::call::{Call, id_of};
use crate::sandbox::marketo::state::State;

/// The statuses a member may have.
const STATUSES: &[&str] = &["On List", "Member", "Influenced", "Not in Program"];

fn check(id: &str) -> Result<(), Refusal> {
    if id.parse() == Ok(PROGRAM) {
        return Ok(());
    }
    Err(Refusal::new(
        1013,
        format!("Program with id '{id}' not found"),
    ))
}

/// `leads/programs/{id}.json`: the members as people.
pub(crate) fn members(state: &State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    check(id)?;
    let people: Vec<i64> = state.program.keys().copied().collect();
    read::page_of(state, call, &people)
}

/// `leads/programs/{id}/status.json`: sets one status for all people of the call.
pub(crate) fn set_status(state: &mut State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    check(id)?;
    call.json()?;
    let status = call
        .member("status")
        .ok_or_else(|| Refusal::missing("status"))?
        .to_owned();
    if !STATUSES.contains(&status.as_str()) {
        return Err(Refusal::new(
            1025,
            format!("Program status '{status}' not found"),
        ));
    }
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("changeLeadProgramStatus", call.number, call.now_ms);
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let person = record.get("id").and_then(id_of).unwrap_or_default();
        if state.people.row(person).is_none() {
            let reason = Refusal::lead_not_found().json();
            rows.push(json!({"id": person, "status": "skipped", "reasons": [reason]}));
            continue;
        }
        let old = if status == "Not in Program" {
            state.program.remove(&person)
        } else {
            state.program.insert(person, status.clone())
        };
        let attributes = vec![
            ("New Status".to_owned(), status.clone()),
            (
                "Old Status".to_owned(),
                old.unwrap_or_else(|| "Not in Program".to_owned()),
            ),
        ];
        let other = Other {
            primary_id: PROGRAM,
            primary: "CRM Sync".to_owned(),
            attributes,
        };
        state.log_other(hand, person, types::CHANGE_STATUS, other);
        rows.push(json!({"id": person, "status": status}));
    }
    Ok(Answer::result(rows))
}

/// `programs/members/describe.json`.
pub(crate) fn describe() -> Answer {
    let field = |name: &str, label: &str, kind: &str| -> Json {
        json!({"name": name, "displayName": label, "dataType": kind, "updateable": false,
               "crmManaged": false})
    };
    Answer::result(vec![json!({
        "name": "API Program Membership", "description": "Fields of program members",
        "createdAt": "2020-09-13T12:26:40Z", "updatedAt": "2020-09-13T12:26:40Z",
        "dedupeFields": ["leadId", "programId"], "searchableFields": [["leadId"], ["statusName"]],
        "fields": [field("leadId", "Lead Id", "integer"), field("programId", "Program Id", "integer"),
                   field("statusName", "Status", "string")],
    })])
}
