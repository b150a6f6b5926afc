//! syncdeck keeps Adobe Marketo Engage and Microsoft Dynamics 365 in step.
//!
//! A room imports only rooms below it (`tests/tidy/rooms.rs` proves it):
//!
//! ```text
//! 6  main, cli        parse, wire the rooms together, headless twins
//! 5  tui              draws &State
//! 4  app              update(&mut State, Event) -> Vec<Effect>
//! 3  engine           the cycle: pull, reconcile, stage, push, settle
//! 2  connectors       the two vendors' protocols
//! 2  store            SQLite: every fact that must survive
//! 2  reconcile        three-way merge, policy, brakes: pure
//! 1  mapping          field maps, canonical values: pure
//! 1  config           profiles, paths, secrets: plain data
//! 0  model, clock     the nouns; the only "now"
//! -  sandbox          local servers that imitate both vendors (imports clock only)
//! ```

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connectors;
pub mod engine;
pub mod mapping;
pub mod model;
pub mod reconcile;
pub mod sandbox;
pub mod store;
pub mod tui;
