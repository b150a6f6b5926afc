//! Actions by name; closing an opportunity.

use serde_json::Value;
use uuid::Uuid;

use super::cell::Cell;
use super::modify::Modify;
use super::payload::{self, Changes};
use super::reply::{Answer, Fault, Reply};
use super::schema::Table;
use super::{define, merge, qualify};

/// An unbound action, or nothing when the name is none.
pub fn unbound(modify: &mut Modify, name: &str) -> Option<Answer> {
    match name.trim_start_matches("Microsoft.Dynamics.CRM.") {
        "Merge" => Some(merge::merge(modify)),
        "WinOpportunity" => Some(close(modify, 1)),
        "LoseOpportunity" => Some(close(modify, 2)),
        "CreateEntities" => Some(define::create_entities(modify)),
        "PublishXml" | "PublishAllXml" => Some(Ok(Reply::empty())),
        "BulkDelete" => Some(bulk_delete(modify)),
        _ => None,
    }
}

/// An action bound to a row.
pub fn bound(modify: &mut Modify, table: &Table, id: Uuid, name: &str) -> Answer {
    match (
        table.name.as_str(),
        name.trim_start_matches("Microsoft.Dynamics.CRM."),
    ) {
        ("lead", "QualifyLead") => qualify::qualify(modify, table, id),
        (_, other) => Err(Fault::segment(other)),
    }
}

/// `WinOpportunity` and `LoseOpportunity`: the close activity names the opportunity.
fn close(modify: &mut Modify, state: i32) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let bind = body
        .get("OpportunityClose")
        .and_then(|close| close.get("opportunityid@odata.bind"))
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::argument("Required field 'OpportunityClose' is missing."))?;
    let (number, id) = payload::refer(modify.data, bind, modify.created)?;
    let schema = modify.data.schema.clone();
    let table = schema.table(number);
    let Some(slot) = modify.data.rows(number).slot(&id) else {
        return Err(Fault::missing(&table.name, &id));
    };
    let mut changes = Changes::default();
    let status = body
        .get("Status")
        .and_then(Value::as_i64)
        .filter(|status| *status > 0);
    changes.set(
        table.find("statecode").unwrap_or_default(),
        Cell::Int(state),
    );
    if let (Some(at), Some(status)) = (table.find("statuscode"), status) {
        changes.set(at, Cell::Int(status as i32));
    }
    if let Some(at) = table.find("actualclosedate") {
        changes.set(at, Cell::Date(modify.call.now.div_euclid(86_400) as i32));
    }
    modify.writer().update(number, slot, changes)?;
    Ok(Reply::empty())
}

/// The rows whose ids the first condition lists are deleted at once, where the vendor would queue
/// a job; other queries are refused.
fn bulk_delete(modify: &mut Modify) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let query = body
        .get("QuerySet")
        .and_then(|set| set.get(0))
        .unwrap_or(&Value::Null);
    let name = query
        .get("EntityName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let bad = || Fault::argument("Only a list of ids can be deleted in bulk here.");
    let schema = modify.data.schema.clone();
    let table = schema.by_name(name).ok_or_else(bad)?;
    let condition = query.pointer("/Criteria/Conditions/0").ok_or_else(bad)?;
    let values = condition
        .get("Values")
        .and_then(Value::as_array)
        .ok_or_else(bad)?;
    let id = |value: &Value| {
        let text = value.get("Value").unwrap_or(value).as_str()?;
        Uuid::parse_str(text).ok()
    };
    for id in values.iter().filter_map(id) {
        if let Some(slot) = modify.data.rows(table.number).slot(&id) {
            modify.writer().delete(table.number, slot)?;
        }
    }
    let job = modify.data.new_id();
    Ok(Reply::value(&serde_json::json!({
        "@odata.context": format!("{}$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse", modify.call.caller.root()),
        "JobId": job,
    })))
}
