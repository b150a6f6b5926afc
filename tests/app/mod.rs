//! What the console knows and decides.

mod conflicts;
pub mod desk;
mod entities;
pub mod failures;
pub mod fake;
mod fields;
mod keys;
mod mappings;
mod news;
mod overview;
mod quitting;
mod random;
mod runner;
