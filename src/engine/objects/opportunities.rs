//! Whose an opportunity is: its customer's account, or the account of the contact that is the customer.
//!
//! As Marketo's own connector does: an account that is the customer is the company; a contact that is the customer gives
//! its account, and none when it has none.

use std::collections::HashMap;

use uuid::Uuid;

use super::end::ObjectEnd;
use super::virtuals::COMPANY;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::slice::{Item, Seen};
use crate::model::Value;

/// The table a customer's account is asked of.
pub(super) const CONTACT: &str = "contact";
/// Whom an opportunity belongs to; an account or a contact.
pub(super) const CUSTOMER: &str = "customerid";

/// Adds the company to each row: one more read for all contacts of a slice, none where only accounts are customers.
pub(super) async fn companies(
    context: &Context,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let mut contacts: Vec<Uuid> = items.iter().filter_map(contact_of).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let mut accounts: HashMap<Uuid, Value> = HashMap::new();
    if let Some(table) = end.tables.get(CONTACT)
        && !contacts.is_empty()
    {
        let parent = ["parentcustomerid".to_owned()];
        let read = context.dynamics.read(table, &parent, &contacts).await?;
        accounts = read
            .into_iter()
            .filter_map(|row| {
                let account = row.get("parentcustomerid:account").clone();
                Some((row.key.dynamics()?, account))
            })
            .collect();
    }
    for item in items {
        let through = contact_of(item).and_then(|contact| accounts.get(&contact));
        let through = through.cloned().unwrap_or_default();
        if let Seen::Here(row) = &mut item.row {
            let own = row.get("customerid:account").clone();
            let company = if own.is_null() { through } else { own };
            row.fields.insert(COMPANY.to_owned(), company);
        }
    }
    Ok(())
}

fn contact_of(item: &Item) -> Option<Uuid> {
    match item.row.record()?.get("customerid:contact") {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}
