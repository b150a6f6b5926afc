//! What a call is made for: it decides how much of the budget the call may use, and whom it is counted for.
//!
//! The errand travels with the running task, not through every signature: whoever starts a piece of work names it once
//! with [`Errand::run`], and every call made within is on that errand.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::Entity;

/// How urgent a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Purpose {
    /// First copy, backfill, listing, comparing: leaves the reserve alone.
    Background,
    /// A cycle's ordinary changes.
    #[default]
    Everyday,
    /// What an admin has asked for and waits for: may use the reserve.
    Interactive,
}

/// What calls are made for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Errand {
    /// How urgent it is.
    pub purpose: Purpose,
    /// The entity they are counted for; none for what serves all of them.
    pub entity: Option<Entity>,
}

tokio::task_local! {
    static ERRAND: Errand;
}

impl Errand {
    /// An errand that serves no single entity.
    pub fn general(purpose: Purpose) -> Self {
        Self {
            purpose,
            entity: None,
        }
    }

    /// An errand of one entity.
    pub fn of(purpose: Purpose, entity: &Entity) -> Self {
        Self {
            purpose,
            entity: Some(entity.clone()),
        }
    }

    /// The errand of the running task; everyday and general where none was named.
    pub fn current() -> Self {
        ERRAND.try_with(Self::clone).unwrap_or_default()
    }

    /// How urgent the running task is.
    pub(super) fn purpose() -> Purpose {
        ERRAND.try_with(|errand| errand.purpose).unwrap_or_default()
    }

    /// Does `work` on this errand.
    pub async fn run<F: Future>(self, work: F) -> F::Output {
        ERRAND.scope(self, work).await
    }
}

/// The word calls are counted under that serve no single entity.
const GENERAL: &str = "general";

/// Counts calls by entity since the process began.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<BTreeMap<String, u64>>);

impl Ledger {
    /// One call of the running task's errand.
    pub(super) fn count(&self) {
        let name = ERRAND.try_with(|errand| {
            let entity = errand.entity.as_ref();
            entity.map_or(GENERAL, Entity::name).to_owned()
        });
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts
            .entry(name.unwrap_or_else(|_| GENERAL.to_owned()))
            .or_default() += 1;
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock();
        counts.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
