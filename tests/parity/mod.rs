//! What the native connector does, statement by statement, shown of ours.

mod basics;
mod filter;
mod ledger;
