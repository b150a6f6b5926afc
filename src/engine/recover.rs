//! Recovering: writes whose answer never came.
//!
//! A write is never resent on suspicion. It rests for the endpoint's own time-out, in which a late effect may still
//! appear; then its record is simply looked at again, and decided on what is really there.

use super::context::Context;
use super::error::EngineError;
use super::journaling::perhaps;
use super::landed;
use super::settle::again_as;
use super::snapshot::NewsKind;
use super::stage::dirty;
use crate::model::OpId;
use crate::store::{Dirty, DirtyReason, Op, OpState};

/// Operations handled in one transaction.
const AT_ONCE: usize = 1000;

/// Takes over what an engine that was killed left in flight: called once, before the first cycle.
pub(super) async fn take_over(context: &Context) -> Result<(), EngineError> {
    let now = context.clock.now();
    let rest = context.rested() - now;
    let mut found = 0;
    loop {
        let resting = context
            .store
            .transaction(move |tx| {
                let mut ops = tx.ops(OpState::Sent, AT_ONCE)?;
                ops.extend(tx.ops(OpState::Planned, AT_ONCE)?);
                for op in &ops {
                    tx.mark_unknown(&[op.id], op.sent.unwrap_or(now) + rest)?;
                }
                perhaps(tx, &ops, now)?;
                Ok(ops.len())
            })
            .await?;
        found += resting;
        if resting == 0 {
            break;
        }
    }
    if found > 0 {
        let text = format!("{found} writes were in flight when the last engine ended; they rest");
        context.progress.tell(NewsKind::Waiting, None, text);
    }
    Ok(())
}

/// Looks again at every record whose write has rested long enough.
pub(super) async fn recover(context: &Context) -> Result<(), EngineError> {
    loop {
        let now = context.clock.now();
        let recovered = context
            .store
            .transaction(move |tx| {
                let ops = tx.ops_settled(now, AT_ONCE)?;
                let looked_at: Vec<Dirty> =
                    ops.iter().filter_map(|op| look_again(op, now)).collect();
                tx.mark_dirty(&looked_at)?;
                // Whether an update was done is told by the record itself; see `landed`.
                let (updates, others): (Vec<&Op>, Vec<&Op>) =
                    ops.iter().partition(|op| landed::may_tell(op));
                let ids = |ops: Vec<&Op>| -> Vec<OpId> { ops.iter().map(|op| op.id).collect() };
                tx.mark_rested(&ids(updates))?;
                tx.finish_ops(&ids(others))?;
                Ok(ops.len())
            })
            .await?;
        if recovered < AT_ONCE {
            return Ok(());
        }
    }
}

fn look_again(op: &Op, now: chrono::DateTime<chrono::Utc>) -> Option<Dirty> {
    let (key, gone) = again_as(op)?;
    Some(Dirty {
        gone,
        ..dirty(&op.entity, key, DirtyReason::Settle, now)
    })
}
