//! What every part of the engine is handed: both ends, the store, the clock, and the engine's own shared state.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::alike::Told;
use super::control::{Control, Throttled};
use super::mutant::{self, Mutant};
use super::preview::Recorder;
use super::progress::Progress;
use crate::clock::Clock;
use crate::config::SyncProfile;
use crate::connectors::dynamics::Dynamics;
use crate::connectors::marketo::Marketo;
use crate::store::Store;

/// The parts an engine is built from.
pub struct Parts {
    /// The profile's name.
    pub profile: String,
    /// How the two ends are kept in step.
    pub sync: SyncProfile,
    /// The Dynamics end.
    pub dynamics: Dynamics,
    /// The Marketo end.
    pub marketo: Marketo,
    /// Every fact that must survive.
    pub store: Store,
    /// The only "now".
    pub clock: Clock,
}

/// The parts, with what the engine's own tasks share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Context(Arc<Shared>);

/// What [`Context`] gives access to.
pub(super) struct Shared {
    pub(super) sync: SyncProfile,
    pub(super) dynamics: Dynamics,
    pub(super) marketo: Marketo,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) control: Control,
    pub(super) throttled: Throttled,
    pub(super) progress: Progress,
    pub(super) told: Told,
    /// Takes the place of every write, in a preview.
    pub(super) dry: Option<Recorder>,
}

impl Context {
    pub(super) fn new(parts: Parts) -> Self {
        Self::made(parts, None)
    }

    /// For a preview: every write goes to `recorder`.
    pub(super) fn recording(parts: Parts, recorder: Recorder) -> Self {
        Self::made(parts, Some(recorder))
    }

    fn made(parts: Parts, dry: Option<Recorder>) -> Self {
        let progress = Progress::new(parts.profile, parts.clock.clone());
        Self(Arc::new(Shared {
            sync: parts.sync,
            dynamics: parts.dynamics,
            marketo: parts.marketo,
            store: parts.store,
            clock: parts.clock,
            control: Control::default(),
            throttled: Throttled::default(),
            progress,
            told: Told::default(),
            dry,
        }))
    }
}

impl Shared {
    /// When a write whose answer did not come by now has rested.
    pub(super) fn rested(&self) -> DateTime<Utc> {
        let rest = if mutant::is(Mutant::NoSettle) {
            Duration::ZERO
        } else {
            self.sync.settle
        };
        self.clock.after(rest)
    }
}

impl std::ops::Deref for Context {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
