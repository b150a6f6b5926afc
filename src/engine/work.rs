//! Working: a lane takes slices of the dirty set, several at a time, until nothing is due.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::claims::Claims;
use super::context::Context;
use super::decide::{Setting, decide};
use super::errands;
use super::error::EngineError;
use super::gather::gather;
use super::holding::hold_back;
use super::lane::Lane;
use super::measuring::{self, Gate};
use super::objects;
use super::plan::Plan;
use super::push::push;
use super::slice::{Part, Slice, take};
use super::stage::stage;
use crate::connectors::{Errand, Purpose};
use crate::model::{CycleId, EngineState};

/// Slices of one lane that are worked on at a time: enough to keep both vendors busy while others are decided.
const SLICES_AT_ONCE: usize = 3;
/// A throttling pause up to this long is waited out within the cycle.
const WAIT_LONGEST: Duration = Duration::from_secs(300);

/// Tells the lanes that something was pulled, and that nothing more will be.
#[derive(Debug)]
pub(super) struct Arrivals {
    something: Notify,
    complete: watch::Sender<bool>,
}

impl Arrivals {
    pub(super) fn new() -> Self {
        Self {
            something: Notify::new(),
            complete: watch::Sender::new(false),
        }
    }

    /// Something may have become dirty.
    pub(super) fn announce(&self) {
        self.something.notify_waiters();
    }

    /// Pulling is over.
    pub(super) fn finish(&self) {
        self.complete.send_replace(true);
        self.announce();
    }

    fn complete(&self) -> bool {
        *self.complete.borrow()
    }

    /// Waits until pulling is over.
    pub(super) async fn wait_complete(&self) {
        // The sender lives as long as we do, so the wait cannot fail.
        drop(
            self.complete
                .subscribe()
                .wait_for(|complete| *complete)
                .await,
        );
    }
}

/// What the lanes of one stage of a cycle share; the claims are shared by all stages.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) cycle: CycleId,
    pub(super) organization: Uuid,
    pub(super) claims: Claims,
    pub(super) arrivals: &'a Arrivals,
}

impl Work<'_> {
    /// Works on one part of a lane until pulling is over and nothing of it is due.
    /// After an error no new slice is taken, but the running ones are finished.
    pub(super) async fn lane(&self, lane: &Arc<Lane>, part: Part) -> Result<(), EngineError> {
        let mut running = FuturesUnordered::new();
        let mut trouble = None;
        let mut gate = Gate::of(self, lane).await?;
        loop {
            // Asked before taking: what arrives afterwards announces itself.
            let complete = self.arrivals.complete();
            let news = self.arrivals.something.notified();
            let held = self.context.control.holds_lane(lane.entity());
            let mut more = trouble.is_none() && !held;
            while more && running.len() < SLICES_AT_ONCE {
                match self.next(lane, part, &gate, running.len()).await {
                    Ok(Some(slice)) => {
                        let errand = errands::of_slice(lane.entity(), &slice);
                        running.push(errand.run(self.slice(lane, slice)));
                    }
                    Ok(None) => more = false,
                    Err(error) => {
                        trouble = Some(error);
                        more = false;
                    }
                }
            }
            if running.is_empty() {
                let held = trouble.is_some() || self.context.control.holds_lane(lane.entity());
                if !held && complete && !self.may(lane, part, &gate, 0).await? {
                    if !self.measured(lane, &mut gate).await? {
                        return Ok(());
                    }
                    continue;
                }
                if held || (complete && !self.waited_for_throttling().await) {
                    self.ended(lane, part, held || !complete).await?;
                    return trouble.map_or(Ok(()), Err);
                }
                if !complete {
                    news.await;
                }
                continue;
            }
            tokio::select! {
                biased;
                finished = running.next() => {
                    if let Some(Err(error)) = finished {
                        trouble.get_or_insert(error);
                    }
                }
                () = news, if running.len() < SLICES_AT_ONCE && trouble.is_none() => {}
            }
        }
    }

    /// Whether another slice may be taken without measuring.
    async fn may(
        &self,
        lane: &Arc<Lane>,
        part: Part,
        gate: &Gate,
        running: usize,
    ) -> Result<bool, EngineError> {
        Ok(part == Part::Gone || gate.lets(self.context, lane, running).await?)
    }

    async fn next(
        &self,
        lane: &Arc<Lane>,
        part: Part,
        gate: &Gate,
        running: usize,
    ) -> Result<Option<Slice>, EngineError> {
        if !self.may(lane, part, gate, running).await? {
            return Ok(None);
        }
        take(self.context, lane, part, &self.claims).await
    }

    /// Measures what waits. False when it is too much: this lane halts, the others go on.
    async fn measured(&self, lane: &Arc<Lane>, gate: &mut Gate) -> Result<bool, EngineError> {
        let errand = Errand::of(Purpose::Everyday, lane.entity());
        match errand.run(gate.measure(self, lane)).await {
            Ok(()) => Ok(true),
            Err(EngineError::Halted { reason, plan }) => {
                self.context.control.halt(lane.entity(), reason, plan);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// The part is over; from a first copy's end on, creates and changes are measured.
    async fn ended(
        &self,
        lane: &Arc<Lane>,
        part: Part,
        cut_short: bool,
    ) -> Result<(), EngineError> {
        if part == Part::Live && !cut_short {
            measuring::copied(self, lane).await?;
        }
        Ok(())
    }

    /// One slice, from what is dirty to what is settled.
    async fn slice(&self, lane: &Arc<Lane>, mut slice: Slice) -> Result<(), EngineError> {
        let plans = self.decided(lane, &mut slice).await?;
        let staged = stage(self.context, lane, self.cycle, plans).await?;
        push(self.context, lane, staged.ops).await
    }

    /// What is to be done about a slice's items; nothing is stored or sent yet.
    pub(super) async fn decided(
        &self,
        lane: &Arc<Lane>,
        slice: &mut Slice,
    ) -> Result<Vec<Plan>, EngineError> {
        let context = self.context;
        if let Some(end) = &lane.object {
            objects::gather(context, lane, end, slice).await?;
            measuring::there(context, lane, &slice.items).await?;
            let now = context.clock.now();
            let decided = slice.items.iter().map(|item| {
                let plan = objects::decide(lane, end, item, now);
                hold_back(&context.control, lane.entity(), now, item, plan)
            });
            return Ok(decided.collect());
        }
        let candidates = gather(context, lane, slice).await?;
        measuring::there(context, lane, &slice.items).await?;
        let setting = Setting {
            lane,
            organization: self.organization,
            candidates: &candidates,
            now: context.clock.now(),
        };
        let items = slice.items.iter().map(|item| {
            let plan = decide(&setting, item);
            hold_back(&context.control, lane.entity(), setting.now, item, plan)
        });
        Ok(items.collect())
    }

    /// Waits until put-off writes may go on. False when there are none, or the wait would be too long for a cycle.
    async fn waited_for_throttling(&self) -> bool {
        let now = self.context.clock.now();
        let Some(due) = self.context.throttled.ends(now) else {
            return false;
        };
        let wait = (due - now).to_std().unwrap_or_default();
        if wait > WAIT_LONGEST {
            return false;
        }
        let reason = format!("asked to slow down; going on in {} s", wait.as_secs() + 1);
        self.context
            .progress
            .state(EngineState::WaitingForQuota, Some(reason));
        let waits = &self.context.progress;
        waits.note(|snapshot| snapshot.waiting_until = Some(due));
        let mut wishes = self.context.control.listen();
        tokio::select! {
                biased;
            () = tokio::time::sleep(wait) => {}
            _ = wishes.changed() => {}
        }
        self.context.progress.state(EngineState::Deciding, None);
        true
    }
}
