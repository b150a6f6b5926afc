//! `syncdeck`: the console, on a profile or, where none is configured, on an embedded sandbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use super::args::Place;
use super::backend::Desk;
use super::output::{self, Exit};
use super::resources;
use crate::app::{EngineFeed, QuitMode};
use crate::clock::Clock;
use crate::config::{
    DynamicsProfile, FirstCopy, LimitMode, MarketoProfile, Profile, SyncProfile, default_path,
};
use crate::engine::Engine;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::tui::{self, TuiError};

/// Background edits in the embedded sandbox: enough that something always happens, few enough to follow.
const EDITS_PER_MINUTE: u32 = 30;

/// Opens the console and keeps it until the admin leaves.
pub(super) fn open(place: &Place) -> anyhow::Result<Exit> {
    let runtime = resources::runtime()?;
    let embedded = place.sandbox || (nothing_configured(place) && place.profile.is_none());
    if embedded {
        let scratch = Scratch::new(place)?;
        let sandbox = runtime.block_on(start_sandbox())?;
        let profile = sandbox_profile(&sandbox.announcement())?;
        let exit = show(&runtime, &profile, &scratch.path);
        runtime.block_on(sandbox.stop());
        return exit;
    }
    let profile = resources::profile(place)?;
    show(&runtime, &profile, &resources::state(place, &profile.name))
}

/// Whether the admin has no configuration at all.
fn nothing_configured(place: &Place) -> bool {
    place.config.is_none() && !default_path().exists()
}

fn show(
    runtime: &tokio::runtime::Runtime,
    profile: &Profile,
    state: &std::path::Path,
) -> anyhow::Result<Exit> {
    let store = resources::open(state)?;
    let parts = resources::parts(profile, store.clone())?;
    let engine = runtime.block_on(async { Engine::start(parts) });
    let feed = EngineFeed {
        snapshot: engine.snapshot(),
        news: engine.news(),
    };
    let desk = Desk {
        store,
        commands: engine.commands(),
    };
    let shown = tui::run(
        feed,
        Arc::new(desk),
        Clock::system(),
        runtime.handle().clone(),
    );
    let lost = shown.as_ref().is_ok_and(|exit| exit.terminal_lost);
    let patience = match shown.as_ref().map(|exit| exit.mode) {
        Ok(QuitMode::Stop) => Duration::from_secs(10),
        _ => Duration::from_secs(120),
    };
    let ended = runtime.block_on(async {
        // Whatever is cut off here rests in the outbox and is looked at again at the next start.
        tokio::time::timeout(patience, engine.stop()).await
    });
    if let Some(place) = tui::background_panic() {
        output::trouble(&format!("a background task panicked at {place}"));
    }
    match shown {
        Err(TuiError::Panicked) => {
            output::trouble(&TuiError::Panicked.to_string());
            return Ok(Exit::Bug);
        }
        Err(error) => return Err(error).context("the console could not be shown"),
        Ok(_) => {}
    }
    match ended {
        Ok(Err(error)) if !lost => Err(error.into()),
        _ => Ok(Exit::Clean),
    }
}

async fn start_sandbox() -> anyhow::Result<Sandbox> {
    let options = SandboxOptions {
        edits_per_minute: EDITS_PER_MINUTE,
        ..SandboxOptions::default()
    };
    Ok(Sandbox::start(options, Clock::system()).await?)
}

/// The embedded sandbox's profile: a short interval, no approval, no patience with unknown outcomes.
fn sandbox_profile(announcement: &Value) -> anyhow::Result<Profile> {
    let word = |side: &str, name: &str| -> anyhow::Result<String> {
        let value = announcement[side][name].as_str();
        Ok(value
            .with_context(|| format!("the sandbox did not say its {side} {name}"))?
            .to_owned())
    };
    Ok(Profile {
        name: "sandbox".to_owned(),
        dynamics: DynamicsProfile {
            url: word("dynamics", "url")?,
            tenant: word("dynamics", "tenant")?,
            token_url: Some(word("dynamics", "token_url")?),
            client_id: word("dynamics", "client_id")?,
            client_secret: word("dynamics", "client_secret")?.into(),
        },
        marketo: MarketoProfile {
            endpoint: word("marketo", "endpoint")?,
            identity: word("marketo", "identity")?,
            client_id: word("marketo", "client_id")?,
            client_secret: word("marketo", "client_secret")?.into(),
            daily_calls: 50_000,
            partition: None,
        },
        sync: SyncProfile {
            interval: Duration::from_secs(10),
            first_copy: FirstCopy::Go,
            settle: Duration::from_secs(2),
            limits: LimitMode::Real,
            ..SyncProfile::default()
        },
    })
}

/// The embedded sandbox starts anew each time, and so does its state: a file that goes with it.
struct Scratch {
    path: PathBuf,
    own: bool,
}

impl Scratch {
    fn new(place: &Place) -> anyhow::Result<Self> {
        if let Some(path) = &place.state {
            anyhow::ensure!(
                !path.exists(),
                "{} is there already: the embedded sandbox starts anew each time, so its state must be a new file",
                path.display()
            );
            return Ok(Self {
                path: path.clone(),
                own: false,
            });
        }
        let name = format!("syncdeck-sandbox-{}.db", std::process::id());
        Ok(Self {
            path: std::env::temp_dir().join(name),
            own: true,
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.own {
            return;
        }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut file = self.path.clone().into_os_string();
            file.push(suffix);
            // What is not there needs no removing.
            drop(std::fs::remove_file(file));
        }
    }
}
