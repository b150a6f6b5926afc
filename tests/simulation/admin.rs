//! What the admin of a life does between two cycles.

use std::sync::atomic::Ordering;

use syncdeck::engine;
use syncdeck::model::{
    Conflict, ConflictStatus, Direction, Entity, Policy, RuleChange, Side, Take, Value,
};

use super::cast::{Cast, add_events};
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

    /// Sets what follows people, and whom they follow: roles of an account's contacts, a custom entity, owners, scopes.
    pub async fn widen(&mut self) {
        let (rule, events) = self.wishes();
        if let Some(rule) = rule {
            self.say(format!("{rule:?}"));
            self.bench.rule(&Entity::OPPORTUNITY, rule);
        }
        if events {
            self.add_events().await;
        }
        let (rule, teams) = self.orders();
        if let Some((entity, rule)) = rule {
            self.say(format!("{entity} {rule:?}"));
            self.bench.rule(&entity, rule);
        }
        if let Some(direction) = teams {
            self.say(format!("teams {direction}"));
            self.bench.set(Entity::TEAM, direction, Policy::Dynamics);
        }
    }

    /// What the admin sets about owners, scopes and deletes.
    fn orders(&self) -> (Option<(Entity, RuleChange)>, Option<Direction>) {
        let mut crowd = self.crowd();
        let trade = crowd.trade.as_mut();
        let estate = trade.and_then(|trade| trade.estate.as_mut());
        estate.map_or((None, None), |estate| (estate.rule(), estate.teams()))
    }

    /// What the admin of this life wants to be kept in step is, at the latest now.
    pub async fn add_what_was_wished(&mut self) {
        if self.has_events() {
            self.add_events().await;
        }
    }

    /// What is to be widened now: the rule about roles, whether the custom entity is added.
    fn wishes(&self) -> (Option<RuleChange>, bool) {
        let mut crowd = self.crowd();
        let cast = crowd.trade.as_mut().and_then(|trade| trade.cast.as_mut());
        cast.map_or((None, false), |cast| (cast.rule(), cast.wants_events()))
    }

    fn has_events(&self) -> bool {
        let crowd = self.crowd();
        let cast = crowd.trade.as_ref().and_then(|trade| trade.cast.as_ref());
        cast.is_some_and(Cast::has_events)
    }

    async fn add_events(&mut self) {
        self.calls.store(0, Ordering::Relaxed);
        let added = add_events(&self.bench).await;
        self.say(format!("adds a custom entity: {added:?}"));
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
