//! A list's loading: which answer is awaited, since when, and whether what is shown is still true.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::QueryId;

/// News from the engine reload a list at most this often.
const RELOAD: TimeDelta = TimeDelta::milliseconds(500);
/// A page older than this is shown dimmed, with the word *loading*.
const SLOW: TimeDelta = TimeDelta::milliseconds(150);

/// Where a list's loading stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    awaited: Option<QueryId>,
    asked: Option<DateTime<Utc>>,
    stale: bool,
    ever: bool,
    /// Why the last answer could not be given.
    pub error: Option<String>,
}

impl Load {
    /// A question was sent; answers to earlier ones no longer count.
    pub fn asked(&mut self, id: QueryId, now: DateTime<Utc>) {
        self.awaited = Some(id);
        self.asked = Some(now);
        self.stale = false;
    }

    /// Whether this answer is the awaited one; it is then no longer awaited.
    pub fn answered(&mut self, id: QueryId) -> bool {
        let mine = self.awaited == Some(id);
        if mine {
            self.awaited = None;
            self.ever = true;
            self.error = None;
        }
        mine
    }

    /// The rows may have changed.
    pub fn touch(&mut self) {
        self.stale = true;
    }

    /// Whether an answer ever came.
    pub fn ever(&self) -> bool {
        self.ever
    }

    /// Whether an answer is awaited.
    pub fn busy(&self) -> bool {
        self.awaited.is_some()
    }

    /// Whether it is time to ask.
    pub fn due(&self, now: DateTime<Utc>) -> bool {
        match self.asked {
            None => true,
            Some(asked) => self.stale && !self.busy() && now - asked >= RELOAD,
        }
    }

    /// Whether the admin should be told that something newer is on its way.
    pub fn slow(&self, now: DateTime<Utc>) -> bool {
        self.busy() && self.asked.is_some_and(|asked| now - asked >= SLOW)
    }

    /// When time alone will change what [`Self::due`] or [`Self::slow`] say.
    pub fn wakes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let asked = self.asked?;
        let at = match (self.busy(), self.stale) {
            (true, _) => asked + SLOW,
            (false, true) => asked + RELOAD,
            (false, false) => return None,
        };
        (at > now).then_some(at)
    }
}
