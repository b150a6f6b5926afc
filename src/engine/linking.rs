//! Staging a plan's link: made, given a person, handed on, held or ended, in the transaction that stages its writes.

use uuid::Uuid;

use super::converted;
use super::handing;
use super::objects;
use super::plan::{LinkPlan, Linking, Plan};
use super::stage::Stage;
use crate::model::{LinkId, RecordKey, Side};
use crate::store::{Base, Link, LinkState, NewLink, StoreError};

impl Stage<'_, '_> {
    /// What a plan makes of its link.
    pub(super) fn link(&self, plan: &Plan) -> Result<Linking, StoreError> {
        let known = plan.link.as_ref().map(|link| link.id);
        match (&plan.link_plan, known) {
            (LinkPlan::Keep, known) => Ok(Linking::Done(known)),
            // Somebody who was asked for was found to be this row meanwhile.
            (LinkPlan::New { .. } | LinkPlan::TakeOver { .. }, None)
                if self.entity.is_person() && self.row_taken(plan.dynamics, None)? =>
            {
                Ok(Linking::Taken)
            }
            (LinkPlan::New { marketo, state }, None) => {
                if self.person_taken(*marketo, None)? {
                    return Ok(Linking::Taken);
                }
                let link = self.tx.insert_link(&NewLink {
                    entity: self.entity.clone(),
                    dynamics: plan.dynamics,
                    marketo: *marketo,
                    version: plan.version.clone(),
                    state: *state,
                    since: self.now,
                })?;
                if marketo.is_some() || (!self.entity.is_person() && *state == LinkState::Live) {
                    self.there(plan)?;
                }
                Ok(Linking::Done(Some(link)))
            }
            (LinkPlan::TakeOver { from, base }, known) => {
                let at = (self.cycle, self.now);
                if let Some(due) = handing::release(self.tx, self.entity, plan, from, at)? {
                    return Ok(Linking::Later(due));
                }
                let link = self.given(plan, from.marketo, known)?;
                self.tx.set_base(link, base)?;
                self.there(plan)?;
                Ok(Linking::Done(Some(link)))
            }
            (LinkPlan::Attach { marketo, .. }, Some(_))
                if self.person_taken(Some(*marketo), known)? =>
            {
                Ok(Linking::Taken)
            }
            (LinkPlan::Found { dynamics }, Some(_)) if self.row_taken(*dynamics, known)? => {
                Ok(Linking::Taken)
            }
            (_, Some(link)) => {
                self.relink(link, plan)?;
                Ok(Linking::Done(known))
            }
            (_, None) => Ok(Linking::Done(None)),
        }
    }

    /// A row's link to a person that another row had.
    fn given(
        &self,
        plan: &Plan,
        marketo: Option<i64>,
        known: Option<LinkId>,
    ) -> Result<LinkId, StoreError> {
        let Some(link) = known else {
            return self.tx.insert_link(&NewLink {
                entity: self.entity.clone(),
                dynamics: plan.dynamics,
                marketo,
                version: plan.version.clone(),
                state: LinkState::Live,
                since: self.now,
            });
        };
        self.tx.set_link_marketo(link, marketo)?;
        self.tx.set_link_state(link, LinkState::Live)?;
        Ok(link)
    }

    /// What becomes of a link that is there.
    fn relink(&self, link: LinkId, plan: &Plan) -> Result<(), StoreError> {
        match &plan.link_plan {
            LinkPlan::Attach { marketo, trusted } => {
                self.tx.set_link_marketo(link, Some(*marketo))?;
                self.tx.set_link_state(link, LinkState::Live)?;
                if !trusted {
                    self.tx.set_base(link, &Base::new())?;
                }
                self.there(plan)
            }
            LinkPlan::Live => {
                let frozen = |link: &Link| link.state == LinkState::Frozen;
                if plan.link.as_ref().is_some_and(frozen) {
                    self.tx.set_link_state(link, LinkState::Live)?;
                    self.there(plan)?;
                }
                Ok(())
            }
            LinkPlan::Found { dynamics } => {
                if dynamics.is_some() {
                    self.tx.set_link_dynamics(link, *dynamics)?;
                    self.tx.set_base(link, &Base::new())?;
                }
                self.tx.set_link_state(link, LinkState::Live)
            }
            LinkPlan::Bury => {
                if plan.link.as_ref().map(|link| link.state) == Some(LinkState::Wanted) {
                    // There never was a row: nobody's person is kept for it.
                    self.tx.set_link_marketo(link, None)?;
                }
                // With a flag to be set or a record to be deleted, the link is buried when that is confirmed.
                if plan.to_marketo.is_none() && plan.to_dynamics.is_none() {
                    self.tx.set_link_state(link, LinkState::Tombstone)?;
                    self.tx.let_questions_go(link, self.now)?;
                    objects::end(self.tx, self.entity, link)?;
                    self.there(plan)?;
                    converted::ended(self.tx, self.entity, plan.dynamics, self.now)?;
                }
                Ok(())
            }
            LinkPlan::Freeze => self.tx.set_link_state(link, LinkState::Frozen),
            LinkPlan::Thaw => self.tx.set_link_state(link, LinkState::Live),
            LinkPlan::Revive => {
                self.tx.set_link_marketo(link, None)?;
                self.tx.set_link_state(link, LinkState::Frozen)
            }
            LinkPlan::Keep | LinkPlan::New { .. } | LinkPlan::TakeOver { .. } => Ok(()),
        }
    }

    /// Marketo has this record, or has it no longer: whoever waited for it, or points to it, is looked at.
    fn there(&self, plan: &Plan) -> Result<(), StoreError> {
        plan.dynamics
            .map_or(Ok(()), |row| self.tx.wake(row, self.now))
    }

    /// Whether another link has got hold of this person since the candidates were read; one that ended holds nobody.
    fn person_taken(&self, marketo: Option<i64>, ours: Option<LinkId>) -> Result<bool, StoreError> {
        let holder = self.holder(marketo.map(RecordKey::Marketo), ours)?;
        match holder {
            Some(wish) if wish.state == LinkState::Wanted => self.is_written(&wish),
            holder => Ok(holder.is_some()),
        }
    }

    /// Whether a row that was asked for is being written. One that is not need not be: the person has another one now.
    fn is_written(&self, wish: &Link) -> Result<bool, StoreError> {
        if !self.tx.unfinished(&[wish.id])?.is_empty() {
            return Ok(true);
        }
        self.tx.set_link_marketo(wish.id, None)?;
        self.tx.set_link_state(wish.id, LinkState::Tombstone)?;
        if let Some(row) = wish.dynamics.map(RecordKey::Dynamics) {
            let both = Side::BOTH.map(|side| (wish.entity.clone(), side, row));
            self.tx.heal_failures(&both, self.now)?;
        }
        Ok(false)
    }

    /// Whether another link has got hold of this row since it was found.
    fn row_taken(&self, row: Option<Uuid>, ours: Option<LinkId>) -> Result<bool, StoreError> {
        let holder = self.holder(row.map(RecordKey::Dynamics), ours)?;
        Ok(holder.is_some())
    }

    fn holder(
        &self,
        key: Option<RecordKey>,
        ours: Option<LinkId>,
    ) -> Result<Option<Link>, StoreError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let holder = self.tx.links_by_key(&[key])?.remove(&key);
        Ok(holder.filter(|link| link.state != LinkState::Tombstone && Some(link.id) != ours))
    }
}
