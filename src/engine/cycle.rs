//! One cycle, from who the two ends are to how it ended.

use std::sync::Arc;

use futures_util::future::{join_all, try_join_all};
use tokio::sync::watch;
use uuid::Uuid;

use super::claims::Claims;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::prepare::{prepare, settings};
use super::slice::Part;
use super::snapshot::NewsKind;
use super::work::{Arrivals, Work};
use super::{
    alike, approval, compare, identify, marketo_only, prune, pull_dynamics, pull_marketo, recover,
    strangers,
};
use crate::model::{CycleId, CycleOutcome, CycleReport, EngineState, EntityCounts, PerSide};

/// Runs one cycle. It always ends in a report; what went wrong is in it.
pub(super) async fn run(context: &Context) -> Result<CycleReport, EngineError> {
    let (began, calls) = (context.clock.now(), calls(context));
    let entities = settings(context).await?;
    let cycle = context
        .store
        .transaction(move |tx| tx.begin_cycle(began))
        .await?;
    context.progress.begin_cycle(cycle, &entities);
    drop(context.control.take_halts());
    let ended = phases(context, cycle).await.and_then(|()| halted(context));
    alike::tell(context).await?;
    prune::run(context).await?;
    let seconds = (context.clock.now() - began)
        .to_std()
        .unwrap_or_default()
        .as_secs_f64();
    let now = self::calls(context);
    let calls = PerSide {
        dynamics: now.dynamics - calls.dynamics,
        marketo: now.marketo - calls.marketo,
    };
    let (outcome, reason) = outcome(context, ended).await?;
    let report = CycleReport {
        cycle,
        outcome,
        seconds,
        calls,
        entities: context.progress.counts(),
        reason,
    };
    let (stored, now) = (report.clone(), context.clock.now());
    context
        .store
        .transaction(move |tx| tx.finish_cycle(&stored, now))
        .await?;
    tell(context, &report);
    context.progress.end_cycle(report.clone());
    Ok(report)
}

/// The phases of a cycle.
async fn phases(context: &Context, cycle: CycleId) -> Result<(), EngineError> {
    context.progress.state(EngineState::Pulling, None);
    let identity = identify::identify(context).await?;
    let organization = identity.organization;
    let entities = settings(context).await?;
    let lanes: Vec<Arc<Lane>> = prepare(context, &identity, &entities)
        .await?
        .into_iter()
        .map(Arc::new)
        .collect();
    recover::recover(context).await?;
    let arrivals = Arrivals::new();
    let pulling = async {
        let pulled = pull(context, &lanes, &arrivals).await;
        arrivals.finish();
        pulled
    };
    let working = async {
        // A first copy is shown as a whole before any of it is written: nothing is worked on until all is pulled.
        if needs_all(context) {
            arrivals.wait_complete().await;
            approval::first_copy(context, &lanes, organization).await?;
        }
        work(context, cycle, organization, &lanes, &arrivals).await
    };
    // Neither is dropped when the other fails: what is in flight is finished.
    let over = watch::Sender::new(false);
    let both = async {
        let both = tokio::join!(pulling, working);
        over.send_replace(true);
        both
    };
    let ((pulled, worked), listed) =
        tokio::join!(both, marketo_only::list(context, over.subscribe()));
    pulled.and(worked).and(listed)
}

fn needs_all(context: &Context) -> bool {
    context.sync.first_copy == crate::config::FirstCopy::Ask
}

async fn pull(
    context: &Context,
    lanes: &[Arc<Lane>],
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    // Marketo's tokens are taken before the first row is copied, so that no later edit falls before them.
    pull_marketo::pull(context, lanes, arrivals).await?;
    let tables = lanes
        .iter()
        .map(|lane| pull_dynamics::pull(context, lane, arrivals));
    // Neither side waits for the other's walk through everything.
    let (pulled, compared) = tokio::join!(try_join_all(tables), compare::walk(context, lanes));
    pulled?;
    compared
}

async fn work(
    context: &Context,
    cycle: CycleId,
    organization: Uuid,
    lanes: &[Arc<Lane>],
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    let work = Work {
        context,
        cycle,
        organization,
        claims: Claims::default(),
        arrivals,
    };
    all(lanes.iter().map(|lane| work.lane(lane, Part::Live))).await?;
    strangers::route(context, lanes, organization).await?;
    all(lanes.iter().map(|lane| work.lane(lane, Part::Live))).await?;
    // Deletes run last, and only after they were measured as a whole.
    all(lanes.iter().map(|lane| {
        let work = &work;
        async move {
            approval::deletes(context, lane).await?;
            work.lane(lane, Part::Gone).await
        }
    }))
    .await
}

/// Runs lanes side by side to their end, whatever happens to one of them.
async fn all(
    lanes: impl Iterator<Item = impl Future<Output = Result<(), EngineError>>>,
) -> Result<(), EngineError> {
    join_all(lanes).await.into_iter().collect()
}

fn calls(context: &Context) -> PerSide {
    PerSide {
        dynamics: context.dynamics.calls(),
        marketo: context.marketo.calls(),
    }
}

/// What one entity's halt makes of a cycle that otherwise went well; all of them are in the reason.
fn halted(context: &Context) -> Result<(), EngineError> {
    let halts = context.control.take_halts();
    let reasons: Vec<&str> = halts.iter().map(|halt| halt.reason.as_str()).collect();
    match halts.first() {
        None => Ok(()),
        Some(first) => Err(EngineError::Halted {
            reason: reasons.join("; "),
            plan: first.plan.clone(),
        }),
    }
}

/// How a cycle ended, from its error or from what waits.
async fn outcome(
    context: &Context,
    ended: Result<(), EngineError>,
) -> Result<(CycleOutcome, Option<String>), EngineError> {
    match ended {
        Err(EngineError::Store(error)) => Err(error.into()),
        Err(EngineError::Halted { reason, plan }) => {
            context
                .progress
                .state(EngineState::Halted, Some(reason.clone()));
            context.progress.note(|snapshot| snapshot.plan = plan);
            Ok((CycleOutcome::Halted, Some(reason)))
        }
        Err(error) => {
            let reason = error.to_string();
            let state = if error.needs_a_person() {
                EngineState::Halted
            } else {
                EngineState::Idle
            };
            context.progress.state(state, Some(reason.clone()));
            Ok((CycleOutcome::Error, Some(reason)))
        }
        Ok(()) => {
            context.progress.note(|snapshot| snapshot.plan = None);
            let waiting = context
                .store
                .read(|reader| {
                    let conflicts: u64 = reader.conflict_counts()?.values().sum();
                    let failures: u64 = reader.failure_counts()?.values().sum();
                    Ok(conflicts + failures + reader.outbox_count()?)
                })
                .await?;
            let clean = waiting == 0;
            let state = if context.control.wishes().paused() {
                EngineState::Paused
            } else {
                EngineState::Idle
            };
            context.progress.state(state, None);
            Ok((
                if clean {
                    CycleOutcome::Clean
                } else {
                    CycleOutcome::Waiting
                },
                None,
            ))
        }
    }
}

fn tell(context: &Context, report: &CycleReport) {
    let sum = |count: fn(&EntityCounts) -> PerSide| -> u64 {
        report
            .entities
            .iter()
            .map(|counts| count(counts).total())
            .sum()
    };
    let (written, created) = (sum(|counts| counts.written), sum(|counts| counts.created));
    let kind = match report.outcome {
        CycleOutcome::Clean | CycleOutcome::Waiting => NewsKind::Done,
        CycleOutcome::Halted | CycleOutcome::Error => NewsKind::Trouble,
    };
    let text = match &report.reason {
        Some(reason) => format!("cycle {} {}: {reason}", report.cycle, report.outcome.word()),
        None => format!(
            "cycle {} {}: {created} created, {written} updated in {:.1} s",
            report.cycle,
            report.outcome.word(),
            report.seconds
        ),
    };
    context.progress.tell(kind, None, text);
}
