//! How the engine is doing, gathered from its running parts and published as a snapshot.
//!
//! Running parts only touch counters here; nobody who watches is ever waited for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

use super::backfill::BackfillProgress;
use super::meter::Meter;
use super::snapshot::{EntityStatus, News, NewsKind, Snapshot, THROUGHPUT_SECONDS};
use crate::clock::Clock;
use crate::model::{
    BatchProgress, ConflictId, CycleId, CycleReport, EngineState, Entity, EntityCounts,
    EntitySettings, Quota, Side,
};

/// News kept for a reader that lags; older ones are lost to it.
const NEWS_KEPT: usize = 256;
/// Seconds a rate is taken over.
const RATE_SECONDS: usize = 60;

/// What the store says about one entity right now.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) links: u64,
    pub(super) backlog: u64,
    pub(super) oldest_pending: Option<chrono::DateTime<chrono::Utc>>,
    pub(super) conflicts: u64,
    pub(super) failures: u64,
    pub(super) backfill: Option<BackfillProgress>,
}

/// Gathers and publishes.
pub(super) struct Progress {
    clock: Clock,
    inner: Mutex<Inner>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    news: broadcast::Sender<News>,
    touched: Notify,
}

struct Inner {
    snapshot: Snapshot,
    counts: BTreeMap<Entity, EntityCounts>,
    rates: BTreeMap<Entity, Meter>,
    throughput: Meter,
    /// Records written since the last sample.
    unsampled: BTreeMap<Entity, u64>,
}

impl Progress {
    pub(super) fn new(profile: String, clock: Clock) -> Self {
        let snapshot = Snapshot {
            profile,
            ..Snapshot::default()
        };
        Self {
            clock,
            snapshot: watch::Sender::new(Arc::new(snapshot.clone())),
            news: broadcast::Sender::new(NEWS_KEPT),
            touched: Notify::new(),
            inner: Mutex::new(Inner {
                snapshot,
                counts: BTreeMap::new(),
                rates: BTreeMap::new(),
                throughput: Meter::new(THROUGHPUT_SECONDS),
                unsampled: BTreeMap::new(),
            }),
        }
    }

    /// Follows the newest snapshot.
    pub(super) fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    /// Where the news can be followed.
    pub(super) fn news(&self) -> broadcast::Sender<News> {
        self.news.clone()
    }

    /// Tells a piece of news; lost when nobody listens.
    pub(super) fn tell(&self, kind: NewsKind, entity: Option<&Entity>, text: impl Into<String>) {
        self.announce(kind, entity, None, text.into());
    }

    /// Tells of a conflict.
    pub(super) fn tell_conflict(&self, entity: &Entity, conflict: ConflictId, text: String) {
        self.announce(NewsKind::Conflict, Some(entity), Some(conflict), text);
    }

    fn announce(
        &self,
        kind: NewsKind,
        entity: Option<&Entity>,
        conflict: Option<ConflictId>,
        text: String,
    ) {
        let news = News {
            at: self.clock.now(),
            kind,
            entity: entity.cloned(),
            conflict,
            text,
        };
        // Nobody listening is not an error: news are lossy by design.
        drop(self.news.send(news));
    }

    /// Waits until something is to be published.
    pub(super) async fn touched(&self) {
        self.touched.notified().await;
    }

    /// The counters, to be changed: a publication follows.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.touched.notify_one();
        self.held()
    }

    fn held(&self) -> MutexGuard<'_, Inner> {
        // Counters stay meaningful even if a holder panicked half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what the engine is doing.
    pub(super) fn state(&self, state: EngineState, reason: Option<String>) {
        let mut inner = self.lock();
        inner.snapshot.state = state;
        inner.snapshot.reason = reason;
        inner.snapshot.waiting_until = None;
    }

    /// Changes the snapshot's plain members.
    pub(super) fn note(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.lock().snapshot);
    }

    /// Starts counting a cycle.
    pub(super) fn begin_cycle(&self, cycle: CycleId, entities: &[EntitySettings]) {
        let mut inner = self.lock();
        inner.counts.clear();
        for settings in entities {
            let counts = EntityCounts::new(settings.entity.clone());
            inner.counts.insert(settings.entity.clone(), counts);
        }
        inner.snapshot.cycle = Some(cycle);
        inner.snapshot.cycle_began = Some(self.clock.now());
        inner.snapshot.next_cycle = None;
        inner.snapshot.done = 0;
        inner.snapshot.total = 0;
        for row in &mut inner.snapshot.entities {
            row.done = 0;
            row.total = 0;
        }
    }

    /// Ends a cycle.
    pub(super) fn end_cycle(&self, report: CycleReport) {
        let mut inner = self.lock();
        inner.snapshot.cycle_began = None;
        inner.snapshot.last = Some(report);
        inner.snapshot.batches.clear();
        inner.snapshot.revision += 1;
    }

    /// How many records of each entity were written since this was last asked.
    pub(super) fn take_written(&self) -> BTreeMap<Entity, u64> {
        let mut inner = self.held();
        let known: Vec<Entity> = inner.counts.keys().cloned().collect();
        let mut taken = std::mem::take(&mut inner.unsampled);
        for entity in known {
            taken.entry(entity).or_default();
        }
        taken
    }

    /// What the cycle has counted so far, entity by entity.
    pub(super) fn counts(&self) -> Vec<EntityCounts> {
        self.held().counts.values().cloned().collect()
    }

    /// Counts for one entity of the running cycle.
    pub(super) fn count(&self, entity: &Entity, count: impl FnOnce(&mut EntityCounts)) {
        let mut inner = self.lock();
        let counts = inner.counts.entry(entity.clone());
        count(counts.or_insert_with(|| EntityCounts::new(entity.clone())));
    }

    /// Notes that `records` more have to be looked at.
    pub(super) fn expect(&self, entity: &Entity, records: u64) {
        let mut inner = self.lock();
        inner.snapshot.total += records;
        if let Some(row) = row(&mut inner.snapshot, entity) {
            row.total += records;
        }
    }

    /// Notes that `looked_at` records are finished, `written` of which went over the wire.
    pub(super) fn finished(&self, entity: &Entity, looked_at: u64, written: u32) {
        let now = self.clock.now();
        let mut inner = self.lock();
        inner.snapshot.done += looked_at;
        inner.throughput.add(now, written);
        *inner.unsampled.entry(entity.clone()).or_default() += u64::from(written);
        let rate = inner
            .rates
            .entry(entity.clone())
            .or_insert_with(|| Meter::new(RATE_SECONDS));
        rate.add(now, written);
        if let Some(row) = row(&mut inner.snapshot, entity) {
            row.done += looked_at;
        }
    }

    /// Notes that a batch is on its way.
    pub(super) fn batch_began(&self, batch: BatchProgress) {
        let mut inner = self.lock();
        inner.snapshot.batches.push(batch);
        inner.snapshot.state = EngineState::Writing;
    }

    /// Notes that a batch has its answer.
    pub(super) fn batch_ended(&self, number: u64) {
        self.lock()
            .snapshot
            .batches
            .retain(|batch| batch.number != number);
    }

    /// Notes that rows the panes list have changed.
    pub(super) fn rows_changed(&self) {
        self.lock().snapshot.revision += 1;
    }

    /// Whether a cycle runs, or anything was written in the last minute, so that the picture still changes by itself.
    pub(super) fn lively(&self) -> bool {
        let now = self.clock.now();
        let mut inner = self.held();
        inner.snapshot.cycle_began.is_some() || inner.throughput.last(now, RATE_SECONDS) > 0
    }

    /// Publishes the snapshot, completed by what the store says.
    pub(super) fn publish(
        &self,
        facts: &[(EntitySettings, Facts)],
        quotas: Vec<Quota>,
        marketo_errors: BTreeMap<String, u64>,
        waits: Option<(chrono::DateTime<chrono::Utc>, String)>,
    ) {
        let now = self.clock.now();
        let mut guard = self.held();
        let inner = &mut *guard;
        let mut rows = Vec::with_capacity(facts.len());
        for (settings, facts) in facts {
            let entity = &settings.entity;
            let rate = inner
                .rates
                .get_mut(entity)
                .map_or(0, |meter| meter.last(now, RATE_SECONDS));
            let old = row(&mut inner.snapshot, entity);
            let (done, total) = old.map_or((0, 0), |row| (row.done, row.total));
            rows.push(EntityStatus {
                entity: entity.clone(),
                direction: settings.direction,
                policy: settings.policy,
                state: lane_state(&inner.snapshot, entity),
                links: facts.links,
                backlog: facts.backlog,
                oldest_pending: facts.oldest_pending,
                rate_per_minute: rate as f64,
                done,
                total,
                conflicts: facts.conflicts,
                failures: facts.failures,
                backfill: facts.backfill.clone(),
            });
        }
        let snapshot = &mut inner.snapshot;
        snapshot.conflicts = rows.iter().map(|row| row.conflicts).sum();
        snapshot.failures = rows.iter().map(|row| row.failures).sum();
        snapshot.entities = rows;
        snapshot.quotas = quotas;
        snapshot.marketo_errors = marketo_errors;
        snapshot.throughput = inner.throughput.series(now);
        let mut shown = snapshot.clone();
        if let Some((until, reason)) = waits.filter(|_| shown.state.is_busy()) {
            shown.state = EngineState::WaitingForQuota;
            shown.reason = Some(reason);
            shown.waiting_until = Some(until);
            let busy = shown.entities.iter_mut().filter(|row| row.state.is_busy());
            busy.for_each(|row| row.state = EngineState::WaitingForQuota);
        }
        self.snapshot.send_replace(Arc::new(shown));
    }
}

/// What an entity's lane is doing: what the engine does, unless the lane alone is held.
fn lane_state(snapshot: &Snapshot, entity: &Entity) -> EngineState {
    let held = |side| snapshot.pauses.iter().any(|one| one.holds(entity, side));
    if Side::BOTH.into_iter().all(held) {
        EngineState::Paused
    } else {
        snapshot.state
    }
}

fn row<'a>(snapshot: &'a mut Snapshot, entity: &Entity) -> Option<&'a mut EntityStatus> {
    snapshot
        .entities
        .iter_mut()
        .find(|row| row.entity == *entity)
}
