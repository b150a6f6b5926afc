//! What the admin of a life does between two cycles.

use syncdeck::engine;
use syncdeck::model::{Conflict, ConflictStatus, Direction, Policy, Side, Take, Value};

use super::life::Life;

impl Life {
    /// Pauses, resumes, sets directions and policies, retries, decides, or takes a decision back.
    pub fn administer(&mut self) {
        let store = self.bench.store.clone();
        match self.random.u8(..12) {
            0 => {
                let paused = self.random.bool();
                self.say(format!("paused {paused}"));
                store
                    .transaction_blocking(|tx| tx.set_paused(paused))
                    .unwrap();
            }
            1 => {
                let number = self.random.usize(..2);
                let direction = Direction::ALL[self.random.usize(..4)];
                let policy = Policy::ALL[self.random.usize(..5)];
                self.set(number, direction, policy);
            }
            2 => {
                let now = self.bench.clock.now();
                store
                    .transaction_blocking(|tx| engine::retry(tx, None, now))
                    .unwrap();
            }
            3 => {
                for conflict in self.bench.open_conflicts() {
                    if conflict.status == ConflictStatus::Resolved && self.random.bool() {
                        self.say(format!("takes {:?} back", conflict.id));
                        store
                            .transaction_blocking(|tx| tx.unresolve_conflict(conflict.id))
                            .unwrap();
                    }
                }
            }
            _ => self.decide(),
        }
    }

    /// Decides some of the conflicts that wait.
    fn decide(&mut self) {
        for conflict in self.bench.open_conflicts() {
            if conflict.status != ConflictStatus::Pending || self.random.bool() {
                continue;
            }
            let take = self.taste(&conflict);
            self.say(format!(
                "decide {:?} {} {take:?}",
                conflict.id, conflict.field
            ));
            self.bench.resolve(conflict.id, take);
        }
    }

    fn taste(&mut self, conflict: &Conflict) -> Take {
        let texts = [&conflict.dynamics, &conflict.marketo];
        let typed = texts
            .iter()
            .all(|value| matches!(value, Value::Text(_) | Value::Null));
        match self.random.u8(..3) {
            0 => Take::Side(Side::Dynamics),
            1 => Take::Side(Side::Marketo),
            _ if conflict.field.is_empty() => Take::Side(Side::Dynamics),
            _ if !typed || conflict.field == "leadSource" => Take::Side(Side::Marketo),
            _ => match self.crowd().value(&conflict.field) {
                serde_json::Value::String(text) => Take::Value(Value::text(text)),
                _ => Take::Value(Value::Null),
            },
        }
    }
}
