//! Wiring: from the command line's place to a profile, a store and both connectors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::args::Place;
use crate::clock::Clock;
use crate::config::{Profile, load, state_path};
use crate::connectors::dynamics::Dynamics;
use crate::connectors::marketo::Marketo;
use crate::connectors::{HttpTransport, ReadOnly, Transport};
use crate::engine::Parts;
use crate::store::Store;

/// Threads that wait for the disk.
const BLOCKING_THREADS: usize = 4;

/// A runtime for the engine, the servers and everything that waits.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        // The store has one writer and a few readers; every further thread would only keep memory of its own.
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// The profile the place names, from the configuration file.
pub(super) fn profile(place: &Place) -> anyhow::Result<Profile> {
    let file = load(place.config.as_deref())?;
    Ok(file.profile(place.profile.as_deref())?)
}

/// The state file the place names, else the profile's own.
pub(super) fn state(place: &Place, profile: &str) -> PathBuf {
    place.state.clone().unwrap_or_else(|| state_path(profile))
}

/// Opens the state file, making its folder where it is missing.
pub(super) fn open(path: &Path) -> anyhow::Result<Store> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    Ok(Store::open(path)?)
}

/// Opens the state that is there; reading commands must not make one.
pub(super) fn existing(place: &Place) -> anyhow::Result<(String, Store)> {
    let name = match (
        &place.state,
        place.config.is_none() && place.profile.is_none(),
    ) {
        // A state file on its own is enough to read: no configuration is needed.
        (Some(_), true) => profile(place).map_or_else(|_| "default".to_owned(), |it| it.name),
        _ => profile(place)?.name,
    };
    let path = state(place, &name);
    if !path.exists() {
        anyhow::bail!(
            "there is no state yet at {}: run `syncdeck sync` first",
            path.display()
        );
    }
    Ok((name, Store::open(&path)?))
}

/// Everything an engine needs.
pub(super) fn parts(profile: &Profile, store: Store) -> anyhow::Result<Parts> {
    over(profile, store, Arc::new(HttpTransport::new()?))
}

/// The same, over a transport that lets nothing pass that would write.
pub(super) fn reading_parts(profile: &Profile, store: Store) -> anyhow::Result<Parts> {
    let transport = Arc::new(HttpTransport::new()?);
    over(profile, store, Arc::new(ReadOnly(transport)))
}

/// Everything an engine needs, over this transport.
pub(super) fn over(
    profile: &Profile,
    store: Store,
    transport: Arc<dyn Transport>,
) -> anyhow::Result<Parts> {
    let clock = Clock::system();
    let sync = profile.sync.clone();
    let (share, limits) = (sync.share, sync.limits);
    Ok(Parts {
        profile: profile.name.clone(),
        dynamics: Dynamics::new(
            &profile.dynamics,
            share.dynamics,
            limits,
            Arc::clone(&transport),
            clock.clone(),
        )?,
        marketo: Marketo::new(
            &profile.marketo,
            share.marketo,
            limits,
            transport,
            clock.clone(),
        )?,
        sync,
        store,
        clock,
    })
}

/// Who decides, for the journal: the user's name on this machine.
pub(super) fn user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    name.unwrap_or_else(|_| "unknown".to_owned())
}
