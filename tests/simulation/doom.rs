//! How a life's engine dies: at the n-th commit, before or after the n-th call, or at any point at which it waits.
//!
//! The first blow is swept: the seed says of which kind it is and which commit or call it strikes, so that consecutive
//! seeds walk through all of them. Later blows of the same life fall at random.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use fastrand::Rng;
use syncdeck::store::Store;

/// What is counted until the blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Right after a commit, before anything that follows it.
    Commit,
    /// A call never leaves.
    Call,
    /// A call is carried out, its answer never read.
    Answer,
    /// Wherever it waits just then.
    Wait,
}

const MOMENTS: [Moment; 4] = [Moment::Commit, Moment::Call, Moment::Answer, Moment::Wait];
/// The sweep walks through so many commits and calls: more than nearly every life has.
const SWEPT: u64 = 300;
/// A later blow strikes within so many of them.
const LATER: u64 = 120;

/// When the engine dies next.
pub struct Doom {
    at: Moment,
    left: u64,
    armed: bool,
    struck: bool,
    random: Rng,
}

pub type SharedDoom = Arc<Mutex<Doom>>;

impl Doom {
    pub fn new(seed: u64, random: Rng) -> SharedDoom {
        let kinds = MOMENTS.len() as u64;
        Arc::new(Mutex::new(Self {
            at: MOMENTS[(seed % kinds) as usize],
            left: seed / kinds % SWEPT + 1,
            armed: false,
            struck: false,
            random,
        }))
    }

    /// Counts one such moment; whether it is the last one.
    pub fn passes(&mut self, moment: Moment) -> bool {
        if !self.armed || self.struck || self.at != moment {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        self.struck = self.left == 0;
        self.struck
    }

    pub fn told(&self) -> String {
        format!("{:?} in {}", self.at, self.left)
    }

    fn next(&mut self) {
        self.armed = false;
        if self.struck {
            self.struck = false;
            self.at = MOMENTS[self.random.usize(..MOMENTS.len())];
            self.left = 1 + self.random.u64(..LATER);
        }
    }
}

pub fn lock(doom: &SharedDoom) -> MutexGuard<'_, Doom> {
    doom.lock().unwrap()
}

/// A cycle that ends, with nothing, when its doom strikes.
pub struct Mortal<F> {
    pub doom: SharedDoom,
    pub store: Store,
    pub cycle: Pin<Box<F>>,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        lock(&this.doom).armed = true;
        let before = this.store.changes();
        let polled = this.cycle.as_mut().poll(context).map(Some);
        let mut doom = lock(&this.doom);
        if this.store.changes() != before {
            doom.passes(Moment::Commit);
        }
        doom.passes(Moment::Wait);
        if polled.is_pending() && !doom.struck {
            return Poll::Pending;
        }
        doom.next();
        if polled.is_pending() {
            Poll::Ready(None)
        } else {
            polled
        }
    }
}
