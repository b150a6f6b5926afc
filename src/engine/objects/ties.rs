//! What makes a row a role: which opportunity, whose person, in which part.
//!
//! As Marketo's own connector does: each connection from an opportunity to a contact, in a role of the stakeholders'
//! category, is one role of the contact's person; and so is a contact that is an opportunity's potential customer. An
//! account that is the customer is nobody's role, unless the admin wants its contacts to have one each.

use uuid::Uuid;

use super::namesakes::namesake;
use crate::model::{Entity, Record, Value};

/// What is read of a connection. Dynamics keeps each one twice, once from either end: the one from the opportunity counts.
const CONNECTION: [&str; 4] = ["record1id", "record2id", "record2roleid", "statecode"];
/// What is read of an opportunity for its customer's role.
const CUSTOMER: [&str; 1] = ["customerid"];

/// The columns, worked out, of the two an account's contact and its opportunity are.
pub(super) const PAIR: [&str; 2] = ["pair:opportunity", "pair:contact"];

/// The state of a connection that holds.
const ACTIVE: i64 = 0;

/// What a row ties together.
pub(super) struct Tie {
    pub(super) opportunity: Uuid,
    pub(super) contact: Uuid,
    pub(super) part: Part,
}

/// In which part a contact belongs to an opportunity.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// In that of this connection role.
    Connection(Uuid),
    /// As the one it is to be sold to.
    Customer,
    /// As one of the customer's, which is an account.
    Member,
}

/// The columns a lane of roles reads without mapping them.
pub(super) fn columns(entity: &Entity) -> &'static [&'static str] {
    if *entity == Entity::CUSTOMER_ROLE || *entity == Entity::ACCOUNT_ROLE {
        &CUSTOMER
    } else {
        &CONNECTION
    }
}

/// The column, worked out, that tells the part by its name.
pub(super) fn name_column(entity: &Entity) -> &'static str {
    if *entity == Entity::CUSTOMER_ROLE {
        "customerid:role"
    } else if *entity == Entity::ACCOUNT_ROLE {
        "customerid:contacts"
    } else {
        "record2roleid:name"
    }
}

/// What `row` ties together; none where it is nobody's role.
pub(super) fn tie(entity: &Entity, row: &Record) -> Option<Tie> {
    let id = |column: &str| match row.get(column) {
        Value::Id(id) => Some(*id),
        _ => None,
    };
    if *entity == Entity::CUSTOMER_ROLE {
        return Some(Tie {
            opportunity: namesake(entity, row.key.dynamics()?),
            contact: id("customerid:contact")?,
            part: Part::Customer,
        });
    }
    if *entity == Entity::ACCOUNT_ROLE {
        let [opportunity, contact] = PAIR.map(id);
        return Some(Tie {
            opportunity: opportunity?,
            contact: contact?,
            part: Part::Member,
        });
    }
    if *row.get("statecode") != Value::Integer(ACTIVE) {
        return None;
    }
    Some(Tie {
        opportunity: id("record1id:opportunity")?,
        contact: id("record2id:contact")?,
        part: Part::Connection(id("record2roleid")?),
    })
}

/// The rows a role has to follow: its opportunity, and the contact whose person has it.
pub(super) fn parents(entity: &Entity, row: &Record) -> Vec<Uuid> {
    let tie = tie(entity, row);
    tie.map_or_else(Vec::new, |tie| vec![tie.opportunity, tie.contact])
}
