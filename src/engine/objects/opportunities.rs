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
use crate::model::{Entity, Record, RecordKey, Value};
use crate::store::{StoreError, Tx};

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
        led(context, items, &accounts).await?;
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

/// Notes the account each contact had, now that it is read: another one is news.
async fn led(
    context: &Context,
    items: &[Item],
    accounts: &HashMap<Uuid, Value>,
) -> Result<(), EngineError> {
    let led = |item: &Item| {
        let contact = contact_of(item)?;
        Some((contact, item.row_key()?, account_in(accounts.get(&contact))))
    };
    let led: Vec<(Uuid, RecordKey, Option<Uuid>)> = items.iter().filter_map(led).collect();
    if led.is_empty() {
        return Ok(());
    }
    let note = move |tx: &Tx<'_>| {
        let mut led = led.into_iter();
        led.try_for_each(|(contact, key, account)| {
            tx.led(contact, &Entity::OPPORTUNITY, key, account)
        })
    };
    Ok(context.store.transaction(note).await?)
}

fn account_in(value: Option<&Value>) -> Option<Uuid> {
    match value {
        Some(Value::Id(account)) => Some(*account),
        _ => None,
    }
}

/// A row as its feed brings it: with what can be worked out from it, and with what it means for others. A contact that
/// is of another account than its opportunities were told has them looked at.
pub(in crate::engine) fn seen(
    tx: &Tx<'_>,
    lane: &Lane,
    row: &mut Record,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    dress(lane.entity(), row);
    let contact = row.key.dynamics();
    let Some(contact) = contact.filter(|_| *lane.entity() == Entity::CONTACT) else {
        return Ok(());
    };
    let account = account_in(Some(row.get(ACCOUNT_OF)));
    tx.leads(contact, &Entity::OPPORTUNITY, account, now)
}

fn contact_of(item: &Item) -> Option<Uuid> {
    match item.row.record()?.get("customerid:contact") {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}
