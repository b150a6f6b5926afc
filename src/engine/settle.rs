//! Settling: what became of each write, its new base, its journal row and its place in the outbox, in one transaction.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::retry;
use super::snapshot::NewsKind;
use super::stage::dirty;
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::{
    Cause, ConflictStatus, Entity, FailureClass, JournalEntry, LinkId, OpId, RecordKey, Refusal,
    Side, Value,
};
use crate::store::{
    Base, Dirty, DirtyReason, LinkState, NewFailure, Op, OpField, OpKind, StoreError, Tx,
};

/// What a batch's answer came to.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    created: u64,
    written: u64,
    deleted: u64,
    failures: u64,
}

/// Settles a batch whose records have an outcome each, in the order they were sent.
pub(super) async fn answered(
    context: &Context,
    lane: &Lane,
    ops: Vec<Op>,
    outcomes: Vec<WriteOutcome>,
) -> Result<(), EngineError> {
    let (entity, now) = (lane.entity().clone(), context.clock.now());
    let settle_at = context.clock.after(context.sync.settle);
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
            let mut unknown: Vec<OpId> = Vec::new();
            let mut outcomes = outcomes.into_iter();
            for op in &ops {
                match outcomes.next() {
                    Some(WriteOutcome::Unknown(_)) | None => unknown.push(op.id),
                    Some(outcome) => {
                        settle.one(op, outcome)?;
                        finished.push(op.id);
                    }
                }
            }
            tx.mark_unknown(&unknown, settle_at)?;
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
    let ids: Vec<OpId> = ops.iter().map(|op| op.id).collect();
    context
        .store
        .transaction(move |tx| tx.mark_unknown(&ids, rest))
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

struct Settle<'a, 'tx> {
    tx: &'a Tx<'tx>,
    entity: &'a Entity,
    now: DateTime<Utc>,
    tally: Tally,
}

impl Settle<'_, '_> {
    fn one(&mut self, op: &Op, outcome: WriteOutcome) -> Result<(), StoreError> {
        match outcome {
            WriteOutcome::Created { key, version } => {
                self.tally.created += 1;
                self.acknowledged(op, Some(key), version.as_deref())
            }
            WriteOutcome::Updated { version } if op.kind == OpKind::Flag => {
                self.tally.deleted += 1;
                if let Some(link) = op.link {
                    self.tx.set_link_state(link, LinkState::Tombstone)?;
                }
                self.acknowledged(op, None, version.as_deref())
            }
            WriteOutcome::Updated { version } => {
                self.tally.written += 1;
                self.acknowledged(op, None, version.as_deref())
            }
            WriteOutcome::Deleted => {
                self.tally.deleted += 1;
                self.acknowledged(op, None, None)
            }
            // It changed, or appeared, since it was read: read and decide again.
            WriteOutcome::Stale | WriteOutcome::Exists => {
                self.again(op, DirtyReason::Stale, self.now)
            }
            // Its tombstone is on its way in the feed.
            WriteOutcome::Gone => Ok(()),
            WriteOutcome::Ambiguous => self.refused(
                op,
                Refusal {
                    class: FailureClass::Duplicate,
                    code: "1007".to_owned(),
                    message: "several people match: merge them in Marketo, then retry".to_owned(),
                },
            ),
            WriteOutcome::Retry(refusal) | WriteOutcome::Refused(refusal) => {
                self.refused(op, refusal)
            }
            // Left in the outbox by the caller.
            WriteOutcome::Unknown(_) => Ok(()),
        }
    }

    fn acknowledged(
        &self,
        op: &Op,
        created: Option<RecordKey>,
        version: Option<&str>,
    ) -> Result<(), StoreError> {
        let marketo = created.and_then(RecordKey::marketo).or(op.marketo);
        if let Some(link) = op.link {
            if created.is_some() {
                self.tx.set_link_marketo(link, marketo)?;
            }
            if op.side == Side::Dynamics && version.is_some() {
                self.tx.set_link_version(link, version)?;
            }
            self.agree(link, op)?;
        }
        self.tx.journal(&self.entries(op, marketo))?;
        if let Some(key) = key(op) {
            self.tx
                .heal_failures(&[(self.entity.clone(), op.side, key)], self.now)?;
        }
        Ok(())
    }

    /// The base becomes what was sent. Where a decision is written to both sides, only when the second one is
    /// confirmed: half a decision is not an agreement.
    fn agree(&self, link: LinkId, op: &Op) -> Result<(), StoreError> {
        if op.kind == OpKind::Create {
            // Stored when it was staged.
            return Ok(());
        }
        let half_done = self.tx.conflicts_in_outbox(link, op.id)?;
        let whole = |field: &&OpField| {
            !field.field.is_empty() && field.conflict.is_none_or(|id| !half_done.contains(&id))
        };
        let agreed: Vec<(String, Value)> = op
            .fields
            .iter()
            .filter(whole)
            .map(|field| (field.field.clone(), field.canonical.clone()))
            .collect();
        self.tx.update_base(link, &agreed)?;
        for id in op
            .fields
            .iter()
            .filter(whole)
            .filter_map(|field| field.conflict)
        {
            self.tx
                .set_conflict_status(id, ConflictStatus::Applied, self.now)?;
        }
        Ok(())
    }

    fn entries(&self, op: &Op, marketo: Option<i64>) -> Vec<JournalEntry> {
        let entry = |field: &str, before: &Value, after: &Value, cause: Cause| JournalEntry {
            at: self.now,
            cycle: op.cycle,
            link: op.link,
            entity: self.entity.clone(),
            dynamics_id: op.dynamics,
            marketo_id: marketo,
            side: op.side,
            field: field.to_owned(),
            before: before.clone(),
            after: after.clone(),
            cause,
        };
        match op.kind {
            // One row for the record: what it was made of is in the base, what it replaced is nothing.
            OpKind::Create => vec![entry("", &Value::Null, &Value::Null, Cause::Create)],
            OpKind::Delete | OpKind::Flag => {
                vec![entry("", &Value::Null, &Value::Null, Cause::Delete)]
            }
            OpKind::Update => op
                .fields
                .iter()
                .filter(|field| !field.field.is_empty())
                .map(|field| {
                    entry(
                        &field.field,
                        &field.before,
                        &field.after,
                        field.cause.clone(),
                    )
                })
                .collect(),
        }
    }

    /// Looks at the record again, from `due` on.
    fn again(&self, op: &Op, reason: DirtyReason, due: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(key) = key(op) else { return Ok(()) };
        let gone = op.kind == OpKind::Flag;
        self.tx.mark_dirty(&[Dirty {
            due,
            gone,
            ..dirty(self.entity, key, reason, self.now)
        }])
    }

    fn refused(&mut self, op: &Op, refusal: Refusal) -> Result<(), StoreError> {
        let Some(key) = key(op) else { return Ok(()) };
        self.tally.failures += 1;
        if let (OpKind::Create, Some(link)) = (op.kind, op.link) {
            // Nothing was created: the base that was stored for it speaks of nobody.
            self.tx.set_base(link, &Base::new())?;
        }
        let attempts = self.tx.failure_attempts(self.entity, op.side, key)? + 1;
        let next_try = retry::next_try(attempts, self.now);
        self.tx.record_failure(&NewFailure {
            entity: self.entity.clone(),
            direction: op.side,
            refusal,
            dynamics_id: op.dynamics,
            marketo_id: op.marketo,
            key,
            at: self.now,
            next_try,
        })?;
        match next_try {
            Some(due) => self.again(op, DirtyReason::Retry, due),
            None => Ok(()),
        }
    }
}

/// The key a write's record is looked at again by.
pub(super) fn key(op: &Op) -> Option<RecordKey> {
    op.dynamics
        .map(RecordKey::Dynamics)
        .or(op.marketo.map(RecordKey::Marketo))
}
