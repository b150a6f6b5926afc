//! Sync and delete of an object: batches with one outcome a record, told by `seq`.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::{Object, What, read, rules};
use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::faults;
use crate::sandbox::marketo::leads::sync::Action;
use crate::sandbox::marketo::leads::write::checked;
use crate::sandbox::marketo::schema::Origin;
use crate::sandbox::marketo::state::{Hand, State};
use crate::sandbox::marketo::table::Edit;

/// What became of one record: its number and status.
type Outcome = Result<(i64, &'static str), Refusal>;

/// Whether the records of a batch are told apart by key (true) or by id.
fn by_key(object: &Object, given: Option<&str>, member: &str) -> Result<bool, Refusal> {
    match given.unwrap_or("dedupeFields") {
        "dedupeFields" => Ok(true),
        "idField" => Ok(false),
        field if field == object.id_field => Ok(false),
        other => Err(Refusal::new(
            1003,
            format!("Invalid value '{other}' for '{member}'"),
        )),
    }
}

/// The object belongs to a CRM that the vendor's own connector syncs.
fn refuse_native(state: &State, object: &Object) -> Result<(), Refusal> {
    let owned = !matches!(object.what, What::Custom | What::NamedAccount);
    if state.options.native_crm && owned {
        return Err(Refusal::new(
            1018,
            format!("CRM is enabled: {} is read-only", object.label),
        ));
    }
    Ok(())
}

/// `POST {object}.json`.
pub(crate) fn sync(state: &mut State, object: &mut Object, call: &Call) -> Result<Answer, Refusal> {
    let body = call.json()?;
    refuse_native(state, object)?;
    let action = Action::parse(body.get("action").and_then(Json::as_str))?;
    if action == Action::CreateDuplicate {
        return Err(Refusal::new(
            1003,
            "Invalid value 'createDuplicate' for 'action'",
        ));
    }
    let by_key = by_key(object, call.member("dedupeBy"), "dedupeBy")?;
    if !by_key && action != Action::UpdateOnly {
        let text = "dedupeBy 'idField' is allowed with action 'updateOnly' only";
        return Err(Refusal::new(1003, text));
    }
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("sync", call.number, call.now_ms);
    let skipped = state.faults.skipped(records.len());
    let mut seen = HashSet::new();
    let rows = records.iter().enumerate().map(|(seq, record)| {
        let outcome = if skipped == Some(seq) {
            Err(Refusal::new(719, faults::text(719)))
        } else {
            one(state, object, (action, by_key, hand), &mut seen, record)
        };
        row(object, seq, outcome)
    });
    Ok(Answer::result(rows.collect()))
}

/// Writes one record. `seen` holds the keys of the batch so far.
pub(crate) fn one(
    state: &mut State,
    object: &mut Object,
    (action, by_key, hand): (Action, bool, Hand),
    seen: &mut HashSet<String>,
    record: &Json,
) -> Outcome {
    let fields = record
        .as_object()
        .ok_or_else(|| Refusal::new(1003, "Invalid data"))?;
    let id_slot: Vec<u16> = object
        .table
        .schema
        .slot(object.id_field)
        .into_iter()
        .collect();
    let slots = if by_key { object.key.clone() } else { id_slot };
    let key = read::parts(object, &slots, record)?;
    let name = key
        .iter()
        .map(|(_, text)| text.to_lowercase())
        .collect::<Vec<_>>()
        .join("\n");
    if !seen.insert(name) {
        return Err(Refusal::new(1036, "Duplicate object in input"));
    }
    let found = object.find_all(&key).first().copied();
    let target = match (action, found) {
        (Action::CreateOnly, Some(_)) => {
            return Err(Refusal::new(1017, "Object already exists"));
        }
        (Action::UpdateOnly, None) => return Err(Refusal::new(1013, "Record not found")),
        (_, found) => found,
    };
    let mut edits = edits(state, object, fields, target)?;
    rules::check(state, object, target, &edits)?;
    if let Some(id) = target {
        let changed = object.table.edit(id, &edits, hand.now_ms);
        rules::changed(state, object, id, &changed, hand);
        return Ok((id, "updated"));
    }
    if object.id_field == "marketoGUID" {
        let bytes = state.rng.u128(..).to_le_bytes();
        let guid = uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string();
        let slot = object.table.schema.slot("marketoGUID").unwrap_or_default();
        edits.push((
            slot,
            Some(crate::sandbox::marketo::value::Value::Text(guid)),
        ));
    }
    let id = object.table.insert(&edits, hand.now_ms, 0);
    rules::created(state, object, id, hand);
    Ok((id, "created"))
}

/// The edits of a record; the key of an existing one cannot change and is left out.
fn edits(
    state: &State,
    object: &Object,
    fields: &Map<String, Json>,
    target: Option<i64>,
) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::with_capacity(fields.len());
    for (name, json) in fields {
        if name == object.id_field || name == "marketoGuid" {
            continue;
        }
        let unknown = || Refusal::new(1006, format!("Field '{name}' not found"));
        let slot = object.table.schema.slot(name).ok_or_else(unknown)?;
        let Some(field) = object.table.schema.field(slot) else {
            continue;
        };
        if field.read_only || field.origin != Origin::Stored {
            return Err(Refusal::new(
                1003,
                format!("Field '{name}' is not updateable"),
            ));
        }
        let value = checked(field, json, state.options.zone_hours)?;
        if object.key.contains(&slot) && target.is_some() {
            continue;
        }
        edits.push((slot, value));
    }
    Ok(edits)
}

/// The element of an outcome.
fn row(object: &Object, seq: usize, outcome: Outcome) -> Json {
    match outcome {
        Ok((id, status)) => {
            let slot = object
                .table
                .schema
                .slot(object.id_field)
                .unwrap_or_default();
            let id = match object.table.schema.field(slot) {
                Some(field) => read::value(object, id, slot, field),
                None => Json::Null,
            };
            json!({"seq": seq, "status": status, object.id_field: id})
        }
        Err(refusal) => json!({"seq": seq, "status": "skipped", "reasons": [refusal.json()]}),
    }
}

/// `POST {object}/delete.json`.
pub(crate) fn delete(
    state: &mut State,
    object: &mut Object,
    call: &Call,
) -> Result<Answer, Refusal> {
    call.json()?;
    refuse_native(state, object)?;
    let by_key = by_key(object, call.member("deleteBy"), "deleteBy")?;
    let records = call.input(state.options.open.too_many_records)?;
    let hand = state.api_hand("delete", call.number, call.now_ms);
    let id_slot: Vec<u16> = object
        .table
        .schema
        .slot(object.id_field)
        .into_iter()
        .collect();
    let slots = if by_key { object.key.clone() } else { id_slot };
    let skipped = state.faults.skipped(records.len());
    let mut rows = Vec::with_capacity(records.len());
    for (seq, record) in records.iter().enumerate() {
        let outcome = if skipped == Some(seq) {
            Err(Refusal::new(719, faults::text(719)))
        } else {
            delete_one(state, object, &slots, record)
        };
        let gone = outcome.as_ref().ok().copied();
        // The row shows the record's id, so it is written before the record goes.
        rows.push(row(object, seq, outcome.map(|id| (id, "deleted"))));
        if let Some(id) = gone {
            rules::deleted(state, object, id, hand);
            object.table.remove(id);
        }
    }
    Ok(Answer::result(rows))
}

/// The number of a record that may be deleted.
fn delete_one(
    state: &mut State,
    object: &mut Object,
    slots: &[u16],
    record: &Json,
) -> Result<i64, Refusal> {
    let key = read::parts(object, slots, record)?;
    let found = object.find_all(&key).first().copied();
    let id = found.ok_or_else(|| Refusal::new(1013, "Record not found"))?;
    if rules::in_use(state, object, id) {
        return Err(Refusal::new(1022, "Object in use"));
    }
    Ok(id)
}
