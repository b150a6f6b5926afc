//! The only "now": every room that needs the time is handed a [`Clock`].

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time; cheap to clone, shared by everything in one process.
#[derive(Clone)]
pub struct Clock(Arc<dyn Now>);

trait Now: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
struct System;

impl Now for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that follows tokio's time, so that paused test time moves it.
struct Tokio {
    origin: DateTime<Utc>,
    started: tokio::time::Instant,
}

impl Now for Tokio {
    fn now(&self) -> DateTime<Utc> {
        let passed = self.started.elapsed();
        self.origin + TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX)
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(System))
    }

    /// A clock that starts at `origin` and moves with tokio's (pausable) time.
    /// Must be called within a tokio runtime.
    pub fn following_tokio(origin: DateTime<Utc>) -> Self {
        Self(Arc::new(Tokio {
            origin,
            started: tokio::time::Instant::now(),
        }))
    }

    /// The time now, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    /// The moment `wait` from now, UTC.
    pub fn after(&self, wait: Duration) -> DateTime<Utc> {
        self.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
