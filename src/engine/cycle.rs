//! One cycle, from who the two ends are to how it ended.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::context::Context;
use super::error::EngineError;
use super::order::{Lanes, Order};
use super::prepare::{prepare, settings};
use super::snapshot::NewsKind;
use super::{
    alike, approval, chains, custom, errands, identify, marketo_only, prune, recover, tasks, trend,
    widening,
};
use crate::connectors::{Errand, Purpose, Trouble};
use crate::model::{
    CycleId, CycleOutcome, CycleReport, EngineState, Entity, EntityCounts, PerSide,
};

/// Runs one cycle. It always ends in a report; what went wrong is in it.
pub(super) async fn run(context: &Context) -> Result<CycleReport, EngineError> {
    let (began, calls) = (context.clock.now(), calls(context));
    let ledger = ledger(context);
    let entities = settings(context).await?;
    let cycle = context
        .store
        .transaction(move |tx| tx.begin_cycle(began))
        .await?;
    context.progress.begin_cycle(cycle, &entities);
    drop(context.control.take_halts());
    context.control.quota_is_back();
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
    trend::sample(context).await?;
    let mut entities = context.progress.counts();
    let spent = self::ledger(context);
    for counts in &mut entities {
        counts.calls = of_ledger(&spent, &counts.entity) - of_ledger(&ledger, &counts.entity);
    }
    let report = CycleReport {
        cycle,
        outcome,
        seconds,
        calls,
        entities,
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
    let preparing = async {
        let identity = identify::identify(context).await?;
        custom::get_ready(context).await?;
        let entities = settings(context).await?;
        let lanes = Lanes::new(prepare(context, &identity, &entities).await?);
        widening::note(context, lanes.all()).await?;
        chains::mark_outdated(context, lanes.all()).await?;
        recover::recover(context).await?;
        tasks::run(context, cycle, &identity).await?;
        Ok::<_, EngineError>((identity.organization, lanes))
    };
    let errand = errands::of_cycle(context).await?;
    let (organization, lanes) = Box::pin(errand.run(preparing)).await?;
    let order = Order::new(context, cycle, organization, &lanes);
    let working = async {
        // A first copy is shown as a whole before any of it is written: nothing is worked on until all is pulled.
        if approval::first_copy_waits(context, lanes.all()).await? {
            order.wait_complete().await;
            approval::first_copy(context, lanes.all(), organization).await?;
        }
        Box::pin(order.work()).await
    };
    let background = Errand::general(Purpose::Background);
    // Neither is dropped when the other fails: what is in flight is finished.
    let over = watch::Sender::new(false);
    let both = async {
        let both = tokio::join!(Box::pin(order.pull()), working);
        over.send_replace(true);
        both
    };
    let ((pulled, worked), listed) = tokio::join!(
        both,
        background.run(marketo_only::list(context, over.subscribe()))
    );
    pulled.and(worked).and(listed)
}

fn calls(context: &Context) -> PerSide {
    PerSide {
        dynamics: context.dynamics.calls(),
        marketo: context.marketo.calls(),
    }
}

/// Both sides' calls by entity since the process began.
type Ledger = [BTreeMap<String, u64>; 2];

fn ledger(context: &Context) -> Ledger {
    [
        context.dynamics.calls_by_entity(),
        context.marketo.calls_by_entity(),
    ]
}

fn of_ledger([dynamics, marketo]: &Ledger, entity: &Entity) -> PerSide {
    let of = |side: &BTreeMap<String, u64>| side.get(entity.name()).copied().unwrap_or_default();
    PerSide {
        dynamics: of(dynamics),
        marketo: of(marketo),
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
        Err(EngineError::Connector(error)) if matches!(error.trouble, Trouble::Quota { .. }) => {
            context.control.wait_for_quota(&context.clock, &error);
            Ok(waits_for_quota(context).unwrap_or((CycleOutcome::Waiting, None)))
        }
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
            if let Some(waits) = waits_for_quota(context) {
                return Ok(waits);
            }
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

/// What a cycle comes to that a day's quota has cut short: the next one tries again, the admin's wishes first.
fn waits_for_quota(context: &Context) -> Option<(CycleOutcome, Option<String>)> {
    let (side, until) = context.control.waits_for_quota()?;
    let reason = errands::words(side, context.clock.now(), until);
    let (state, said) = (EngineState::WaitingForQuota, reason.clone());
    context.progress.state(state, Some(said));
    context
        .progress
        .note(|snapshot| snapshot.waiting_until = Some(until));
    Some((CycleOutcome::Waiting, Some(reason)))
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
