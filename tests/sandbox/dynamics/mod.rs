//! The Dynamics server, one sentence of the vendor's documents a test.

mod actions;
mod batches;
mod bullets;
mod clients;
mod customising;
mod definitions;
mod deletions;
mod documents;
mod faults;
pub mod harness;
mod keys;
mod limits;
mod lists;
mod people;
mod promises;
mod queries;
mod signing_in;
mod story;
mod tracking;
mod writes;
