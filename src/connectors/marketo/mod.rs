//! Adobe Marketo Engage REST API: people, their change feeds, and what surrounds them.
//!
//! HTTP 200 means nothing here: every answer is an envelope, `success` means only that the call ran, and each record has
//! its own outcome. [`Marketo`] hands out typed results, and errors sorted by what may be done about them: a read is
//! repeated here, a write only when the answer proves that nothing was executed.

mod activities;
mod batch;
mod budget;
mod call;
mod central;
mod client;
mod codes;
mod custom_activities;
mod custom_schema;
mod custom_types;
mod envelope;
mod error;
mod exchange;
mod extract;
mod extract_file;
mod extract_rows;
mod feed;
mod fields;
mod identity;
mod import;
mod lists;
mod merge;
mod native;
mod object;
mod objects;
mod outcomes;
mod paging;
mod people;
mod rows;
mod schema;
mod times;
mod usage;
mod values;
mod verdict;

pub use batch::PEOPLE_A_CALL;
pub use client::Marketo;
pub use custom_activities::{ActivityType, NewActivity};
pub use custom_schema::CustomType;
pub use custom_types::{CustomTypeState, NewCustomField, NewCustomType};
pub use extract::{EXTRACT_DAYS, EXTRACT_POLL, ExtractFilter, ExtractJob, ExtractOf, JobState};
pub use extract_file::ExtractFile;
pub use extract_rows::ExtractRows;
pub use feed::{
    ActivityPage, CHANGES_KEPT, DELETES_KEPT, DeletedPerson, FieldChange, LeadChange,
    LeadChangeKind, MergedPeople, Touched,
};
pub use import::{IMPORT_BYTES, ImportJob, ImportOf, import_file};
pub use lists::{MembersPage, StaticList};
pub use merge::Partition;
pub use object::{Object, ObjectInfo, ObjectOutcome, ObjectRecord};
pub use people::{PeopleAction, PeopleWrite};
pub use schema::{COMPANY_FIELDS, NewPersonField};
pub use usage::{ErrorCounts, Usage};
pub use values::fits;
