//! What the admin has asked for and the running parts have to notice: pause, stop, approval, sync now.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::connectors::{ConnectorError, Trouble};
use crate::model::{Entity, Pause, Side};

/// The admin's standing wishes.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    /// What is held back: nothing more of it is written.
    pub(super) pauses: Vec<Pause>,
    /// Finish what is in flight and end.
    pub(super) stop: bool,
    /// Counts requests for a cycle now.
    pub(super) sync_now: u64,
    /// Plans the admin has approved in this process.
    pub(super) approved: BTreeSet<String>,
}

impl Wishes {
    /// Whether everything is held back.
    pub(super) fn paused(&self) -> bool {
        self.pauses.iter().any(Pause::is_whole)
    }
}

/// The day's calls are asked for this often; the question is a call itself, and other integrations share the day.
const USAGE_EVERY_MINUTES: i64 = 5;

/// Shares the wishes; whoever waits is woken by a change. Remembers what is done now and then.
pub(super) struct Control {
    wishes: watch::Sender<Wishes>,
    usage: Mutex<Option<DateTime<Utc>>>,
    halts: Mutex<Vec<Halt>>,
    quota: Mutex<Option<(Side, DateTime<Utc>)>>,
}

/// Something of one entity that waits for the admin, while all else goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Halt {
    pub(super) entity: Entity,
    pub(super) reason: String,
    pub(super) plan: Option<String>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            wishes: watch::Sender::new(Wishes::default()),
            usage: Mutex::new(None),
            halts: Mutex::default(),
            quota: Mutex::default(),
        }
    }
}

impl Control {
    /// Changes the wishes and wakes whoever waits for them.
    pub(super) fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        self.wishes.send_modify(change);
    }

    /// The wishes now.
    pub(super) fn wishes(&self) -> Wishes {
        self.wishes.borrow().clone()
    }

    /// Whether no new batch may be started.
    pub(super) fn holds_writes(&self) -> bool {
        let wishes = self.wishes.borrow();
        wishes.paused() || wishes.stop
    }

    /// Until when no write of `entity` to `side` may be started; a pause without an end lasts longer than time.
    pub(super) fn holds(&self, entity: &Entity, side: Side) -> Option<DateTime<Utc>> {
        let wishes = self.wishes.borrow();
        let holding = wishes.pauses.iter().filter(|one| one.holds(entity, side));
        holding
            .map(|one| one.until.unwrap_or(DateTime::<Utc>::MAX_UTC))
            .max()
    }

    /// Until when `field` of `entity` is held back on the way to `side`.
    pub(super) fn holds_field(
        &self,
        entity: &Entity,
        side: Side,
        field: &str,
    ) -> Option<DateTime<Utc>> {
        let wishes = self.wishes.borrow();
        let pauses = wishes.pauses.iter();
        let holding = pauses.filter(|one| one.holds_field(entity, side, field));
        holding
            .map(|one| one.until.unwrap_or(DateTime::<Utc>::MAX_UTC))
            .max()
    }

    /// Whether a pause has come to its end.
    pub(super) fn pause_is_over(&self, now: DateTime<Utc>) -> bool {
        let wishes = self.wishes.borrow();
        wishes.pauses.iter().any(|pause| pause.is_over(now))
    }

    /// Whether nothing of `entity` may be written to either side.
    pub(super) fn holds_lane(&self, entity: &Entity) -> bool {
        self.holds_writes()
            || Side::BOTH
                .into_iter()
                .all(|side| self.holds(entity, side).is_some())
    }

    /// Whether the engine is to end.
    pub(super) fn stopping(&self) -> bool {
        self.wishes.borrow().stop
    }

    /// Notes that something of `entity` waits for the admin; the running cycle goes on and ends as halted.
    pub(super) fn halt(&self, entity: &Entity, reason: String, plan: Option<String>) {
        let mut halts = self.halts.lock().unwrap_or_else(PoisonError::into_inner);
        halts.push(Halt {
            entity: entity.clone(),
            reason,
            plan,
        });
    }

    /// What waits for the admin, and forgets it.
    pub(super) fn take_halts(&self) -> Vec<Halt> {
        let mut halts = self.halts.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *halts)
    }

    /// Notes that a day's quota held something back.
    pub(super) fn wait_for_quota(&self, clock: &Clock, error: &ConnectorError) {
        if let Trouble::Quota { wait } = error.trouble {
            let mut quota = self.quota.lock().unwrap_or_else(PoisonError::into_inner);
            *quota = Some((error.side, clock.after(wait)));
        }
    }

    /// Whose quota has held something back in this cycle, and until when.
    pub(super) fn waits_for_quota(&self) -> Option<(Side, DateTime<Utc>)> {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets it: a new cycle finds out.
    pub(super) fn quota_is_back(&self) {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the day's calls are to be asked for again; counts as asked.
    pub(super) fn usage_due(&self, now: DateTime<Utc>) -> bool {
        let mut asked = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = asked.is_some_and(|at| now - at < TimeDelta::minutes(USAGE_EVERY_MINUTES));
        if !fresh {
            *asked = Some(now);
        }
        !fresh
    }

    /// Waits for the next change of the wishes, seen from now.
    pub(super) fn listen(&self) -> watch::Receiver<Wishes> {
        self.wishes.subscribe()
    }
}

/// Batches in a row that are put off before a cycle is given up.
const PUT_OFF_MOST: u32 = 20;

/// When writes that were put off by throttling may go on; a lane waits for it instead of ending its cycle.
#[derive(Debug, Default)]
pub(super) struct Throttled(Mutex<PutOff>);

#[derive(Debug, Default)]
struct PutOff {
    until: Option<DateTime<Utc>>,
    in_a_row: u32,
}

impl Throttled {
    fn lock(&self) -> MutexGuard<'_, PutOff> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a batch was put off until `due`; whether so many were, one after the other, that it is no use to go on.
    pub(super) fn until(&self, due: DateTime<Utc>) -> bool {
        let mut off = self.lock();
        off.until = Some(off.until.map_or(due, |known| known.max(due)));
        off.in_a_row += 1;
        let hopeless = off.in_a_row >= PUT_OFF_MOST;
        if hopeless {
            off.in_a_row = 0;
        }
        hopeless
    }

    /// A batch was answered: there is hope again.
    pub(super) fn answered(&self) {
        self.lock().in_a_row = 0;
    }

    /// When they may go on, if that is still to come.
    pub(super) fn ends(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lock().until.filter(|due| *due > now)
    }
}
