//! `syncdeck rebind`: the state is bound to other ends: a refreshed sandbox, a copied instance.

use serde_json::json;

use super::args::Place;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, Command};

/// Drops links and cursors; the next cycle binds to the ends it finds and rebuilds the links by keys.
pub(super) fn rebind(place: &Place) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    let now = Clock::system().now();
    store.transaction_blocking(|tx| {
        engine::rebind(tx, now)?;
        tx.post_command(&json!(Command::SyncNow), now)
    })?;
    output::say(
        "unbound: the next cycle binds to the ends the profile names, and finds the links anew",
    );
    Ok(Exit::Clean)
}
