//! Staging: a slice's plans become facts in one transaction, before anything is sent.
//!
//! Links, conflicts, agreed values and the intent of every write are stored together with the settled dirty entries,
//! so a crash at any point either repeats the decision or knows what may have been sent.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::converted;
use super::error::EngineError;
use super::handing;
use super::journaling;
use super::lane::Lane;
use super::objects;
use super::plan::{Linking, Plan, Write};
use super::waiting;
use crate::model::{ConflictId, ConflictStatus, CycleId, Entity, LinkId, OpId, RecordKey, Side};
use crate::store::{
    Dirty, DirtyReason, LinkState, NewFailure, NewOp, Op, OpKind, OpState, StoreError, Tx,
};

/// What staging a slice came to.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// The writes, in the outbox as sent.
    pub(super) ops: Vec<Op>,
    /// Items that needed no write.
    pub(super) settled: u64,
    /// Conflicts that were opened: what to tell of them.
    pub(super) conflicts: Vec<(ConflictId, String)>,
    /// Failures that were recorded.
    pub(super) failures: u64,
}

/// Stores a slice's plans and stages its writes.
pub(super) async fn stage(
    context: &Context,
    lane: &Lane,
    cycle: CycleId,
    plans: Vec<Plan>,
) -> Result<Staged, EngineError> {
    let (entity, now) = (lane.entity().clone(), context.clock.now());
    if let Some(dry) = &context.dry {
        for plan in &plans {
            dry.decided(&entity, plan).await;
        }
    }
    let staged = context
        .store
        .transaction(move |tx| {
            let mut stage = Stage {
                tx,
                entity: &entity,
                cycle,
                now,
                staged: Staged::default(),
            };
            for plan in plans {
                stage.item(plan)?;
            }
            let ids: Vec<OpId> = stage.staged.ops.iter().map(|op| op.id).collect();
            tx.mark_sent(&ids, now)?;
            Ok(stage.staged)
        })
        .await?;
    if !staged.conflicts.is_empty() || staged.failures > 0 {
        context.progress.rows_changed();
    }
    context.progress.count(lane.entity(), |counts| {
        counts.skipped += staged.settled;
        counts.conflicts += staged.conflicts.len() as u64;
        counts.failures += staged.failures;
    });
    for (id, text) in &staged.conflicts {
        context
            .progress
            .tell_conflict(lane.entity(), *id, text.clone());
    }
    context.progress.finished(lane.entity(), staged.settled, 0);
    Ok(staged)
}

/// The transaction a slice is staged in.
pub(super) struct Stage<'a, 'tx> {
    pub(super) tx: &'a Tx<'tx>,
    pub(super) entity: &'a Entity,
    pub(super) cycle: CycleId,
    pub(super) now: DateTime<Utc>,
    staged: Staged,
}

impl Stage<'_, '_> {
    fn item(&mut self, plan: Plan) -> Result<(), StoreError> {
        if handing::is_outdated(self.tx, self.entity, &plan)? {
            // Its entries stay, so that it is decided again on what it is now.
            return Ok(());
        }
        match plan.held_until {
            Some(due) => self.tx.hold_dirty(self.entity, &plan.settles, due)?,
            None => self.tx.clear_dirty(self.entity, &plan.settles)?,
        }
        let link = match self.link(&plan)? {
            Linking::Done(link) => link,
            Linking::Taken => {
                let soon = self.now + handing::OTHERS_NEED;
                return handing::later(self.tx, self.entity, &plan, soon, self.now);
            }
            Linking::Later(due) => {
                return handing::later(self.tx, self.entity, &plan, due, self.now);
            }
        };
        converted::note(self.tx, self.entity, &plan, self.now)?;
        self.tx.finish_ops(&plan.answered)?;
        if let Some(link) = link {
            self.facts(link, &plan)?;
        }
        self.conflicts(link, &plan)?;
        self.failures(&plan)?;
        waiting::note(self.tx, self.entity, &plan, self.now)?;
        if plan.kept {
            let row = journaling::kept(self.entity, &plan, self.cycle, self.now);
            self.tx.journal(&[row])?;
        }
        if plan.to_dynamics.is_none() && plan.to_marketo.is_none() {
            self.staged.settled += 1;
            let waits = !plan.missing.is_empty() || plan.held_until.is_some();
            if plan.refused.is_empty() && !plan.person_missing && !waits {
                self.heal(&plan)?;
            }
            return Ok(());
        }
        let (to_dynamics, to_marketo) = (plan.to_dynamics.clone(), plan.to_marketo.clone());
        self.write(link, &plan, Side::Dynamics, to_dynamics)?;
        self.write(link, &plan, Side::Marketo, to_marketo)
    }

    fn facts(&self, link: LinkId, plan: &Plan) -> Result<(), StoreError> {
        if plan.version.is_some() {
            self.tx.set_link_version(link, plan.version.as_deref())?;
        }
        let creates = |write: &&Write| write.kind == OpKind::Create;
        let known = |write: &Write| plan.agreed.iter().cloned().chain(write.sent()).collect();
        if let Some(write) = plan.to_dynamics.as_ref().filter(creates) {
            return self.tx.set_base(link, &known(write));
        }
        match &plan.to_marketo {
            // Until the create is confirmed, the base holds what was sent: if its answer is lost, the person is found
            // by our stamp, and an edit made meanwhile shows as a change.
            Some(write) if write.kind == OpKind::Create => {
                self.tx.set_base(link, &known(write))?;
                // An object's link stays frozen until Marketo has the record: nobody may point to it before.
                if self.entity.is_person() {
                    self.tx.set_link_state(link, LinkState::Live)?;
                }
                Ok(())
            }
            _ if !plan.agreed.is_empty() => self.tx.update_base(link, &plan.agreed),
            _ => Ok(()),
        }
    }

    fn conflicts(&mut self, link: Option<LinkId>, plan: &Plan) -> Result<(), StoreError> {
        let close = |ids: &[ConflictId], status| {
            ids.iter()
                .try_for_each(|id| self.tx.set_conflict_status(*id, status, self.now))
        };
        close(&plan.converged, ConflictStatus::Converged)?;
        close(&plan.superseded, ConflictStatus::Superseded)?;
        close(&plan.applied, ConflictStatus::Applied)?;
        for conflict in &plan.opened {
            let mut conflict = conflict.clone();
            conflict.link = link;
            let id = self.tx.open_conflict(&conflict)?;
            if objects::asks_about_the_gone(conflict.kind, conflict.marketo.as_text()) {
                // Who belongs to the person waits for the answer, and says so.
                let row = conflict.dynamics_id;
                row.map_or(Ok(()), |row| self.tx.wake(row, self.now))?;
            }
            let what = match conflict.field.as_str() {
                "" => conflict.kind.word().replace('_', " "),
                field => format!("{field} changed on both sides"),
            };
            self.staged
                .conflicts
                .push((id, format!("{}: {what}", conflict.label)));
        }
        Ok(())
    }

    fn failures(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let Some(key) = plan.settles.first().map(|(key, _)| *key) else {
            return Ok(());
        };
        let key = plan.dynamics.map_or(key, RecordKey::Dynamics);
        let known = |id| objects::row_of(self.tx, self.entity, id);
        let row = plan.dynamics.map(known).transpose()?;
        for (direction, field, refusal, next_try) in waiting::refusals(plan, self.now) {
            self.tx.record_failure(&NewFailure {
                entity: self.entity.clone(),
                direction,
                refusal,
                dynamics_id: row,
                marketo_id: plan.marketo,
                key,
                field,
                gone: false,
                at: self.now,
                next_try,
            })?;
            self.staged.failures += 1;
        }
        Ok(())
    }

    /// In step without a write: what failed before no longer matters.
    fn heal(&self, plan: &Plan) -> Result<(), StoreError> {
        let Some(key) = plan.dynamics.map(RecordKey::Dynamics) else {
            return Ok(());
        };
        let both = Side::BOTH.map(|side| (self.entity.clone(), side, key));
        self.tx.heal_failures(&both, self.now)
    }

    fn write(
        &mut self,
        link: Option<LinkId>,
        plan: &Plan,
        side: Side,
        write: Option<Write>,
    ) -> Result<(), StoreError> {
        let Some(write) = write else { return Ok(()) };
        let op = NewOp {
            link,
            entity: self.entity.clone(),
            side,
            kind: write.kind,
            dynamics: plan.dynamics,
            marketo: plan.marketo,
            version: plan.version.clone(),
            fields: write.fields,
            attempt: 0,
            sent: None,
            settle: None,
            cycle: self.cycle,
        };
        let ids = self.tx.stage(std::slice::from_ref(&op))?;
        self.staged.ops.extend(ids.into_iter().map(|id| Op {
            id,
            link: op.link,
            entity: op.entity.clone(),
            side: op.side,
            kind: op.kind,
            state: OpState::Sent,
            dynamics: op.dynamics,
            marketo: op.marketo,
            version: op.version.clone(),
            fields: op.fields.clone(),
            attempt: 1,
            sent: Some(self.now),
            settle: None,
            cycle: op.cycle,
        }));
        Ok(())
    }
}

/// A record that has to be looked at now.
pub(super) fn dirty(
    entity: &Entity,
    key: RecordKey,
    reason: DirtyReason,
    now: DateTime<Utc>,
) -> Dirty {
    Dirty::new(entity.clone(), key, reason, now)
}
