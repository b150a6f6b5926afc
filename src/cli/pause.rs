//! `syncdeck pause` and `syncdeck resume`: what the admin holds back, kept in the state file.

use chrono::TimeDelta;
use serde_json::json;

use super::args::{Part, PauseArguments, Place};
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, Command};
use crate::model::{Entity, Pause};

/// Holds a part back; a running engine obeys within a second.
pub(super) fn pause(place: &Place, arguments: PauseArguments) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    let now = Clock::system().now();
    let until = arguments
        .for_
        .map(TimeDelta::from_std)
        .transpose()?
        .map(|time| now + time);
    let pause = Pause {
        entity: arguments.part.entity.map(Entity::named),
        side: arguments.part.direction.map(Into::into),
        field: arguments.part.field,
        until,
    };
    store.transaction_blocking(|tx| engine::hold(tx, pause))?;
    output::say("held: pulling goes on, writes wait");
    Ok(Exit::Clean)
}

/// Lets a part go on.
pub(super) fn resume(place: &Place, part: Part) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    let now = Clock::system().now();
    let (entity, side) = (
        part.entity.map(Entity::named),
        part.direction.map(Into::into),
    );
    store.transaction_blocking(|tx| {
        match &part.field {
            Some(field) => engine::release_field(tx, entity.as_ref(), field, now)?,
            None => engine::release(tx, entity.as_ref(), side, now)?,
        }
        tx.post_command(&json!(Command::SyncNow), now)
    })?;
    output::say("going on");
    Ok(Exit::Clean)
}
