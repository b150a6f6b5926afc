//! Everything that happened to people, in order of commit, bounded.

use std::collections::VecDeque;

/// Most activities kept; the oldest are dropped beyond.
const LOG_MAX: usize = 4_000_000;

/// Who did it, as activities tell: `Source`, `Reason`, and for API calls the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub source: Box<str>,
    pub reason: Box<str>,
    /// The API method of the call; none for edits made within the vendor's product.
    pub method: Option<Box<str>>,
}

impl Actor {
    /// An API call's work.
    pub(crate) fn api(method: &str) -> Self {
        Self {
            source: "Web service API".into(),
            reason: format!("Web service {method}").into(),
            method: Some(method.into()),
        }
    }

    /// Somebody's or some campaign's work within the product.
    pub(crate) fn within(source: &str) -> Self {
        let reason = match source {
            "Web form fillout" => "Form fill out",
            "Marketo Flow Action" => "Smart campaign flow step",
            "List import" => "List import",
            _ => "Manual person edit",
        };
        Self {
            source: source.into(),
            reason: reason.into(),
            method: None,
        }
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Type 12.
    Created,
    /// Type 13: a field by its slot, and its values as text.
    Changed {
        slot: u16,
        old: Option<Box<str>>,
        new: Option<Box<str>>,
    },
    /// Any other type.
    Other(Box<Other>),
}

/// An activity of a type other than 12 and 13.
#[derive(Clone, Debug, Default)]
pub(crate) struct Other {
    pub primary_id: i64,
    pub primary: String,
    pub attributes: Vec<(String, String)>,
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    pub lead: i64,
    pub kind: u32,
    /// `activityDate`, milliseconds; mostly the time of commit.
    pub date_ms: i64,
    pub committed_ms: i64,
    /// Hidden until then even when its neighbours show: a late arrival. 0 for most.
    pub late_until_ms: i64,
    /// Index of the actor.
    pub actor: u16,
    /// Number of the API call, for its request id.
    pub call: u32,
    pub deed: Deed,
}

/// The number of the first activity.
const FIRST_ACTIVITY: i64 = 5001;

/// The log; entries are addressed by a number that only grows.
#[derive(Debug)]
pub(crate) struct Log {
    entries: VecDeque<Activity>,
    first: i64,
    /// Numbers of the delete activities, so that their feed need not walk everything.
    deletes: VecDeque<i64>,
    actors: Vec<Actor>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: FIRST_ACTIVITY,
            deletes: VecDeque::new(),
            actors: Vec::new(),
        }
    }
}

impl Log {
    /// The number the next activity gets.
    pub(crate) fn end(&self) -> i64 {
        self.first + self.entries.len() as i64
    }

    pub(crate) fn actor(&self, index: u16) -> Option<&Actor> {
        self.actors.get(usize::from(index))
    }

    /// The index of an actor, kept once.
    pub(crate) fn intern(&mut self, actor: &Actor) -> u16 {
        if let Some(at) = self.actors.iter().position(|known| known == actor) {
            return at as u16;
        }
        if self.actors.len() < usize::from(u16::MAX) {
            self.actors.push(actor.clone());
        }
        self.actors.len() as u16 - 1
    }

    /// Appends; commit times never run backwards.
    pub(crate) fn push(&mut self, mut activity: Activity) -> i64 {
        if let Some(last) = self.entries.back() {
            activity.committed_ms = activity.committed_ms.max(last.committed_ms);
        }
        let number = self.end();
        if activity.kind == super::types::DELETE {
            self.deletes.push_back(number);
        }
        self.entries.push_back(activity);
        if self.entries.len() > LOG_MAX {
            self.entries.pop_front();
            self.first += 1;
            while self
                .deletes
                .front()
                .is_some_and(|number| *number < self.first)
            {
                self.deletes.pop_front();
            }
        }
        number
    }

    /// Gives an activity the date that its sender stated.
    pub(crate) fn redate(&mut self, number: i64, date_ms: i64) {
        let place = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        if let Some(entry) = self.entries.get_mut(place) {
            entry.date_ms = date_ms;
        }
    }

    pub(crate) fn get(&self, number: i64) -> Option<&Activity> {
        self.entries
            .get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The number of the first activity committed in or after the second of `since_ms`.
    pub(crate) fn since(&self, since_ms: i64) -> i64 {
        let second = since_ms.div_euclid(1000) * 1000;
        let before = self
            .entries
            .partition_point(|entry| entry.committed_ms < second);
        self.first + before as i64
    }

    /// The entries from a number on, with their numbers.
    pub(crate) fn from(&self, number: i64) -> impl Iterator<Item = (i64, &Activity)> {
        let start = number.max(self.first);
        let skip = usize::try_from(start - self.first).unwrap_or_default();
        let entries = self.entries.range(skip.min(self.entries.len())..);
        entries
            .enumerate()
            .map(move |(at, entry)| (start + at as i64, entry))
    }

    /// The delete activities from a number on.
    pub(crate) fn deletes_from(&self, number: i64) -> impl Iterator<Item = (i64, &Activity)> {
        let start = self.deletes.partition_point(|at| *at < number);
        self.deletes
            .range(start..)
            .filter_map(|at| Some((*at, self.get(*at)?)))
    }
}
