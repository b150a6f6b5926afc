//! Pushing: a slice's staged writes go out in batches, and each batch's answer is settled as it comes.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use tokio::try_join;

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::mutant::{self, Mutant};
use super::objects;
use super::settle::{self, Unsent};
use super::stamp;
use crate::connectors::dynamics::{DynamicsAction, DynamicsWrite};
use crate::connectors::marketo::{PeopleAction, PeopleWrite};
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{BatchProgress, MarketoId, Side, Value};
use crate::store::{Op, OpKind};

/// A pause for a call that was refused without a waiting time.
const BACK_OFF: Duration = Duration::from_secs(5);

/// Sends a slice's writes: creates and updates in Marketo and updates in Dynamics, side by side.
pub(super) async fn push(context: &Context, lane: &Lane, ops: Vec<Op>) -> Result<(), EngineError> {
    let (to_dynamics, to_marketo): (Vec<Op>, Vec<Op>) =
        ops.into_iter().partition(|op| op.side == Side::Dynamics);
    let (creates, others): (Vec<Op>, Vec<Op>) = to_marketo
        .into_iter()
        .partition(|op| op.kind == OpKind::Create);
    let (deletes, updates): (Vec<Op>, Vec<Op>) = others
        .into_iter()
        .partition(|op| matches!(op.kind, OpKind::Delete | OpKind::Drop));
    try_join!(
        batch(context, lane, creates),
        batch(context, lane, updates),
        batch(context, lane, deletes),
        batch(context, lane, to_dynamics),
    )?;
    Ok(())
}

/// Sends one batch of one side and one kind. One that is refused as a whole is halved until the record that is to
/// blame stands alone: its batch mates must not suffer.
fn batch<'a>(
    context: &'a Context,
    lane: &'a Lane,
    ops: Vec<Op>,
) -> BoxFuture<'a, Result<(), EngineError>> {
    async move {
        let Some(first) = ops.first() else {
            return Ok(());
        };
        let side = first.side;
        let answer = observed(context, lane, side, &ops).await?;
        match answer {
            Ok(outcomes) if side == Side::Marketo && mutant::is(Mutant::BaseReadBack) => {
                let written = ops.clone();
                settle::answered(context, lane, ops, outcomes).await?;
                mutant::read_back(context, lane, &written).await
            }
            Ok(outcomes) => {
                context.throttled.answered();
                settle::answered(context, lane, ops, outcomes).await
            }
            Err(error) if error.trouble == Trouble::Refused && ops.len() > 1 => {
                let mut left = ops;
                let right = left.split_off(left.len() / 2);
                batch(context, lane, left).await?;
                batch(context, lane, right).await
            }
            Err(error) if error.trouble == Trouble::Unknown && blindly(first) => {
                batch(context, lane, ops).await
            }
            Err(error) => failed(context, lane, ops, error).await,
        }
    }
    .boxed()
}

/// Whether a write without an answer is simply sent again.
fn blindly(op: &Op) -> bool {
    op.kind == OpKind::Create && mutant::is(Mutant::BlindCreate)
}

/// Sends a batch and notes it in the batch list while it is on its way.
async fn observed(
    context: &Context,
    lane: &Lane,
    side: Side,
    ops: &[Op],
) -> Result<Result<Vec<WriteOutcome>, ConnectorError>, EngineError> {
    let (cycle, records) = (ops[0].cycle, ops.len() as u64);
    let (entity, began) = (lane.entity().clone(), context.clock.now());
    let name = entity.clone();
    let number = context
        .store
        .transaction(move |tx| tx.begin_batch(cycle, &name, side, records, began))
        .await?;
    let progress = BatchProgress {
        number: number as u64,
        entity,
        side,
        records,
    };
    context.progress.batch_began(progress);
    let answer = match side {
        _ if context.dry.is_some() => Ok(recorded(context, ops).await),
        Side::Dynamics => context.dynamics.write(&dynamics_writes(lane, ops)).await,
        Side::Marketo => match &lane.object {
            Some(end) => objects::write(context, end, ops).await?,
            None if matches!(ops[0].kind, OpKind::Delete | OpKind::Drop) => {
                let people: Vec<MarketoId> = ops.iter().filter_map(|op| op.marketo).collect();
                context.marketo.delete_people(&people).await
            }
            None => {
                let people = people_write(context, ops);
                context.marketo.sync_people(&people).await
            }
        },
    };
    context.progress.batch_ended(number as u64);
    let written = answer.as_ref().map_or(0, |outcomes| {
        let took = |outcome: &&WriteOutcome| {
            matches!(
                outcome,
                WriteOutcome::Created { .. } | WriteOutcome::Updated { .. } | WriteOutcome::Deleted
            )
        };
        outcomes.iter().filter(took).count() as u64
    });
    let ended = context.clock.now();
    context
        .store
        .transaction(move |tx| tx.finish_batch(number, ended, written, records - written))
        .await?;
    Ok(answer)
}

/// In a preview nothing is sent.
async fn recorded(context: &Context, ops: &[Op]) -> Vec<WriteOutcome> {
    match &context.dry {
        Some(dry) => dry.write(ops).await,
        None => Vec::new(),
    }
}

fn dynamics_writes<'a>(lane: &'a Lane, ops: &[Op]) -> Vec<DynamicsWrite<'a>> {
    ops.iter()
        .filter_map(|op| {
            let kept = |_: &String| !mutant::is(Mutant::NoIfMatch);
            let version = op.version.clone().filter(kept);
            let (action, fields) = match op.kind {
                OpKind::Create => (DynamicsAction::Create, values(op)),
                OpKind::Delete => (DynamicsAction::Delete { version }, Vec::new()),
                _ => (DynamicsAction::Update { version }, values(op)),
            };
            Some(DynamicsWrite {
                table: &lane.table,
                id: op.dynamics?,
                action,
                fields,
            })
        })
        .collect()
}

fn people_write(context: &Context, ops: &[Op]) -> PeopleWrite {
    let creates = ops.first().is_some_and(|op| op.kind == OpKind::Create);
    let person = |op: &Op| {
        let id = op.marketo.map(|id| ("id".to_owned(), Value::Integer(id)));
        id.into_iter()
            .filter(|_| !creates)
            .chain(values(op))
            .collect()
    };
    PeopleWrite {
        partition_name: context.marketo.partition(),
        action: if creates {
            PeopleAction::CreateOnly
        } else {
            PeopleAction::UpdateOnly
        },
        lookup: match creates {
            true if mutant::is(Mutant::BlindCreate) => "facebookId",
            true => stamp::DYNAMICS_ID,
            false => "id",
        }
        .to_owned(),
        people: ops.iter().map(person).collect(),
    }
}

fn values(op: &Op) -> Vec<(String, Value)> {
    op.fields
        .iter()
        .map(|field| (field.name.clone(), field.after.clone()))
        .collect()
}

/// A batch got no answer, or was refused as a whole.
async fn failed(
    context: &Context,
    lane: &Lane,
    ops: Vec<Op>,
    error: ConnectorError,
) -> Result<(), EngineError> {
    match error.trouble {
        Trouble::Unknown | Trouble::Protocol => {
            let rest = context.rested();
            settle::unknown(context, lane, &ops, rest, &error).await
        }
        Trouble::Retry { wait } => {
            let due = context.clock.after(wait.unwrap_or(BACK_OFF));
            let hopeless = context.throttled.until(due);
            settle::unsent(context, lane, ops, Unsent::Again(due)).await?;
            // The next cycle tries again; this one has other things to do, and somebody to tell.
            if hopeless { Err(error.into()) } else { Ok(()) }
        }
        Trouble::Quota { wait } => {
            let due = context.clock.after(wait);
            context.control.wait_for_quota(&context.clock, &error);
            settle::unsent(context, lane, ops, Unsent::Again(due)).await
        }
        Trouble::Refused | Trouble::CursorExpired => {
            settle::unsent(context, lane, ops, Unsent::Refused(&error)).await
        }
        Trouble::Configuration => {
            let now = context.clock.now();
            settle::unsent(context, lane, ops, Unsent::Again(now)).await?;
            Err(error.into())
        }
    }
}
