//! What one object demands of the others: parents that must exist, dependants that forbid a delete,
//! and the activities that its changes leave on people.

use super::{Object, What};
use crate::sandbox::marketo::activities::log::{Deed, Other};
use crate::sandbox::marketo::activities::types;
use crate::sandbox::marketo::answer::Refusal;
use crate::sandbox::marketo::state::{Hand, State};
use crate::sandbox::marketo::table::{Changed, Edit};
use crate::sandbox::marketo::value::Value;

/// The text of a field, as it will be after the edits.
fn text(object: &Object, target: Option<i64>, edits: &[Edit], name: &str) -> Option<String> {
    let slot = object.table.schema.slot(name)?;
    if let Some((_, value)) = edits.iter().rev().find(|(at, _)| *at == slot) {
        return value.as_ref().map(Value::text);
    }
    stored(object, target?, name)
}

/// The text of a field of a record.
fn stored(object: &Object, id: i64, name: &str) -> Option<String> {
    let slot = object.table.schema.slot(name)?;
    object.table.value(id, slot).map(|value| value.text())
}

/// Whether another object has a record with this text in this field.
fn exists(state: &State, path: &str, name: &str, text: &str) -> bool {
    let Some(other) = state.objects.get(path) else {
        return false;
    };
    let Some(slot) = other.table.schema.slot(name) else {
        return false;
    };
    !other.table.lookup(slot, text).is_empty()
}

/// Checks a write before it happens.
pub(crate) fn check(
    state: &mut State,
    object: &Object,
    target: Option<i64>,
    edits: &[Edit],
) -> Result<(), Refusal> {
    match object.what {
        What::Opportunity => {
            if text(object, target, edits, "name").is_none() {
                return Err(Refusal::new(701, "name cannot be blank"));
            }
            let owner = text(object, target, edits, "externalSalesPersonId");
            let known =
                |owner: &String| exists(state, "salespersons", "externalSalesPersonId", owner);
            if let Some(owner) = owner.filter(|owner| !known(owner)) {
                return Err(Refusal::new(
                    718,
                    format!("externalSalesPersonId '{owner}' not found"),
                ));
            }
        }
        What::Role => {
            let lead = text(object, target, edits, "leadId").and_then(|id| id.parse().ok());
            if lead.is_none_or(|id: i64| state.people.row(id).is_none()) {
                return Err(Refusal::lead_not_found());
            }
            let opportunity =
                text(object, target, edits, "externalOpportunityId").unwrap_or_default();
            if !exists(
                state,
                "opportunities",
                "externalOpportunityId",
                &opportunity,
            ) {
                return Err(Refusal::new(1013, "Opportunity not found"));
            }
        }
        What::Custom => check_links(state, object, edits)?,
        What::Company | What::SalesPerson | What::NamedAccount => {}
    }
    Ok(())
}

/// The records that a custom object points to must be there.
fn check_links(state: &mut State, object: &Object, edits: &[Edit]) -> Result<(), Refusal> {
    for link in &object.links {
        let edit = edits.iter().rev().find(|(slot, _)| *slot == link.slot);
        let Some((_, Some(value))) = edit else {
            continue;
        };
        let text = value.text();
        match link.to.as_str() {
            "Lead" => {
                let slot = state
                    .people
                    .schema
                    .slot(&link.field)
                    .unwrap_or(state.slots.id);
                if state.people.find(slot, &text).is_empty() {
                    return Err(Refusal::lead_not_found());
                }
            }
            "Company" => {
                if !exists(state, "companies", &link.field, &text) {
                    return Err(Refusal::new(1013, "Company not found"));
                }
            }
            other => {
                let path = format!("customobjects/{}", other.to_lowercase());
                if !exists(state, &path, &link.field, &text) {
                    return Err(Refusal::new(1013, format!("{other} not found")));
                }
            }
        }
    }
    Ok(())
}

/// Whether dependants forbid the delete of a record (1022).
pub(crate) fn in_use(state: &mut State, object: &Object, id: i64) -> bool {
    let key = |name: &str| stored(object, id, name).unwrap_or_default();
    match object.what {
        What::SalesPerson => {
            let key = key("externalSalesPersonId");
            !state
                .people
                .find(state.slots.external_sales_person, &key)
                .is_empty()
                || exists(state, "companies", "externalSalesPersonId", &key)
                || exists(state, "opportunities", "externalSalesPersonId", &key)
        }
        What::Company => {
            let key = key("externalCompanyId");
            state.options.open.company_delete_refused
                && !state
                    .people
                    .find(state.slots.external_company, &key)
                    .is_empty()
        }
        What::Opportunity => {
            let key = key("externalOpportunityId");
            exists(state, "opportunities/roles", "externalOpportunityId", &key)
        }
        What::Role | What::NamedAccount | What::Custom => false,
    }
}

/// The activity of a role on its person.
fn role_activity(state: &mut State, object: &Object, id: i64, kind: u32, hand: Hand) {
    let field = |name: &str| stored(object, id, name).unwrap_or_default();
    let Ok(lead) = field("leadId").parse() else {
        return;
    };
    let is_primary = if field("isPrimary") == "true" {
        "1"
    } else {
        "0"
    };
    let other = Other {
        primary_id: id,
        primary: field("externalOpportunityId"),
        attributes: vec![
            ("Role".to_owned(), field("role")),
            ("Is Primary".to_owned(), is_primary.to_owned()),
        ],
    };
    state.log_other(hand, lead, kind, other);
}

/// After a record was made.
pub(crate) fn created(state: &mut State, object: &Object, id: i64, hand: Hand) {
    if object.what == What::Role {
        role_activity(state, object, id, types::ADD_TO_OPPORTUNITY, hand);
    }
}

/// Before a record goes.
pub(crate) fn deleted(state: &mut State, object: &Object, id: i64, hand: Hand) {
    if object.what == What::Role {
        role_activity(state, object, id, types::REMOVE_FROM_OPPORTUNITY, hand);
    }
}

/// After a record was changed.
pub(crate) fn changed(
    state: &mut State,
    object: &Object,
    id: i64,
    changed: &[Changed],
    hand: Hand,
) {
    if object.what != What::Company || !state.options.open.company_changes_logged {
        return;
    }
    let key = stored(object, id, "externalCompanyId").unwrap_or_default();
    for person in state.people.find(state.slots.external_company, &key) {
        for change in changed {
            let field = object.table.schema.field(change.slot);
            let slot = field.and_then(|field| state.people.schema.slot(&field.name));
            let Some(slot) = slot else { continue };
            let show = |value: &Option<Value>| {
                value
                    .as_ref()
                    .map(|value| value.activity_text().into_boxed_str())
            };
            let deed = Deed::Changed {
                slot,
                old: show(&change.old),
                new: show(&change.new),
            };
            state.log(hand, person, types::CHANGE_VALUE, deed);
        }
    }
}
