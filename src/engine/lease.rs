//! One engine a state file: an operating-system lock says whether it lives, a row in the store says who and how it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::context::Context;
use super::error::EngineError;
use crate::store::{Holder, StoreError};

/// How often the row is renewed.
const BEAT: Duration = Duration::from_secs(5);

/// Held while the engine runs; the operating system lets go of it however the process ends.
#[derive(Debug)]
pub(super) struct Lease {
    id: String,
    _lock: Option<File>,
}

/// Takes the lease, or says who holds it.
pub(super) async fn take(context: &Context) -> Result<Lease, EngineError> {
    let lock = match context.store.path() {
        Some(path) => Some(lock(context, path).await?),
        None => None,
    };
    let now = context.clock.now();
    let id = Uuid::new_v4().to_string();
    let holder = Holder {
        id: id.clone(),
        pid: std::process::id(),
        host: host(),
        since: now,
        beat: now,
        state: String::new(),
        snapshot: None,
    };
    // The lock is ours, so whatever row is there belongs to an engine that has ended.
    context
        .store
        .transaction(move |tx| tx.take_lease(&holder, now, Duration::ZERO))
        .await?;
    Ok(Lease { id, _lock: lock })
}

async fn lock(context: &Context, state: &Path) -> Result<File, EngineError> {
    let mut path = state.as_os_str().to_owned();
    path.push(".lock");
    let opened = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path);
    let failed = |error: &dyn std::fmt::Display| {
        EngineError::Held(format!(
            "{} cannot be locked: {error}",
            path.to_string_lossy()
        ))
    };
    let file = opened.map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(failed(&error)),
        Err(TryLockError::WouldBlock) => {
            let holder = context.store.read(|reader| reader.lease()).await?;
            let who = holder.map_or_else(
                || "another process".to_owned(),
                |holder| format!("process {} on {}", holder.pid, holder.host),
            );
            Err(EngineError::Held(format!(
                "{who} already runs an engine on {}: end it first, or use another --state file",
                state.display()
            )))
        }
    }
}

/// Renews the row until it is dropped.
pub(super) async fn beat(context: &Context, lease: &Lease) -> Result<(), EngineError> {
    loop {
        renew(context, lease).await?;
        tokio::time::sleep(BEAT).await;
    }
}

/// Writes down how the engine is now.
async fn renew(context: &Context, lease: &Lease) -> Result<bool, StoreError> {
    let (id, now) = (lease.id.clone(), context.clock.now());
    let snapshot = context.progress.watch().borrow().clone();
    let state = snapshot.state.word().to_owned();
    let document = super::status::engine_facts(&snapshot);
    context
        .store
        .transaction(move |tx| tx.beat_lease(&id, now, &state, Some(&document)))
        .await
}

/// Gives the lease back.
pub(super) async fn release(context: &Context, lease: Lease) -> Result<(), EngineError> {
    let id = lease.id.clone();
    context
        .store
        .transaction(move |tx| tx.release_lease(&id))
        .await?;
    Ok(())
}

/// This machine's name, for whoever meets the lease elsewhere.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        "this machine".to_owned()
    } else {
        name.to_owned()
    }
}
