//! Static lists and who is on them.

use std::collections::{BTreeMap, BTreeSet};

use super::activities::log::Other;
use super::activities::types;
use super::answer::Refusal;
use super::state::{Hand, State};

/// One static list.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub name: String,
    pub description: Option<String>,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub members: BTreeSet<i64>,
}

/// All static lists by id.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub lists: BTreeMap<i64, List>,
}

/// The number of the first list.
const FIRST_LIST: i64 = 1021;

impl Lists {
    /// The list, or 1013.
    pub(crate) fn get(&self, id: i64) -> Result<&List, Refusal> {
        self.lists.get(&id).ok_or_else(|| not_found(id))
    }

    pub(crate) fn get_mut(&mut self, id: i64) -> Result<&mut List, Refusal> {
        self.lists.get_mut(&id).ok_or_else(|| not_found(id))
    }

    /// Adds an empty list; gives its number.
    pub(crate) fn create(&mut self, name: &str, description: Option<&str>, now_ms: i64) -> i64 {
        let id = self.lists.keys().last().map_or(FIRST_LIST, |last| last + 1);
        let list = List {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            created_ms: now_ms,
            updated_ms: now_ms,
            members: BTreeSet::new(),
        };
        self.lists.insert(id, list);
        id
    }

    /// The number of the list of that name.
    pub(crate) fn named(&self, name: &str) -> Option<i64> {
        self.lists
            .iter()
            .find(|(_, list)| list.name == name)
            .map(|(id, _)| *id)
    }

    /// The members of a list, ascending.
    pub(crate) fn members(&self, id: i64) -> Result<Vec<i64>, Refusal> {
        Ok(self.get(id)?.members.iter().copied().collect())
    }

    /// A person is gone.
    pub(crate) fn forget(&mut self, person: i64) {
        for list in self.lists.values_mut() {
            list.members.remove(&person);
        }
    }

    /// A person has become another by a merge.
    pub(crate) fn replace(&mut self, loser: i64, winner: i64) {
        for list in self.lists.values_mut() {
            if list.members.remove(&loser) {
                list.members.insert(winner);
            }
        }
    }
}

impl State {
    /// Puts a person on a list; logs it the first time.
    pub(crate) fn join_list(&mut self, list: i64, person: i64, hand: Hand) {
        let Ok(entry) = self.lists.get_mut(list) else {
            return;
        };
        entry.updated_ms = hand.now_ms;
        if entry.members.insert(person) {
            let other = Other {
                primary_id: list,
                primary: entry.name.clone(),
                attributes: Vec::new(),
            };
            self.log_other(hand, person, types::ADD_TO_LIST, other);
        }
    }

    /// Takes a person off a list; false when it was not on it.
    pub(crate) fn leave_list(&mut self, list: i64, person: i64, hand: Hand) -> bool {
        let Ok(entry) = self.lists.get_mut(list) else {
            return false;
        };
        if !entry.members.remove(&person) {
            return false;
        }
        entry.updated_ms = hand.now_ms;
        let other = Other {
            primary_id: list,
            primary: entry.name.clone(),
            attributes: Vec::new(),
        };
        self.log_other(hand, person, types::REMOVE_FROM_LIST, other);
        true
    }
}

fn not_found(id: i64) -> Refusal {
    Refusal::new(1013, format!("List with id '{id}' not found"))
}
