//! The engine's life: it holds the lease, runs a cycle when one is due, and listens to the admin meanwhile.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use super::command::Command;
use super::context::{Context, Parts};
use super::error::EngineError;
use super::lease::{self, Lease};
use super::snapshot::{News, Snapshot};
use super::{cycle, publish, recover, ruling, wishes};
use crate::model::{CycleOutcome, CycleReport, EngineState};

/// Commands that wait to be carried out; the console is never made to wait longer than it takes to empty this.
const COMMANDS_MAX: usize = 256;
/// After a cycle that could not be finished the next one starts no later than this.
const AFTER_ERROR: Duration = Duration::from_secs(30);

/// A running engine: commands in, snapshots and news out.
pub struct Engine {
    commands: mpsc::Sender<Command>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    news: broadcast::Sender<News>,
    task: JoinHandle<Result<(), EngineError>>,
}

impl Engine {
    /// Starts the engine as a background task of the current tokio runtime.
    pub fn start(parts: Parts) -> Self {
        let context = Context::new(parts);
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let (snapshot, news) = (context.progress.watch(), context.progress.news());
        let task = tokio::spawn(async move { live(&context, commands).await });
        Self {
            commands: sender,
            snapshot,
            news,
            task,
        }
    }

    /// Where commands go in.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.clone()
    }

    /// The news from now on.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Lets it finish what is in flight and waits for its end.
    pub async fn stop(self) -> Result<(), EngineError> {
        // An engine that has ended already takes no commands, and needs none.
        drop(self.commands.send(Command::Stop).await);
        self.ended().await
    }

    /// Waits for its end.
    pub async fn ended(self) -> Result<(), EngineError> {
        match self.task.await {
            Ok(ended) => ended,
            Err(error) => Err(EngineError::halted(format!(
                "the engine ended unexpectedly: {error}"
            ))),
        }
    }
}

/// Runs one cycle, without a console: `syncdeck sync`. `approve` lets the plan of that name go on.
pub async fn one_cycle(parts: Parts, approve: Option<String>) -> Result<CycleReport, EngineError> {
    let context = Context::new(parts);
    let lease = begin(&context).await?;
    if let Some(plan) = approve {
        context.control.wish(|wishes| {
            wishes.approved.insert(plan);
        });
    }
    let report = tokio::select! {
                biased;
        report = cycle::run(&context) => report,
        error = lease::beat(&context, &lease) => {
            return Err(error.err().unwrap_or_else(|| EngineError::halted("the lease was lost")));
        }
    };
    lease::release(&context, lease).await?;
    report
}

async fn begin(context: &Context) -> Result<Lease, EngineError> {
    let lease = lease::take(context).await?;
    recover::take_over(context).await?;
    ruling::pauses(context).await?;
    publish::once(context).await?;
    Ok(lease)
}

async fn live(context: &Context, commands: mpsc::Receiver<Command>) -> Result<(), EngineError> {
    let lease = begin(context).await?;
    // Only the schedule ends by itself; the others run for as long as it does.
    let ended = tokio::select! {
                biased;
        ended = schedule(context) => ended,
        ended = wishes::follow(context, commands) => ended,
        ended = publish::publish(context) => ended,
        ended = lease::beat(context, &lease) => ended,
    };
    context.progress.state(EngineState::Stopped, None);
    publish::once(context).await?;
    lease::release(context, lease).await?;
    ended
}

/// Runs cycles until the engine is to end.
async fn schedule(context: &Context) -> Result<(), EngineError> {
    while !context.control.stopping() {
        let asked = context.control.wishes().sync_now;
        let report = cycle::run(context).await?;
        if context.control.stopping() {
            break;
        }
        let mut wait = context.sync.interval;
        if report.outcome == CycleOutcome::Error {
            wait = wait.min(AFTER_ERROR);
        }
        pause_between(context, wait, asked).await;
    }
    Ok(())
}

/// Waits for the next cycle's time, or until the admin wants one sooner.
async fn pause_between(context: &Context, wait: Duration, asked: u64) {
    let due = context.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
    context
        .progress
        .note(|snapshot| snapshot.next_cycle = Some(due));
    let mut wishes = context.control.listen();
    let wanted = wishes.wait_for(|wishes| wishes.stop || wishes.sync_now != asked);
    // Either way the next cycle is due; the control lives as long as the context.
    drop(tokio::time::timeout(wait, wanted).await);
}
