//! Every fact that must survive, in one SQLite file a profile.
//!
//! [`Store`] hands out transactions ([`Tx`], one writer) and read snapshots ([`Reader`]); each noun has its own file
//! with its types and its `impl Reader` and `impl Tx`. The store has no clock: every time is given by the caller
//! and kept to the millisecond.

mod account_roles;
mod activities;
mod backlog;
mod base;
mod columns;
mod commands;
mod compact;
mod conflict_list;
mod conflicts;
mod conversions;
mod copy;
mod cursors;
mod custom;
mod cycles;
mod dependants;
mod dirty;
mod error;
mod failure_groups;
mod failures;
mod guid;
mod journal;
mod journal_find;
mod lease;
mod ledger;
mod links;
mod mappings;
mod marketo_only;
mod meta;
mod minutes;
mod open;
mod outbox;
mod query;
mod related;
mod settings;
mod waiting;
mod wanted;
mod work;

pub use account_roles::{AccountRole, Belonging, Half, MOST_MEMBERS, Paired};
pub use backlog::Backlog;
pub use base::Base;
pub use conflict_list::{ConflictFilter, Order};
pub use conflicts::{NewConflict, Resolved};
pub use conversions::Conversion;
pub use cursors::{Cursor, CursorStage};
pub use cycles::{BatchRow, CycleRow};
pub use dirty::{Dirty, DirtyReason};
pub use error::StoreError;
pub use failure_groups::FailureGroup;
pub use failures::{FailureFilter, NewFailure};
pub use guid::{from_stored, to_stored};
pub use journal::JournalRow;
pub use lease::{Holder, LeaseOutcome};
pub use links::{Link, LinkState, NewLink};
pub use mappings::MappingVersion;
pub use marketo_only::Listed;
pub use meta::Binding;
pub use minutes::Minute;
pub use outbox::{NewOp, Op, OpField, OpKind, OpState};
pub use query::{Reader, Tx};
pub use waiting::{Failed, Waiting};
pub use work::Store;
