//! What the native connector does, statement by statement, shown of ours.

mod basics;
mod fields;
mod filter;
mod ledger;
mod objects;
mod opportunities;
mod qualify;
mod schedule;
mod tasks;
