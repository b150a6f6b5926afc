//! What was compared, which differences have a reason, and which have none.

use std::collections::BTreeMap;

/// Unexplained differences that are shown.
const SHOWN: usize = 40;

/// Counts, by entity.
#[derive(Default)]
pub struct Tally {
    compared: BTreeMap<String, u64>,
    excused: BTreeMap<String, BTreeMap<String, u64>>,
    notes: Vec<String>,
    wrong: Vec<String>,
    all_wrong: usize,
}

impl Tally {
    pub fn compared(&mut self, entity: &str) {
        *self.compared.entry(entity.to_owned()).or_default() += 1;
    }

    pub fn excused(&mut self, entity: &str, reason: &str) {
        let of_entity = self.excused.entry(entity.to_owned()).or_default();
        *of_entity.entry(reason.to_owned()).or_default() += 1;
    }

    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    pub fn wrong(&mut self, text: String) {
        self.all_wrong += 1;
        if self.wrong.len() < SHOWN {
            self.wrong.push(text);
        }
    }

    /// Prints everything; whether all of it has a reason.
    pub fn told(&self) -> bool {
        for (entity, count) in &self.compared {
            println!("{entity:<20} {count:>7} compared");
            for (reason, count) in self.excused.get(entity).into_iter().flatten() {
                println!("{:<20} {count:>7} {reason}", "");
            }
        }
        for note in &self.notes {
            println!("{note}");
        }
        println!("{} unexplained", self.all_wrong);
        for wrong in &self.wrong {
            println!("  {wrong}");
        }
        self.all_wrong == 0
    }
}
