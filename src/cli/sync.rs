//! `syncdeck sync`: one cycle, then exit.

use super::args::Place;
use super::output::{self, Exit};
use super::resources;
use crate::engine::one_cycle;
use crate::model::{CycleOutcome, CycleReport};

/// Runs one cycle and prints its report.
pub(super) async fn sync(
    place: &Place,
    approve: Option<String>,
    json: bool,
) -> anyhow::Result<Exit> {
    if place.sandbox {
        anyhow::bail!(
            "the embedded sandbox lives in the console only: start servers with `syncdeck sandbox` \
             and name them in a --config file"
        );
    }
    let profile = resources::profile(place)?;
    let store = resources::open(&resources::state(place, &profile.name))?;
    let report = one_cycle(resources::parts(&profile, store)?, approve).await?;
    if json {
        output::json(&report)?;
    } else {
        tell(&report)?;
    }
    if let Some(reason) = &report.reason {
        output::trouble(&output::clean(reason));
    }
    Ok(exit(&report))
}

fn exit(report: &CycleReport) -> Exit {
    match report.outcome {
        CycleOutcome::Clean => Exit::Clean,
        CycleOutcome::Waiting => Exit::Waiting,
        CycleOutcome::Halted => Exit::Halted,
        CycleOutcome::Error => Exit::Error,
    }
}

/// Says how a cycle ended that was run on the way, and what the program exits with for it.
pub(super) fn told(report: &CycleReport) -> Exit {
    if let Some(reason) = &report.reason {
        output::trouble(&output::clean(reason));
    }
    output::say(&format!(
        "cycle {} ended {}",
        report.cycle,
        report.outcome.word()
    ));
    exit(report)
}

fn tell(report: &CycleReport) -> anyhow::Result<()> {
    output::line(&format!(
        "cycle {}  {}  {:.1} s  calls: {} to Dynamics, {} to Marketo",
        report.cycle,
        report.outcome.word(),
        report.seconds,
        report.calls.dynamics,
        report.calls.marketo
    ))?;
    for counts in &report.entities {
        output::line(&format!(
            "{:<12} pulled {}/{}  created {}/{}  written {}/{}  deleted {}/{}  skipped {}  conflicts {}  failures {}",
            counts.entity.name(),
            counts.pulled.dynamics,
            counts.pulled.marketo,
            counts.created.dynamics,
            counts.created.marketo,
            counts.written.dynamics,
            counts.written.marketo,
            counts.deleted.dynamics,
            counts.deleted.marketo,
            counts.skipped,
            counts.conflicts,
            counts.failures
        ))?;
    }
    if !report.entities.is_empty() {
        output::line("             (Dynamics/Marketo)")?;
    }
    Ok(())
}
