//! The instance's people seen from within the vendor's product: seeding, edits, merges, deletes.

use serde_json::{Map, Value as Json};

use super::Instance;
use super::activities::log::Other;
use super::activities::types;
use super::schema::Origin;
use super::state::{Hand, State};
use super::table::Edit;
use super::value;

/// Edits from field names and JSON values; what does not fit a field is left out.
fn edits(state: &State, fields: &[(&str, Json)]) -> Vec<Edit> {
    let edit = |(name, json): &(&str, Json)| {
        let slot = state.people.schema.slot(name)?;
        let field = state.people.schema.field(slot)?;
        if !matches!(field.origin, Origin::Stored | Origin::Company) {
            return None;
        }
        let value = value::read(field.kind, field.length, json, state.options.zone_hours).ok()?;
        Some((slot, value))
    };
    fields.iter().filter_map(edit).collect()
}

impl Instance {
    /// Adds a person silently, without an activity; gives the id. Fields by REST name; a value that
    /// does not fit its field is left out.
    pub fn seed_person(&self, fields: &[(&str, Json)]) -> i64 {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let edits = edits(&state, fields);
        state.people.insert(&edits, now_ms, 0)
    }

    /// Edits a person as somebody or some campaign within the product does; writes an activity
    /// a changed field. False when the person is not there.
    pub fn edit_person(&self, id: i64, fields: &[(&str, Json)], source: &str) -> bool {
        let now_ms = self.now_ms();
        let mut state = self.state();
        if state.people.row(id).is_none() {
            return false;
        }
        let edits = edits(&state, fields);
        let hand = state.inner_hand(source, now_ms);
        state.edit(id, &edits, hand);
        true
    }

    /// Creates a person as a form or somebody within the product does; gives the id.
    pub fn create_person(&self, fields: &[(&str, Json)], source: &str) -> i64 {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let edits = edits(&state, fields);
        let hand = state.inner_hand(source, now_ms);
        state.create(&edits, hand, 0)
    }

    /// Deletes a person within the product. False when the person is not there.
    pub fn delete_person(&self, id: i64) -> bool {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let hand = state.inner_hand("Lead delete", now_ms);
        state.delete(id, hand)
    }

    /// Merges the losers into the winner within the product. False, and nothing done, when one of
    /// them is not there.
    pub fn merge_people(&self, winner: i64, losers: &[i64]) -> bool {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let all_there = state.people.row(winner).is_some()
            && !losers.is_empty()
            && losers
                .iter()
                .all(|id| *id != winner && state.people.row(*id).is_some());
        if all_there {
            let hand = state.inner_hand("Manual merge", now_ms);
            state.merge(winner, losers, hand, "Manual merge");
        }
        all_there
    }

    /// One of the people, each as likely as the next; none when there are none.
    pub fn random_person(&self, rng: &mut fastrand::Rng) -> Option<i64> {
        let state = self.state();
        if state.people.len() == 0 {
            return None;
        }
        let (first, end) = (state.people.first_id(), state.people.end_id());
        for _ in 0..64 {
            let id = rng.i64(first..end);
            if state.people.row(id).is_some() {
                return Some(id);
            }
        }
        // Hardly anybody is left: walk.
        state
            .people
            .iter()
            .nth(rng.usize(..state.people.len()))
            .map(|(id, _)| id)
    }

    /// All filled fields of a person by REST name.
    pub fn person(&self, id: i64) -> Option<Map<String, Json>> {
        self.state().person(id)
    }

    /// How many people there are.
    pub fn people_count(&self) -> usize {
        self.state().people.len()
    }
}

impl State {
    /// Merges people who are all there: the winner keeps what it has and takes from the losers what
    /// it lacks; the losers go without a delete activity of their own.
    pub(crate) fn merge(&mut self, winner: i64, losers: &[i64], hand: Hand, source: &str) {
        let slots: Vec<u16> = self.people.schema.iter().map(|(slot, _)| slot).collect();
        let mut taken = Vec::new();
        let mut edits: Vec<Edit> = Vec::new();
        for slot in slots {
            if self.people.value(winner, slot).is_some() {
                continue;
            }
            let found = losers
                .iter()
                .find_map(|loser| self.people.value(*loser, slot));
            if let (Some(value), Some(field)) = (found, self.people.schema.field(slot)) {
                taken.push(field.label.clone());
                edits.push((slot, Some(value)));
            }
        }
        let ids: Vec<String> = losers.iter().map(ToString::to_string).collect();
        for loser in losers {
            self.lists.replace(*loser, winner);
            if let Some(status) = self.program.remove(loser) {
                self.program.entry(winner).or_insert(status);
            }
            if self.options.open.merge_writes_deletes {
                self.delete(*loser, hand);
            } else {
                self.people.remove(*loser);
            }
        }
        self.edit(winner, &edits, hand);
        let attributes = [
            ("Merge IDs", ids.join(",")),
            ("Merge Fields", taken.join(",")),
            ("Merged in Sales", "false".to_owned()),
            ("Merge Source", source.to_owned()),
            ("Master Updated", (!edits.is_empty()).to_string()),
        ];
        let other = Other {
            primary_id: winner,
            primary: self.full_name(winner),
            attributes: attributes
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
        };
        self.log_other(hand, winner, types::MERGE, other);
    }
}
