//! The less used calls about people: partitions, push, associate, form fill-outs, memberships.

use serde_json::{Map, Value as Json, json};

use super::sync::{self, Action, Plan};
use super::write;
use crate::sandbox::marketo::activities::log::{Actor, Other};
use crate::sandbox::marketo::activities::types;
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::assets::PROGRAM;
use crate::sandbox::marketo::call::{Call, id_of};
use crate::sandbox::marketo::state::{Hand, State};

/// `leads/partitions.json`.
pub(crate) fn partitions(state: &State) -> Answer {
    let names = state.options.partitions.iter().enumerate();
    let elements = names.map(|(at, name)| {
        json!({"id": at + 1, "name": name, "description": format!("Partition {name}")})
    });
    Answer::result(elements.collect())
}

/// `POST leads/partitions.json`: moves people.
pub(crate) fn move_partition(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("updateLeadPartition", call.number, call.now_ms);
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let id = record.get("id").and_then(id_of).unwrap_or_default();
        let name = record
            .get("partitionName")
            .and_then(Json::as_str)
            .unwrap_or_default();
        rows.push(match move_one(state, id, name, hand) {
            Ok(()) => json!({"id": id, "status": "updated"}),
            Err(refusal) => json!({"id": id, "status": "skipped", "reasons": [refusal.json()]}),
        });
    }
    Ok(Answer::result(rows))
}

fn move_one(state: &mut State, id: i64, name: &str, hand: Hand) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::new(1009, "Partition name must be specified"));
    }
    let denied = || Refusal::new(1008, format!("Access to partition '{name}' denied"));
    let found = state
        .options
        .partitions
        .iter()
        .position(|known| known == name);
    let to = found.ok_or_else(denied)? as u16;
    let row = state
        .people
        .row_mut(id)
        .ok_or_else(Refusal::lead_not_found)?;
    let from = std::mem::replace(&mut row.partition, to);
    if from != to {
        let other = Other {
            primary_id: i64::from(to) + 1,
            primary: name.to_owned(),
            attributes: vec![("Old Partition ID".to_owned(), (from + 1).to_string())],
        };
        state.log_other(hand, id, types::CHANGE_PARTITION, other);
    }
    Ok(())
}

/// `leads/push.json`: always create or update, with an activity of its own.
pub(crate) fn push(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    call.json()?;
    let program = call
        .member("programName")
        .ok_or_else(|| Refusal::missing("programName"))?;
    let action = Action::CreateOrUpdate;
    let lookup = sync::lookup(state, call.member("lookupField"), action)?;
    let partition = sync::partition(state, call.member("partitionName"), action)?;
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("pushLead", call.number, call.now_ms);
    let outcomes = sync::run(
        state,
        Plan {
            action,
            lookup,
            partition,
            hand,
        },
        records,
    )?;
    for (id, _) in outcomes.iter().flatten() {
        let said = |name: &str| call.member(name).unwrap_or_default().to_owned();
        let other = Other {
            primary_id: PROGRAM,
            primary: program.to_owned(),
            attributes: vec![
                ("Source".to_owned(), said("source")),
                ("Reason".to_owned(), said("reason")),
            ],
        };
        state.log_other(hand, *id, types::PUSH, other);
    }
    Ok(Answer::page(
        &outcomes.iter().map(sync::element).collect::<Vec<_>>(),
        None,
    ))
}

/// `leads/{id}/associate.json`: ties a cookie to a person.
pub(crate) fn associate(state: &mut State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let cookie = call.required("cookie")?.to_owned();
    let id: i64 = id.parse().map_err(|_| Refusal::not_found())?;
    if state.people.row(id).is_none() {
        return Err(Refusal::new(1004, format!("Lead '{id}' not found")));
    }
    if let Some(slot) = state.people.schema.slot("cookies") {
        let value = crate::sandbox::marketo::value::Value::Text(cookie);
        state.people.edit(id, &[(slot, Some(value))], call.now_ms);
    }
    Ok(Answer::done())
}

/// `leads/submitForm.json`: creates or updates by e-mail, as a form on a page does.
pub(crate) fn submit_form(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let body = call.json()?;
    let form = body
        .get("formId")
        .and_then(id_of)
        .ok_or_else(|| Refusal::missing("formId"))?;
    let records = call.input(state.options.open.too_many_records)?;
    let hand = Hand {
        actor: state.log.intern(&Actor::within("Web form fillout")),
        call: call.number,
        now_ms: call.now_ms,
    };
    let mut elements = Vec::with_capacity(records.len());
    for record in records {
        let empty = Map::new();
        let fields = record
            .get("leadFormFields")
            .and_then(Json::as_object)
            .unwrap_or(&empty);
        elements.push(sync::element(&fill(state, form, fields, hand)));
    }
    Ok(Answer::page(&elements, None))
}

/// One form fill-out; of several people with that e-mail the one changed last is meant.
pub(crate) fn fill(
    state: &mut State,
    form: i64,
    fields: &Map<String, Json>,
    hand: Hand,
) -> sync::Outcome {
    let email = fields
        .get("email")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned();
    if email.is_empty() {
        return Err(Refusal::missing("email"));
    }
    let edits = write::edits(state, fields)?;
    let found = state.people.find(state.slots.email, &email);
    let latest = |id: &i64| state.people.row(*id).map_or(0, |row| row.touched_ms);
    let target = found.into_iter().max_by_key(latest);
    write::check_company(state, target, &edits)?;
    let (id, status) = match target {
        Some(id) => {
            state.edit(id, &edits, hand);
            (id, "updated")
        }
        None => (state.create(&edits, hand, 0), "created"),
    };
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let other = Other {
        primary_id: form,
        primary: format!("Form {form}"),
        attributes: vec![("Form Fields".to_owned(), names.join(","))],
    };
    state.log_other(hand, id, types::FILL_FORM, other);
    Ok((id, status))
}

/// `leads/{id}/listMembership.json` and its siblings for programs and for campaigns, of which
/// there are none.
pub(crate) fn memberships(state: &State, id: &str, what: &str) -> Result<Answer, Refusal> {
    let id: i64 = id.parse().map_err(|_| Refusal::not_found())?;
    if state.people.row(id).is_none() {
        return Err(Refusal::new(1004, format!("Lead '{id}' not found")));
    }
    let lists = state
        .lists
        .lists
        .iter()
        .filter(|(_, list)| list.members.contains(&id));
    let program = state.program.get(&id);
    let elements: Vec<Json> = match what {
        "programMembership" => program
            .map(|status| json!({"programId": PROGRAM, "progressionStatus": status}))
            .into_iter()
            .collect(),
        "listMembership" => lists.map(|(list, _)| json!({"listId": list})).collect(),
        _ => Vec::new(),
    };
    Ok(Answer::members(
        &json!({"result": elements, "moreResult": false}),
    ))
}
