//! What the admin has asked for and the running parts have to notice: pause, stop, approval, sync now.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// The admin's standing wishes.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    /// Write nothing more until resumed.
    pub(super) paused: bool,
    /// Finish what is in flight and end.
    pub(super) stop: bool,
    /// Counts requests for a cycle now.
    pub(super) sync_now: u64,
    /// Plans the admin has approved in this process.
    pub(super) approved: BTreeSet<String>,
}

/// Shares the wishes; whoever waits is woken by a change.
pub(super) struct Control(watch::Sender<Wishes>);

impl Default for Control {
    fn default() -> Self {
        Self(watch::Sender::new(Wishes::default()))
    }
}

impl Control {
    /// Changes the wishes and wakes whoever waits for them.
    pub(super) fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        self.0.send_modify(change);
    }

    /// The wishes now.
    pub(super) fn wishes(&self) -> Wishes {
        self.0.borrow().clone()
    }

    /// Whether no new batch may be started.
    pub(super) fn holds_writes(&self) -> bool {
        let wishes = self.0.borrow();
        wishes.paused || wishes.stop
    }

    /// Whether the engine is to end.
    pub(super) fn stopping(&self) -> bool {
        self.0.borrow().stop
    }

    /// Waits for the next change of the wishes, seen from now.
    pub(super) fn listen(&self) -> watch::Receiver<Wishes> {
        self.0.subscribe()
    }
}

/// When writes that were put off by throttling may go on; a lane waits for it instead of ending its cycle.
#[derive(Debug, Default)]
pub(super) struct Throttled(Mutex<Option<DateTime<Utc>>>);

impl Throttled {
    fn lock(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that writes were put off until `due`.
    pub(super) fn until(&self, due: DateTime<Utc>) {
        let mut until = self.lock();
        *until = Some(until.map_or(due, |known| known.max(due)));
    }

    /// When they may go on, if that is still to come.
    pub(super) fn ends(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lock().filter(|due| *due > now)
    }
}
