//! What a slice claims besides its own records: the other halves of rows, addresses, names, people who are given away.

use std::collections::HashSet;

use uuid::Uuid;

use super::claims::Claim;
use super::lane::Lane;
use super::matching;
use super::slice::{Item, Slice};
use crate::model::{ConflictStatus, RecordKey};
use crate::store::Dirty;

impl Slice {
    /// Claims rows of other lanes; returns those that are being worked on elsewhere.
    pub(super) fn claim_rows<'a>(&mut self, rows: impl Iterator<Item = &'a Uuid>) -> Vec<Uuid> {
        let claim = &mut self.claim;
        let busy = rows.filter(|row| !claim.extend(&[RecordKey::Dynamics(**row)], None));
        busy.copied().collect()
    }

    /// Claims the addresses of unlinked rows that were only read now; gives back those whose address another slice is
    /// working on: they would both find nobody, and both create somebody.
    pub(super) fn claim_read(&mut self, lane: &Lane, read: &HashSet<RecordKey>) -> Vec<Dirty> {
        self.claim_or_give_back(|claim, item| {
            let fresh = !item.is_linked() && item.row_key().is_some_and(|key| read.contains(&key));
            let row = item.row.record().filter(|_| fresh);
            let email = row.and_then(|row| lane.email_of(row));
            email.is_none_or(|email| claim.extend(&[], Some(&email)))
        })
    }

    /// Claims the people that the admin gives to unlinked rows; gives back the rows whose person is being worked on under
    /// another one: what is written there now would not be in what is read.
    pub(super) fn claim_given(&mut self) -> Vec<Dirty> {
        self.claim_or_give_back(|claim, item| {
            let held = item.open.iter().filter(|one| one.kind.is_match());
            let decided = held.filter(|one| one.status == ConflictStatus::Resolved);
            let people = decided.filter_map(matching::given).map(RecordKey::Marketo);
            let people: Vec<RecordKey> = people.filter(|_| !item.is_linked()).collect();
            claim.extend(&people, None)
        })
    }

    /// Claims what each item is known by elsewhere; gives back those of which another slice, or an earlier item, holds
    /// something.
    pub(super) fn claim_texts(&mut self, texts: impl Fn(&Item) -> Vec<String>) -> Vec<Dirty> {
        self.claim_or_give_back(|claim, item| {
            let texts = texts(item);
            texts.iter().all(|text| claim.extend(&[], Some(text)))
        })
    }

    /// Lets go of the items that do not get what they claim; returns their changes, for another time.
    fn claim_or_give_back(&mut self, take: impl Fn(&mut Claim, &Item) -> bool) -> Vec<Dirty> {
        let claim = &mut self.claim;
        let mut blocked = Vec::new();
        self.items.retain_mut(|item| {
            let free = take(claim, item);
            if !free {
                blocked.append(&mut item.dirty);
            }
            free
        });
        blocked
    }
}
