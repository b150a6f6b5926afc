//! `syncdeck sandbox`: only the two servers, until a signal ends them.

use anyhow::Context as _;

use super::args::{LimitsArgument, SandboxArguments};
use super::output::{self, Exit};
use super::signal;
use crate::clock::Clock;
use crate::sandbox::{Faults, Limits, Sandbox, SandboxOptions};

/// Serves until SIGINT or SIGTERM. The first stdout line is the announcement.
pub(super) async fn serve(arguments: SandboxArguments) -> anyhow::Result<Exit> {
    for address in [arguments.dynamics, arguments.marketo] {
        if !address.ip().is_loopback() {
            anyhow::bail!(
                "{address} is not a loopback address: the sandbox never leaves this machine"
            );
        }
    }
    let faults = arguments.faults.as_deref().unwrap_or_default();
    let sandbox = Sandbox::start(
        SandboxOptions {
            dynamics: arguments.dynamics,
            marketo: arguments.marketo,
            people: arguments.people,
            seed: arguments.seed,
            edits_per_minute: arguments.edits_per_minute,
            edits_for: arguments.edits_for,
            limits: match arguments.limits {
                LimitsArgument::Real => Limits::Real,
                LimitsArgument::Off => Limits::Off,
            },
            activity_lag: arguments.activity_lag,
            faults: Faults::parse(faults, arguments.seed).context("--faults")?,
        },
        Clock::system(),
    )
    .await?;
    output::json(&sandbox.announcement())?;
    signal::ended().await?;
    sandbox.stop().await;
    Ok(Exit::Clean)
}
