//! Settling: what became of each write, its new base, its journal row and its place in the outbox, in one transaction.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::error::EngineError;
use super::journaling::perhaps;
use super::lane::Lane;
use super::outcome::{Settle, Tally, rekeys};
use super::snapshot::NewsKind;
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::{FailureClass, OpId, RecordKey, Refusal, Side};
use crate::store::{DirtyReason, Op, OpKind, StoreError, Tx};

/// Settles a batch whose records have an outcome each, in the order they were sent.
pub(super) async fn answered(
    context: &Context,
    lane: &Lane,
    ops: Vec<Op>,
    outcomes: Vec<WriteOutcome>,
) -> Result<(), EngineError> {
    let (entity, now) = (lane.entity().clone(), context.clock.now());
    let settle_at = context.rested();
    let side = ops.first().map_or(Side::Marketo, |op| op.side);
    let records = ops.len() as u64;
    let tally = context
        .store
        .transaction(move |tx| {
            let mut settle = Settle {
                tx,
                entity: &entity,
                now,
                tally: Tally::default(),
            };
            let mut finished: Vec<OpId> = Vec::with_capacity(ops.len());
            let mut unknown: Vec<Op> = Vec::new();
            let mut outcomes = outcomes.into_iter();
            for op in ops {
                match outcomes.next() {
                    Some(WriteOutcome::Unknown(_)) | None => unknown.push(op),
                    Some(outcome) => {
                        settle.one(&op, outcome)?;
                        finished.push(op.id);
                    }
                }
            }
            rests(tx, &unknown, settle_at, now)?;
            tx.finish_ops(&finished)?;
            Ok(settle.tally)
        })
        .await?;
    context.progress.count(lane.entity(), |counts| {
        *counts.created.of(side) += tally.created;
        *counts.written.of(side) += tally.written;
        *counts.deleted.of(side) += tally.deleted;
        counts.failures += tally.failures;
    });
    let written = tally.created + tally.written + tally.deleted;
    context
        .progress
        .finished(lane.entity(), records, written as u32);
    if tally.failures > 0 {
        context.progress.rows_changed();
        let text = format!("{} records refused by {side}", tally.failures);
        context
            .progress
            .tell(NewsKind::Trouble, Some(lane.entity()), text);
    } else if written > 0 {
        let text = format!("{written} records written to {side}");
        context
            .progress
            .tell(NewsKind::Done, Some(lane.entity()), text);
    }
    Ok(())
}

/// Lets a batch without an answer rest: it is never resent, its records are looked at again at `rest`.
pub(super) async fn unknown(
    context: &Context,
    lane: &Lane,
    ops: &[Op],
    rest: DateTime<Utc>,
    error: &ConnectorError,
) -> Result<(), EngineError> {
    let (resting, now) = (ops.to_vec(), context.clock.now());
    context
        .store
        .transaction(move |tx| rests(tx, &resting, rest, now))
        .await?;
    let text = format!(
        "{} records rest, their outcome is unknown: {error}",
        ops.len()
    );
    context
        .progress
        .tell(NewsKind::Waiting, Some(lane.entity()), text);
    Ok(())
}

/// Keeps writes of unknown outcome until `rest`, and what they may have replaced.
fn rests(
    tx: &Tx<'_>,
    ops: &[Op],
    rest: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ids: Vec<OpId> = ops.iter().map(|op| op.id).collect();
    tx.mark_unknown(&ids, rest)?;
    perhaps(tx, ops, now)
}

/// Why a batch was not executed.
pub(super) enum Unsent<'a> {
    /// It may be sent again, decided afresh, from this moment on.
    Again(DateTime<Utc>),
    /// It was refused.
    Refused(&'a ConnectorError),
}

/// Takes a batch back that was provably not executed.
pub(super) async fn unsent(
    context: &Context,
    lane: &Lane,
    ops: Vec<Op>,
    why: Unsent<'_>,
) -> Result<(), EngineError> {
    let (entity, now) = (lane.entity().clone(), context.clock.now());
    let (due, refusal) = match why {
        Unsent::Again(due) => (due, None),
        Unsent::Refused(error) => {
            let (code, message) = (error.code.clone(), error.message.clone());
            (
                now,
                Some(Refusal {
                    class: FailureClass::Data,
                    code,
                    message,
                    request: error.request.clone(),
                }),
            )
        }
    };
    let refused = if refusal.is_some() {
        ops.len() as u64
    } else {
        0
    };
    context
        .store
        .transaction(move |tx| {
            let mut settle = Settle {
                tx,
                entity: &entity,
                now,
                tally: Tally::default(),
            };
            for op in &ops {
                match &refusal {
                    Some(refusal) => settle.refused(op, refusal.clone())?,
                    None => settle.again(op, DirtyReason::Retry, due)?,
                }
            }
            let ids: Vec<OpId> = ops.iter().map(|op| op.id).collect();
            tx.finish_ops(&ids)
        })
        .await?;
    context
        .progress
        .count(lane.entity(), |counts| counts.failures += refused);
    Ok(())
}

/// The key a write's record is looked at again by.
pub(super) fn key(op: &Op) -> Option<RecordKey> {
    op.dynamics
        .map(RecordKey::Dynamics)
        .or(op.marketo.map(RecordKey::Marketo))
}

/// The key a write's record is looked at again by, and whether that side is known to be gone: what follows a delete is
/// decided on the deleted side's key.
pub(super) fn again_as(op: &Op) -> Option<(RecordKey, bool)> {
    let gone = matches!(op.kind, OpKind::Flag | OpKind::Delete) && !rekeys(op);
    let key = match op.side {
        Side::Dynamics if gone => op.marketo.map(RecordKey::Marketo),
        _ => key(op),
    };
    Some((key?, gone))
}
