//! Static lists and who is on them.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Refusal;

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

impl Lists {
    /// The list, or 1013.
    pub(crate) fn get(&self, id: i64) -> Result<&List, Refusal> {
        self.lists.get(&id).ok_or_else(|| not_found(id))
    }

    pub(crate) fn get_mut(&mut self, id: i64) -> Result<&mut List, Refusal> {
        self.lists.get_mut(&id).ok_or_else(|| not_found(id))
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

fn not_found(id: i64) -> Refusal {
    Refusal::new(1013, format!("List with id '{id}' not found"))
}
