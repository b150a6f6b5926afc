//! What the console knows and decides.

mod conflicts;
mod entities;
pub mod fake;
mod keys;
mod mappings;
mod news;
mod overview;
mod quitting;
mod random;
mod runner;
