//! Whose an opportunity is: its customer's account, or the account of the contact that is the customer.
//!
//! As Marketo's own connector does: an account that is the customer is the company; a contact that is the customer gives
//! its account, and none when it has none. A contact that moves to another account takes its opportunities along.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::end::ObjectEnd;
use super::virtuals::{COMPANY, dress};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen};
use crate::model::{Entity, Record, RecordKey, Side, Value};
use crate::store::{Base, StoreError, Tx};

/// The table a customer's account is asked of.
pub(super) const CONTACT: &str = "contact";
/// Whom a contact belongs to, and the account among them.
pub(super) const MEMBER_OF: &str = "parentcustomerid";
const ACCOUNT_OF: &str = "parentcustomerid:account";
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
    follow(context, items).await?;
    let mut accounts: HashMap<Uuid, Value> = HashMap::new();
    if let Some(table) = end.tables.get(CONTACT)
        && !contacts.is_empty()
    {
        let parent = [MEMBER_OF.to_owned()];
        let read = context.dynamics.read(table, &parent, &contacts).await?;
        accounts = read
            .into_iter()
            .filter_map(|row| {
                let account = row.get(ACCOUNT_OF).clone();
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

/// Notes whose account matters before it is read: a contact that moves later has its opportunities looked at.
async fn follow(context: &Context, items: &[Item]) -> Result<(), EngineError> {
    let pair = |item: &Item| Some((contact_of(item)?, item.row_key()?));
    let pairs: Vec<(Uuid, RecordKey)> = items.iter().filter_map(pair).collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let note = move |tx: &Tx<'_>| {
        let mut pairs = pairs.into_iter();
        pairs.try_for_each(|(contact, key)| tx.depend(contact, &Entity::OPPORTUNITY, key, true))
    };
    Ok(context.store.transaction(note).await?)
}

/// A row as its feed brings it: with what can be worked out from it, and with what it means for others.
pub(in crate::engine) fn seen(
    tx: &Tx<'_>,
    lane: &Lane,
    base: Option<&Base>,
    row: &mut Record,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    dress(lane.entity(), row);
    contact_moved(tx, lane, base, row, now)
}

/// Has the opportunities looked at whose customer is this contact, where it is another account's than was agreed.
fn contact_moved(
    tx: &Tx<'_>,
    lane: &Lane,
    base: Option<&Base>,
    row: &Record,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let contact = row.key.dynamics();
    let Some(contact) = contact.filter(|_| *lane.entity() == Entity::CONTACT) else {
        return Ok(());
    };
    let mut fields = lane.map.fields.iter();
    let company = fields.find(|field| field.map.dynamics == ACCOUNT_OF);
    let agreed = company.and_then(|field| {
        let ours = field.canonical(Side::Dynamics, row.get(ACCOUNT_OF));
        Some(*base?.get(&field.map.name)? == ours)
    });
    if agreed == Some(true) {
        return Ok(());
    }
    tx.wake_of(contact, &Entity::OPPORTUNITY, now)
}

fn contact_of(item: &Item) -> Option<Uuid> {
    match item.row.record()?.get("customerid:contact") {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}
