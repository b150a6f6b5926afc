//! Keeps a vendor's limits: starts in sliding windows, calls in flight, and "everybody waits
//! until".

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::errand::{Errand, Purpose};

/// What a [`Pace`] starts with.
#[derive(Debug, Clone)]
pub struct PaceOptions {
    /// At most this many starts within any stretch of this length.
    pub windows: Vec<(u32, Duration)>,
    /// At most this many calls at once.
    pub concurrency: usize,
    /// Whether the windows hold from the first call on; otherwise from [`Pace::engage`] on.
    pub engaged: bool,
}

/// Shared by all callers of one vendor; cheap to clone. Callers are let in one by one, in the order
/// they came.
///
/// The windows slide: a bucket that refills would let almost twice the limit through around a
/// refill.
#[derive(Debug, Clone)]
pub struct Pace(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Held by whoever is next; the rest queue behind it, first come first served.
    turnstile: tokio::sync::Mutex<()>,
    /// Held by the background caller that is next: the others wait here, and never stand before somebody's errand.
    side_door: tokio::sync::Mutex<()>,
    /// Tells the one at the turnstile that a place became free.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    windows: Vec<Window>,
    /// The part of each window that background work leaves free.
    reserve: f64,
    engaged: bool,
    concurrency: usize,
    in_flight: usize,
    queued: usize,
    /// Of these, background callers that leave room.
    leaving_room: usize,
    started: u64,
    paused_until: Option<Instant>,
}

/// The latest starts, never more than the limit.
#[derive(Debug)]
struct Window {
    limit: usize,
    length: Duration,
    starts: VecDeque<Instant>,
}

impl Window {
    /// When the next start may be that leaves `reserve` of the window free, if that is later than `now`.
    fn opens(&self, now: Instant, reserve: f64) -> Option<Instant> {
        let kept = (self.limit as f64 * reserve) as usize;
        let limit = self.limit.saturating_sub(kept).max(1);
        let first = self.starts.len().checked_sub(limit)?;
        let opens = *self.starts.get(first)? + self.length;
        (opens > now).then_some(opens)
    }

    fn record(&mut self, now: Instant) {
        if self.starts.len() >= self.limit {
            self.starts.pop_front();
        }
        self.starts.push_back(now);
    }

    fn used(&self, now: Instant) -> u32 {
        let gone = self
            .starts
            .partition_point(|start| *start + self.length <= now);
        (self.starts.len() - gone) as u32
    }
}

/// What the one at the turnstile has to do.
enum Turn {
    Go,
    Until(Instant),
    Leave,
}

impl State {
    fn turn(&mut self, now: Instant) -> Turn {
        if let Some(until) = self.held_until(now, 0.0) {
            return Turn::Until(until);
        }
        if self.in_flight >= self.concurrency {
            return Turn::Leave;
        }
        self.in_flight += 1;
        self.started += 1;
        for window in &mut self.windows {
            window.record(now);
        }
        Turn::Go
    }

    fn held_until(&self, now: Instant, reserve: f64) -> Option<Instant> {
        let paused = self.paused_until.filter(|until| *until > now);
        let windows = self.windows.iter().filter(|_| self.engaged);
        windows
            .filter_map(|window| window.opens(now, reserve))
            .chain(paused)
            .max()
    }
}

impl Pace {
    /// A pace that has not seen a call yet. A limit or a concurrency of zero counts as one.
    pub fn new(options: PaceOptions) -> Self {
        let windows = options.windows.into_iter().map(|(limit, length)| Window {
            limit: limit.max(1) as usize,
            length,
            starts: VecDeque::new(),
        });
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                windows: windows.collect(),
                reserve: 0.0,
                engaged: options.engaged,
                concurrency: options.concurrency.max(1),
                in_flight: 0,
                queued: 0,
                leaving_room: 0,
                started: 0,
                paused_until: None,
            }),
            turnstile: tokio::sync::Mutex::new(()),
            side_door: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }))
    }

    /// The same, of whose windows background work leaves this part (0 to 1) free.
    #[must_use]
    pub fn keeping(self, reserve: f64) -> Self {
        self.0.lock().reserve = reserve.clamp(0.0, 1.0);
        self
    }

    /// Waits until one more call may start. The call is in flight until the permit is dropped.
    pub async fn enter(&self) -> Permit {
        let background = Errand::purpose() == Purpose::Background;
        let _queued = Queued::new(self, background);
        let _behind = if background {
            Some(self.leave_room().await)
        } else {
            None
        };
        let _turn = self.0.turnstile.lock().await;
        loop {
            // Bound first: a guard living in the `match` would be held across the waiting.
            let turn = self.0.lock().turn(Instant::now());
            match turn {
                Turn::Go => return Permit(self.clone()),
                Turn::Until(opens) => tokio::time::sleep_until(opens).await,
                Turn::Leave => self.0.changed.notified().await,
            }
        }
    }

    /// Waits, behind other background callers, until a start would leave the reserve free.
    async fn leave_room(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let behind = self.0.side_door.lock().await;
        loop {
            let opens = {
                let state = self.0.lock();
                state.held_until(Instant::now(), state.reserve)
            };
            match opens {
                Some(opens) => tokio::time::sleep_until(opens).await,
                None => return behind,
            }
        }
    }

    /// Nobody starts for `wait`. A longer pause already set stays.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.0.lock();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// The windows hold from now on; starts made before count.
    pub fn engage(&self) {
        self.0.lock().engaged = true;
    }

    /// Whether the windows hold.
    pub fn engaged(&self) -> bool {
        self.0.lock().engaged
    }

    /// Changes how many calls may be in flight; never less than one.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.0.lock().concurrency = concurrency.max(1);
        self.0.changed.notify_one();
    }

    /// How many calls may be in flight.
    pub fn concurrency(&self) -> usize {
        self.0.lock().concurrency
    }

    /// Until when nobody may start: a pause, or a full window somebody is waiting at.
    pub fn waiting_until(&self) -> Option<Instant> {
        let now = Instant::now();
        let state = self.0.lock();
        let paused = state.paused_until.filter(|until| *until > now);
        if state.queued > 0 {
            let reserve = if state.queued == state.leaving_room {
                state.reserve
            } else {
                0.0
            };
            state.held_until(now, reserve)
        } else {
            paused
        }
    }

    /// Starts within the window of that index (order of [`PaceOptions::windows`]) that ends now, at
    /// most its limit.
    pub fn used(&self, window: usize) -> u32 {
        let state = self.0.lock();
        let window = state.windows.get(window);
        window.map_or(0, |window| window.used(Instant::now()))
    }

    /// Starts since the beginning.
    pub fn started(&self) -> u64 {
        self.0.lock().started
    }

    /// Calls in flight now.
    pub fn in_flight(&self) -> usize {
        self.0.lock().in_flight
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a caller as queued for as long as it lives, so that a cancelled wait is not counted for
/// ever.
struct Queued<'a>(&'a Pace, bool);

impl<'a> Queued<'a> {
    fn new(pace: &'a Pace, background: bool) -> Self {
        let mut state = pace.0.lock();
        state.queued += 1;
        state.leaving_room += usize::from(background);
        drop(state);
        Self(pace, background)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.queued -= 1;
        state.leaving_room -= usize::from(self.1);
    }
}

/// One call in flight; dropping it makes room for the next.
#[derive(Debug)]
#[must_use = "the call counts as finished when this is dropped"]
pub struct Permit(Pace);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.lock().in_flight -= 1;
        self.0.0.changed.notify_one();
    }
}
