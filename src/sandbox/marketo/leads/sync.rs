//! `leads.json` writes: create and update in batches, deletes; one outcome a record.

use serde_json::{Map, Value as Json, json};

use super::{read, write};
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::faults;
use crate::sandbox::marketo::schema::Origin;
use crate::sandbox::marketo::state::{Hand, State};

/// What to do with records that exist, or do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    CreateOrUpdate,
    CreateOnly,
    UpdateOnly,
    CreateDuplicate,
}

impl Action {
    pub(crate) fn parse(word: Option<&str>) -> Result<Self, Refusal> {
        Ok(match word.unwrap_or("createOrUpdate") {
            "createOrUpdate" => Self::CreateOrUpdate,
            "createOnly" => Self::CreateOnly,
            "updateOnly" => Self::UpdateOnly,
            "createDuplicate" => Self::CreateDuplicate,
            other => {
                return Err(Refusal::new(
                    1003,
                    format!("Invalid value '{other}' for 'action'"),
                ));
            }
        })
    }
}

/// What became of one record.
pub(crate) type Outcome = Result<(i64, &'static str), Refusal>;

/// How a batch of people is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub action: Action,
    /// Slot of the look-up field.
    pub lookup: u16,
    /// Partition named by the caller.
    pub partition: Option<u16>,
    pub hand: Hand,
}

/// `POST leads.json`.
pub(crate) fn sync(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let body = call.json()?;
    let action = Action::parse(body.get("action").and_then(Json::as_str))?;
    let lookup = lookup(state, call.member("lookupField"), action)?;
    let partition = partition(state, call.member("partitionName"), action)?;
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("syncLead", call.number, call.now_ms);
    let outcomes = run(
        state,
        Plan {
            action,
            lookup,
            partition,
            hand,
        },
        records,
    )?;
    Ok(Answer::page(
        &outcomes.iter().map(element).collect::<Vec<_>>(),
        None,
    ))
}

/// The slot of the look-up field, e-mail unless named; `id` only to update (1003).
pub(crate) fn lookup(state: &State, name: Option<&str>, action: Action) -> Result<u16, Refusal> {
    let slot = read::lookup_slot(state, name.unwrap_or("email"))?;
    let by_id = state
        .people
        .schema
        .field(slot)
        .is_some_and(|field| field.origin == Origin::Id);
    if by_id && action != Action::UpdateOnly {
        let text = "Lookup field 'id' is allowed with action 'updateOnly' only";
        return Err(Refusal::new(1003, text));
    }
    Ok(slot)
}

/// The index of a partition named by the caller; 1008 for one that is not there.
pub(crate) fn partition(
    state: &State,
    name: Option<&str>,
    action: Action,
) -> Result<Option<u16>, Refusal> {
    let Some(name) = name else { return Ok(None) };
    if action == Action::UpdateOnly {
        return Err(Refusal::new(
            1003,
            "partitionName is not allowed with action 'updateOnly'",
        ));
    }
    let found = state
        .options
        .partitions
        .iter()
        .position(|known| known == name);
    let denied = || Refusal::new(1008, format!("Access to partition '{name}' denied"));
    found.map(|at| Some(at as u16)).ok_or_else(denied)
}

/// Writes a batch. All look-ups come before the first write, so a new key that is twice in one
/// batch makes two people, as with the vendor. An outer refusal means that nothing was written.
pub(crate) fn run(
    state: &mut State,
    plan: Plan,
    records: &[Json],
) -> Result<Vec<Outcome>, Refusal> {
    if !state.options.open.unknown_field_skips_record {
        for record in records.iter().filter_map(Json::as_object) {
            if let Some(name) = record
                .keys()
                .find(|name| state.people.schema.slot(name).is_none())
            {
                return Err(Refusal::new(1006, format!("Field '{name}' not found")));
            }
        }
    }
    let targets: Vec<Result<Option<i64>, Refusal>> = records
        .iter()
        .map(|record| target(state, plan, record))
        .collect();
    let skipped = state.faults.skipped(records.len());
    let outcomes = records
        .iter()
        .zip(targets)
        .enumerate()
        .map(|(at, (record, target))| {
            if skipped == Some(at) {
                return Err(Refusal::new(719, faults::text(719)));
            }
            apply(state, plan, record, target?)
        });
    Ok(outcomes.collect())
}

/// The person a record means: none to create one.
fn target(state: &mut State, plan: Plan, record: &Json) -> Result<Option<i64>, Refusal> {
    let Some(record) = record.as_object() else {
        return Err(Refusal::new(1003, "Invalid data"));
    };
    if plan.action == Action::CreateDuplicate {
        return Ok(None);
    }
    let Some(field) = state.people.schema.field(plan.lookup) else {
        return Ok(None);
    };
    let name = field.name.clone();
    let key = match record.get(&name) {
        Some(Json::String(text)) => text.trim().to_owned(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    if key.is_empty() {
        return match plan.action {
            Action::UpdateOnly => Err(Refusal::missing(&name)),
            _ => Ok(None),
        };
    }
    let hidden_from = plan.hand.now_ms - state.options.upsert_race.as_millis() as i64;
    let mut found = state.people.find(plan.lookup, &key);
    if !state.options.upsert_race.is_zero() && plan.action != Action::UpdateOnly {
        found.retain(|id| {
            state
                .people
                .row(*id)
                .is_some_and(|row| row.created_ms < hidden_from)
        });
    }
    let several = || Refusal::new(1007, "Multiple lead match lookup criteria");
    match (plan.action, found.as_slice()) {
        (Action::UpdateOnly, []) => Err(Refusal::lead_not_found()),
        (_, []) => Ok(None),
        (Action::CreateOnly, [_]) => Err(Refusal::new(1005, "Lead already exists")),
        (Action::CreateOnly, _) if state.options.open.create_only_several == 1005 => {
            Err(Refusal::new(1005, "Lead already exists"))
        }
        (Action::CreateOnly, _) => Err(several()),
        (_, [one]) => Ok(Some(*one)),
        (_, _) => Err(several()),
    }
}

fn apply(state: &mut State, plan: Plan, record: &Json, target: Option<i64>) -> Outcome {
    let record = record
        .as_object()
        .ok_or_else(|| Refusal::new(1003, "Invalid data"))?;
    if plan.action != Action::UpdateOnly && has_id(record) {
        let text = "Field 'id' is allowed with action 'updateOnly' only";
        return Err(Refusal::new(1003, text));
    }
    let edits = write::edits(state, record)?;
    write::check_company(state, target, &edits)?;
    match target {
        Some(id) => {
            let here = state.people.row(id).map(|row| row.partition);
            if plan.partition.is_some() && here != plan.partition {
                return Err(Refusal::new(1010, "Partition update not allowed"));
            }
            state.edit(id, &edits, plan.hand);
            Ok((id, "updated"))
        }
        None if plan.partition.is_none() && state.options.partition_required => {
            Err(Refusal::new(1009, "Partition name must be specified"))
        }
        None => Ok((
            state.create(&edits, plan.hand, plan.partition.unwrap_or(0)),
            "created",
        )),
    }
}

fn has_id(record: &Map<String, Json>) -> bool {
    record.get("id").is_some_and(|id| !id.is_null())
}

/// The element of an outcome.
pub(crate) fn element(outcome: &Outcome) -> Vec<u8> {
    match outcome {
        Ok((id, status)) => format!("{{\"id\":{id},\"status\":\"{status}\"}}").into_bytes(),
        Err(refusal) => json!({"status": "skipped", "reasons": [refusal.json()]})
            .to_string()
            .into_bytes(),
    }
}

/// `leads/delete.json` and its older forms: ids in the body or in the query.
pub(crate) fn delete(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let ids = call.record_ids(state.options.open.too_many_records)?;
    let hand = state.api_hand("deleteLead", call.number, call.now_ms);
    let skipped = state.faults.skipped(ids.len());
    let outcomes = ids.iter().enumerate().map(|(at, id)| match id {
        _ if skipped == Some(at) => Err(Refusal::new(719, faults::text(719))),
        Some(id) if state.delete(*id, hand) => Ok((*id, "deleted")),
        Some(id) => Err(Refusal::new(1004, format!("Lead '{id}' not found"))),
        None => Err(Refusal::missing("id")),
    });
    let elements: Vec<Vec<u8>> = outcomes.map(|outcome| element(&outcome)).collect();
    Ok(Answer::page(&elements, None))
}
