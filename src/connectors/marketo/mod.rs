//! Adobe Marketo Engage REST API: people, their change feeds, and what surrounds them.
//!
//! HTTP 200 means nothing here: every answer is an envelope, `success` means only that the call ran, and each record has
//! its own outcome. [`Marketo`] hands out typed results, and errors sorted by what may be done about them: a read is
//! repeated here, a write only when the answer proves that nothing was executed.

mod activities;
mod budget;
mod call;
mod central;
mod client;
mod codes;
mod envelope;
mod error;
mod exchange;
mod identity;
mod outcomes;
mod people;
mod rows;
mod schema;
mod times;
mod usage;
mod values;

pub use activities::{
    ActivityPage, CHANGES_KEPT, DELETES_KEPT, DeletedPerson, FieldChange, LeadChange,
    LeadChangeKind, MergedPeople,
};
pub use client::Marketo;
pub use people::{PEOPLE_A_CALL, PeopleAction, PeopleWrite};
pub use schema::{COMPANY_FIELDS, NewPersonField};
pub use usage::Usage;
pub use values::fits;
