//! What became of one write: its new base, its journal row, its failure, or another look at its record.

use chrono::{DateTime, Utc};

use super::converted;
use super::failing;
use super::journaling::entries;
use super::lost_update;
use super::objects;
use super::retry;
use super::settle::{again_as, key};
use super::stage::dirty;
use super::stamp;
use super::undoing;
use crate::connectors::WriteOutcome;
use crate::model::{Entity, FailureClass, LinkId, RecordKey, Refusal, Side, Value};
use crate::store::{
    Base, Dirty, DirtyReason, LinkState, NewFailure, Op, OpField, OpKind, StoreError, Tx,
};

/// What a batch's answer came to.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) created: u64,
    pub(super) written: u64,
    pub(super) deleted: u64,
    pub(super) failures: u64,
}

/// Whether an object's record is deleted only because its key has changed: its row stands, in the version read.
pub(super) fn rekeys(op: &Op) -> bool {
    op.kind == OpKind::Delete && !op.entity.is_person() && op.version.is_some()
}

/// The transaction a batch is settled in.
pub(super) struct Settle<'a, 'tx> {
    pub(super) tx: &'a Tx<'tx>,
    pub(super) entity: &'a Entity,
    pub(super) now: DateTime<Utc>,
    pub(super) tally: Tally,
}

impl Settle<'_, '_> {
    pub(super) fn one(&mut self, op: &Op, outcome: WriteOutcome) -> Result<(), StoreError> {
        match outcome {
            WriteOutcome::Created { key, version } => {
                self.tally.created += 1;
                self.acknowledged(op, Some(key), version.as_deref())
            }
            WriteOutcome::Updated { version } if op.kind == OpKind::Flag => {
                self.tally.deleted += 1;
                self.bury(op)?;
                self.acknowledged(op, None, version.as_deref())
            }
            WriteOutcome::Updated { version } => {
                self.tally.written += 1;
                self.acknowledged(op, None, version.as_deref())
            }
            WriteOutcome::Deleted => self.deleted(op),
            // Somebody else deleted it first.
            // It changed, or appeared, since it was read: read and decide again.
            WriteOutcome::Stale | WriteOutcome::Exists => {
                self.again(op, DirtyReason::Stale, self.now)
            }
            WriteOutcome::Gone if matches!(op.kind, OpKind::Delete | OpKind::Drop) => {
                self.deleted(op)
            }
            // No feed tells of objects: it is looked at again after a pause.
            WriteOutcome::Gone if !op.entity.is_person() => self.refused(
                op,
                Refusal {
                    class: FailureClass::MissingParent,
                    code: "1013".to_owned(),
                    message: "it, or what it belongs to, is no longer in Marketo".to_owned(),
                    request: None,
                },
            ),
            // Its tombstone is on its way in the feed.
            WriteOutcome::Gone => Ok(()),
            WriteOutcome::Ambiguous => self.refused(
                op,
                Refusal {
                    class: FailureClass::Duplicate,
                    code: "1007".to_owned(),
                    message: "several people match: merge them in Marketo, then retry".to_owned(),
                    request: None,
                },
            ),
            WriteOutcome::Retry(refusal) | WriteOutcome::Refused(refusal) => {
                self.refused(op, refusal)
            }
            // Left in the outbox by the caller.
            WriteOutcome::Unknown(_) => Ok(()),
        }
    }

    /// A record is gone: its link is buried, unless only its key has changed.
    fn deleted(&mut self, op: &Op) -> Result<(), StoreError> {
        self.tally.deleted += 1;
        if rekeys(op) {
            self.acknowledged(op, None, None)?;
            let Some(link) = op.link else { return Ok(()) };
            // Under no key any more; an empty base would say that the admin has ended the link.
            let keys = op.fields.iter().filter(|field| field.field.is_empty());
            let none: Base = keys
                .map(|field| (field.name.clone(), Value::Null))
                .collect();
            self.tx.set_base(link, &none)?;
            self.tx.set_link_state(link, LinkState::Frozen)?;
            return self.again(op, DirtyReason::Stale, self.now);
        }
        self.bury(op)?;
        self.acknowledged(op, None, None)
    }

    fn bury(&self, op: &Op) -> Result<(), StoreError> {
        let Some(link) = op.link else { return Ok(()) };
        self.tx.let_questions_go(link, self.now)?;
        if let Some(row) = op.dynamics {
            self.tx.wake(row, self.now)?;
        }
        if op.kind == OpKind::Drop {
            self.tx.set_link_marketo(link, None)?;
            // Whoever belonged to it can tell that it left.
            self.tx.set_base(link, &objects::left())?;
            self.tx.set_link_state(link, LinkState::Frozen)?;
            return self.wake(op);
        }
        if op.entity.is_role() {
            // Its opportunity may wait for it to go.
            self.wake(op)?;
        }
        objects::end(self.tx, &op.entity, link)?;
        self.tx.set_link_state(link, LinkState::Tombstone)?;
        converted::ended(self.tx, self.entity, op.dynamics, self.now)
    }

    /// Has whoever points to the record's row looked at.
    fn wake(&self, op: &Op) -> Result<(), StoreError> {
        op.dynamics
            .map_or(Ok(()), |row| self.tx.wake(row, self.now))
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
                if !op.entity.is_person() {
                    self.tx.set_link_state(link, LinkState::Live)?;
                }
                self.wake(op)?;
            } else if op.fields.iter().any(|field| field.name == stamp::DELETED) {
                self.wake(op)?;
            }
            if op.side == Side::Dynamics && version.is_some() {
                self.tx.set_link_version(link, version)?;
            }
            self.agree(link, op)?;
            if op.kind == OpKind::Create && op.side == Side::Dynamics {
                self.tx.set_link_state(link, LinkState::Live)?;
                // Now that the row is there, the person is stamped with it.
                self.again(op, DirtyReason::Stale, self.now)?;
            }
        }
        self.tx.journal(&entries(op, marketo, self.now))?;
        lost_update::already_shown(self.tx, op, self.now)?;
        match (key(op), op.sent) {
            (Some(key), Some(sent)) => {
                let record = (self.entity, op.side, key);
                self.tx.heal_failures_before(record, sent, self.now)
            }
            _ => Ok(()),
        }
    }

    /// The base becomes what was sent. Where a decision is written to both sides, only when the second one is
    /// confirmed: half a decision is not an agreement.
    fn agree(&self, link: LinkId, op: &Op) -> Result<(), StoreError> {
        if matches!(op.kind, OpKind::Create | OpKind::Delete | OpKind::Drop) {
            // Stored when it was staged; or there is nobody left to agree with.
            let typed = op.fields.iter().filter_map(|field| field.conflict);
            return typed
                .filter(|_| op.kind == OpKind::Create && !op.entity.is_person())
                .try_for_each(|id| undoing::applied(self.tx, id, self.now));
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
            undoing::applied(self.tx, id, self.now)?;
        }
        Ok(())
    }

    /// Looks at the record again, from `due` on.
    pub(super) fn again(
        &self,
        op: &Op,
        reason: DirtyReason,
        due: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some((key, gone)) = again_as(op) else {
            return Ok(());
        };
        self.tx.mark_dirty(&[Dirty {
            due,
            gone,
            ..dirty(self.entity, key, reason, self.now)
        }])
    }

    pub(super) fn refused(&mut self, op: &Op, refusal: Refusal) -> Result<(), StoreError> {
        let Some(key) = key(op) else { return Ok(()) };
        self.tally.failures += 1;
        if let (OpKind::Create, Some(link)) = (op.kind, op.link) {
            // Nothing was created: the base that was stored for it speaks of nobody.
            self.tx.set_base(link, &Base::new())?;
        }
        let attempts = self.tx.failure_attempts(self.entity, op.side, key)? + 1;
        let next_try = retry::next_try(refusal.class, attempts, self.now);
        let field = failing::field_of(op, &refusal);
        let known = |id| objects::row_of(self.tx, self.entity, id);
        let row = op.dynamics.map(known).transpose()?;
        self.tx.record_failure(&NewFailure {
            entity: self.entity.clone(),
            direction: op.side,
            refusal,
            dynamics_id: row,
            marketo_id: op.marketo,
            key,
            field,
            gone: again_as(op).is_some_and(|(_, gone)| gone),
            at: self.now,
            next_try,
        })?;
        match next_try {
            Some(due) => self.again(op, DirtyReason::Retry, due),
            None => Ok(()),
        }
    }
}
