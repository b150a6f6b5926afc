//! The order of a cycle: whoever is pointed to comes first, deletes run the other way round.
//!
//! Each stage has a lane an entity, side by side. People come before everything that is copied for reports: while the
//! later stages are busy, the people's feeds are read and worked on again at every interval, so that a million rows of
//! a custom entity hold back no lead edit; and a flood of accounts lets people go first after a short while.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use uuid::Uuid;

use super::claims::Claims;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::slice::Part;
use super::work::{Arrivals, Work};
use super::{approval, compare, create_rules, pull_dynamics, pull_marketo, strangers};
use crate::connectors::{Errand, Purpose};
use crate::model::{CycleId, Entity};

/// People wait so long for their companies and owners; links that are not there by then are added once they are.
const PARENTS_FIRST: Duration = Duration::from_secs(30);

/// When an entity's turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Owners,
    Accounts,
    People,
    Opportunities,
    Roles,
    Others,
}

impl Stage {
    const ALL: [Self; 6] = [
        Self::Owners,
        Self::Accounts,
        Self::People,
        Self::Opportunities,
        Self::Roles,
        Self::Others,
    ];

    fn of(entity: &Entity) -> Self {
        if *entity == Entity::USER || *entity == Entity::TEAM {
            Self::Owners
        } else if *entity == Entity::ACCOUNT {
            Self::Accounts
        } else if entity.is_person() {
            Self::People
        } else if *entity == Entity::OPPORTUNITY {
            Self::Opportunities
        } else if entity.is_role() {
            Self::Roles
        } else {
            Self::Others
        }
    }
}

/// The lanes of a cycle, by stage.
pub(super) struct Lanes {
    all: Vec<Arc<Lane>>,
    stages: Vec<Vec<Arc<Lane>>>,
}

impl Lanes {
    pub(super) fn new(lanes: Vec<Lane>) -> Self {
        let all: Vec<Arc<Lane>> = lanes.into_iter().map(Arc::new).collect();
        let of = |stage| {
            let lanes = all.iter().filter(|lane| Stage::of(lane.entity()) == stage);
            lanes.cloned().collect()
        };
        let stages = Stage::ALL.into_iter().map(of).collect();
        Self { all, stages }
    }

    /// Every lane, in the order of writing.
    pub(super) fn all(&self) -> &[Arc<Lane>] {
        &self.all
    }

    fn of(&self, stage: Stage) -> &[Arc<Lane>] {
        self.stages.get(stage as usize).map_or(&[], Vec::as_slice)
    }
}

/// One cycle's pulling and working.
pub(super) struct Order<'a> {
    context: &'a Context,
    cycle: CycleId,
    organization: Uuid,
    lanes: &'a Lanes,
    claims: Claims,
    arrivals: [Arrivals; 6],
}

impl<'a> Order<'a> {
    pub(super) fn new(
        context: &'a Context,
        cycle: CycleId,
        organization: Uuid,
        lanes: &'a Lanes,
    ) -> Self {
        Self {
            context,
            cycle,
            organization,
            lanes,
            claims: Claims::default(),
            arrivals: Stage::ALL.map(|_| Arrivals::new()),
        }
    }

    fn arrivals(&self, stage: Stage) -> &Arrivals {
        &self.arrivals[stage as usize]
    }

    /// Waits until all feeds are read to their end.
    pub(super) async fn wait_complete(&self) {
        for arrivals in &self.arrivals {
            arrivals.wait_complete().await;
        }
    }

    /// Reads every feed to its end.
    pub(super) async fn pull(&self) -> Result<(), EngineError> {
        let people = self.lanes.of(Stage::People);
        // Marketo's tokens are taken before the first row is copied, so that no later edit falls before them.
        let marketo = pull_marketo::pull(self.context, people, self.arrivals(Stage::People)).await;
        if marketo.is_err() {
            self.arrivals.iter().for_each(Arrivals::finish);
            return marketo;
        }
        let stages = Stage::ALL.map(|stage| async move {
            let arrivals = self.arrivals(stage);
            let pulled = self.pull_stage(stage, arrivals);
            let pulled = if stage == Stage::People {
                let background = Errand::general(Purpose::Background);
                // Neither side waits for the other's walk through everything.
                let (pulled, compared) = tokio::join!(
                    pulled,
                    Box::pin(background.run(compare::walk(self.context, people)))
                );
                pulled.and(compared)
            } else {
                pulled.await
            };
            arrivals.finish();
            pulled
        });
        Box::pin(all(stages.into_iter())).await
    }

    async fn pull_stage(&self, stage: Stage, arrivals: &Arrivals) -> Result<(), EngineError> {
        let lanes = self.lanes.of(stage).iter();
        all(lanes.map(|lane| pull_dynamics::pull(self.context, lane, arrivals))).await
    }

    /// Works on everything until nothing is due; deletes last.
    pub(super) async fn work(&self) -> Result<(), EngineError> {
        let (parents_done, people_done) = (watch::Sender::new(false), watch::Sender::new(false));
        let later_done = watch::Sender::new(false);
        let parents = async {
            let owners = self.live(Stage::Owners, self.arrivals(Stage::Owners)).await;
            let accounts = self.live(Stage::Accounts, self.arrivals(Stage::Accounts));
            let done = owners.and(accounts.await);
            parents_done.send_replace(true);
            done
        };
        let people = async {
            drop(tokio::time::timeout(PARENTS_FIRST, is(&parents_done)).await);
            let done = self.people(self.arrivals(Stage::People)).await;
            people_done.send_replace(true);
            done
        };
        let later = async {
            is(&people_done).await;
            let deals = async {
                let deals = self.live(Stage::Opportunities, self.arrivals(Stage::Opportunities));
                deals
                    .await
                    .and(self.live(Stage::Roles, self.arrivals(Stage::Roles)).await)
            };
            let others = self.live(Stage::Others, self.arrivals(Stage::Others));
            let (deals, others) = tokio::join!(deals, others);
            later_done.send_replace(true);
            deals.and(others)
        };
        let again = async {
            is(&people_done).await;
            Box::pin(self.again(&parents_done, &later_done)).await
        };
        let (parents, people, later, again) = tokio::join!(parents, people, later, again);
        parents.and(people).and(later).and(again)?;
        self.deletes().await
    }

    fn stage<'s>(&'s self, arrivals: &'s Arrivals) -> Work<'s> {
        Work {
            context: self.context,
            cycle: self.cycle,
            organization: self.organization,
            claims: self.claims.clone(),
            arrivals,
        }
    }

    async fn live(&self, stage: Stage, arrivals: &Arrivals) -> Result<(), EngineError> {
        let work = self.stage(arrivals);
        let lanes = self.lanes.of(stage).iter();
        all(lanes.map(|lane| work.lane(lane, Part::Live))).await
    }

    async fn people(&self, arrivals: &Arrivals) -> Result<(), EngineError> {
        self.live(Stage::People, arrivals).await?;
        let people = self.lanes.of(Stage::People);
        strangers::route(self.context, people, self.organization).await?;
        create_rules::walk(self.context, people).await?;
        self.live(Stage::People, arrivals).await
    }

    /// Looks after people while the later stages are still busy: at every interval, and when the admin asks.
    async fn again(
        &self,
        parents_done: &watch::Sender<bool>,
        later_done: &watch::Sender<bool>,
    ) -> Result<(), EngineError> {
        let mut wishes = self.context.control.listen();
        loop {
            let asked = self.context.control.wishes().sync_now;
            tokio::select! {
                biased;
                () = is(later_done) => return Ok(()),
                () = tokio::time::sleep(self.context.sync.interval) => {}
                _ = wishes.wait_for(|wishes| wishes.sync_now != asked) => {}
            }
            if self.context.control.holds_writes() {
                continue;
            }
            let arrivals = Arrivals::new();
            let people = self.lanes.of(Stage::People);
            pull_marketo::pull(self.context, people, &arrivals).await?;
            let parents = *parents_done.borrow();
            let stages = [Stage::Owners, Stage::Accounts, Stage::People];
            let due = stages
                .iter()
                .filter(|stage| parents || **stage == Stage::People);
            for stage in due.clone() {
                self.pull_stage(*stage, &arrivals).await?;
            }
            arrivals.finish();
            for stage in due.filter(|stage| **stage != Stage::People) {
                self.live(*stage, &arrivals).await?;
            }
            self.people(&arrivals).await?;
            self.delete(Stage::People).await?;
        }
    }

    /// Carries deletes out, dependants first.
    async fn deletes(&self) -> Result<(), EngineError> {
        let mut done = Ok(());
        for stage in Stage::ALL.into_iter().rev() {
            done = done.and(self.delete(stage).await);
        }
        done
    }

    /// Deletes run only after they were measured as a whole.
    async fn delete(&self, stage: Stage) -> Result<(), EngineError> {
        let work = self.stage(self.arrivals(stage));
        let lanes = self.lanes.of(stage).iter();
        all(lanes.map(|lane| {
            let work = &work;
            async move {
                approval::deletes(self.context, lane).await?;
                work.lane(lane, Part::Gone).await
            }
        }))
        .await
    }
}

async fn is(flag: &watch::Sender<bool>) {
    // The sender is ours for as long as we wait, so the wait cannot fail.
    drop(flag.subscribe().wait_for(|done| *done).await);
}

/// Runs them side by side to their end, whatever happens to one of them.
async fn all(
    parts: impl Iterator<Item = impl Future<Output = Result<(), EngineError>>>,
) -> Result<(), EngineError> {
    join_all(parts).await.into_iter().collect()
}
