//! The front desk: parses the command line, wires the rooms together, prints what a script or a person asked for.

mod args;
mod backend;
mod check;
mod config;
mod config_custom;
mod conflicts;
mod console;
mod entities;
mod failures;
mod history;
mod masking;
mod metrics;
mod output;
mod pause;
mod preview;
mod rebind;
mod record_lists;
mod records;
mod resources;
mod role;
mod rollback;
mod rules;
mod run;
mod sandbox;
mod signal;
mod status;
mod steps;
mod sync;
mod task;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Verb};
use output::Exit;

/// Runs the command line of this process and returns what it exits with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(exit) => exit.into(),
        // Whoever read our output has seen enough of it.
        Err(error) if is_broken_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            output::trouble(&format!("{error:#}"));
            Exit::Error.into()
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

fn dispatch(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { place, verb } = arguments;
    match verb {
        None => console::open(&place),
        Some(Verb::Run { metrics }) => resources::runtime()?.block_on(run::run(&place, metrics)),
        Some(Verb::Sync { approve, json }) => {
            resources::runtime()?.block_on(sync::sync(&place, approve, json))
        }
        Some(Verb::Status { json }) => status::status(&place, json),
        Some(Verb::Pause(arguments)) => pause::pause(&place, arguments),
        Some(Verb::Resume(part)) => pause::resume(&place, part),
        Some(Verb::Filter(verb)) => resources::runtime()?.block_on(rules::filter(&place, verb)),
        Some(Verb::Backfill(arguments)) => rules::backfill(&place, arguments),
        Some(Verb::Entities(verb)) => {
            resources::runtime()?.block_on(entities::entities(&place, verb))
        }
        Some(Verb::Config(verb)) => config::config(&place, verb),
        Some(Verb::Rebind) => rebind::rebind(&place),
        Some(Verb::Conflicts(verb)) => conflicts::conflicts(&place, verb),
        Some(Verb::Failures(verb)) => failures::failures(&place, verb),
        Some(Verb::Records(verb)) => records::records(&place, verb),
        Some(Verb::Task(verb)) => task::task(&place, verb),
        Some(Verb::Preview { reveal, json }) => {
            resources::runtime()?.block_on(preview::run(&place, (json, reveal)))
        }
        Some(Verb::Check { json, role }) => {
            resources::runtime()?.block_on(check::run(&place, json, role))
        }
        Some(Verb::History(arguments)) => history::history(&place, &arguments),
        Some(Verb::Sandbox(options)) => resources::runtime()?.block_on(sandbox::serve(options)),
        Some(Verb::Completions { shell }) => {
            let mut written = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "syncdeck", &mut written);
            output::bytes(&written)?;
            Ok(Exit::Clean)
        }
        Some(Verb::Man) => {
            let mut written = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut written)?;
            output::bytes(&written)?;
            Ok(Exit::Clean)
        }
    }
}
