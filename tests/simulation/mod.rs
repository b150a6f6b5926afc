//! Seeded lives: people edit both sides, admins decide, everything fails now and then, the engine is killed. After
//! each life the invariants of the sync must hold.
//!
//! A life is the real engine, connectors and store between the sandbox's two routers, called in-process, in one thread
//! with paused time; everything in it follows from its seed. What is checked, and where:
//!
//! | invariant | where |
//! |---|---|
//! | I1 linked records agree, everybody has somebody, accounts, opportunities, roles, custom records and owners are shown, at rest | `check.rs`, `trade.rs`, `cast.rs`, `estate.rs` |
//! | I2 at most four writing cycles after the last edit (six where records wait for others), then none; every cycle ends | `rest.rs`, `life.rs` |
//! | I3 one person a row, one link a key, nobody is made again | `check.rs` |
//! | I4 nothing is written against the direction | `check.rs`, at every call |
//! | I5 every value somebody typed is there, was replaced by somebody who could see it, or is kept as a loser | `lost.rs` |
//! | I5 no value is back that whoever typed it has replaced since | `lost.rs` |
//! | I6 conflicts show what is there, close for a reason, and never come out of nothing | `check.rs`, `lost.rs` |
//! | I7 nothing is left to be looked at, no operation is left | `check.rs` |
//! | I8 the limits are never met, where no kill made the engine forget its pace | `life.rs` |
//! | I9 no field is written that is there already; no write without its journal row | `check.rs`, at rest |
//! | I10 after every kill: no operation without its link, no link without a key | `check.rs` |
//! | I12 the same seed is the same life | the test below |
//! | I13 nothing is written before the first copy's plan is approved | `life.rs`, at every call |
//!
//! I11 (bounded memory) is a bench's, not a life's. The model is simpler than the engine: what each person typed where,
//! in which order, every text used once.
//!
//! More lives: `cargo bench --profile sim --bench simulation -- --seeds 100000`. One again, with its trace:
//! `SYNCDECK_SEED=123 cargo test --test suite simulation::every -- --nocapture`.

mod admin;
mod cast;
mod check;
mod crowd;
mod doom;
mod estate;
mod life;
mod lost;
mod rest;
mod rules;
pub mod run;
mod trade;
mod weather;

#[cfg(test)]
mod everyday;

pub use life::live;

use serde_json::Value as Json;
use syncdeck::sandbox::World;
use uuid::Uuid;

/// Somebody edits a row in Dynamics; what was done is told, if the row is there.
fn edit(world: &World, table: &str, row: Uuid, (column, value): (&str, Json)) -> Option<String> {
    let told = format!("{table} {row} {column} = {value}");
    world
        .dynamics
        .edit_row(table, row, &[(column, value)])
        .ok()?;
    Some(told)
}
