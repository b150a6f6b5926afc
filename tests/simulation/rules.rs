//! What the admin of a life sets beyond directions and policies: pauses, filters, delete policies; and what they take
//! back. At rest everything is as in a new profile again, and must be in step.

use syncdeck::engine::{self, NewRow, plan_rollback, roll_back};
use syncdeck::model::{
    ConflictStatus, DeletePolicy, Entity, Filter, LeavePolicy, RuleChange, Side,
};

use super::estate;
use super::life::{ENTITIES, Life};

/// Rows that come and go with every edit of their job title.
const FILTER: &str = "jobtitle == null || !jobtitle.endsWith('3')";
/// Everybody with an address of some kind becomes a row.
const NEWCOMERS: &str = "email.endsWith('7@example.com')";
const POLICIES: [DeletePolicy; 4] = [
    DeletePolicy::Flag,
    DeletePolicy::Delete,
    DeletePolicy::Recreate,
    DeletePolicy::Ask,
];

impl Life {
    /// Sets a rule, or takes something back.
    pub fn legislate(&mut self) {
        match self.random.u8(..7) {
            0 | 1 => self.hold(),
            2 => {
                self.say("releases everything");
                self.bench.release();
            }
            3 => self.filter(),
            4 => {
                let (entity, policy) = (self.entity(), POLICIES[self.random.usize(..4)]);
                let side = self.side();
                self.say(format!("{entity} deleted in {side}: {policy:?}"));
                self.bench
                    .rule(&entity, RuleChange::Delete { side, policy });
            }
            5 => self.undo(),
            _ => self.roll_back(),
        }
    }

    /// Takes every pause and filter back.
    pub fn repeal(&mut self) {
        self.bench.release();
        for entity in ENTITIES {
            self.bench.rule(&entity, RuleChange::CreateInDynamics(None));
            if self.bench.settings(&entity).rules.filter != Filter::default() {
                self.bench
                    .rule(&entity, RuleChange::Filter(Filter::default()));
            }
        }
        if self.has_estate() {
            estate::repeal(&self.bench);
        }
    }

    fn has_estate(&self) -> bool {
        let crowd = self.crowd();
        crowd
            .trade
            .as_ref()
            .is_some_and(|trade| trade.estate.is_some())
    }

    /// Has somebody created in Dynamics, by name or by rule.
    pub fn commission(&mut self) {
        let entity = self.entity();
        if self.random.u8(..4) == 0 {
            let rule = self.random.bool().then(|| NEWCOMERS.to_owned());
            self.say(format!("{entity} created where {rule:?}"));
            let change = RuleChange::CreateInDynamics(rule);
            self.bench.rule(&entity, change);
            return;
        }
        let Some(marketo) = self.crowd().any_person() else {
            return;
        };
        let account = None;
        let new = NewRow {
            marketo,
            entity,
            account,
        };
        let (store, now) = (self.bench.store.clone(), self.bench.clock.now());
        let asked = store.transaction_blocking(|tx| engine::create(tx, &new, now));
        self.say(format!("wants {new:?}: {:?}", asked.unwrap()));
    }

    fn entity(&mut self) -> Entity {
        ENTITIES[self.random.usize(..2)].clone()
    }

    fn side(&mut self) -> Side {
        Side::BOTH[self.random.usize(..2)]
    }

    fn hold(&mut self) {
        let entity = self.random.bool().then(|| self.entity());
        let side = self.random.bool().then(|| self.side());
        let seconds = self.random.bool().then(|| self.random.i64(1..600));
        self.say(format!("holds {entity:?} {side:?} for {seconds:?}"));
        if self.random.u8(..4) == 0 {
            self.bench.hold_field("jobTitle");
        } else {
            self.bench.hold(entity, side, seconds);
        }
    }

    fn filter(&mut self) {
        let entity = self.entity();
        let leave = LeavePolicy::ALL[self.random.usize(..2)];
        let expression = self.random.u8(..3) > 0;
        let filter = Filter {
            expression: expression.then(|| FILTER.to_owned()),
            ..Filter::default()
        };
        self.say(format!("{entity} filter {expression}, leaves {leave:?}"));
        self.bench.rule(&entity, RuleChange::Leave(leave));
        self.bench.rule(&entity, RuleChange::Filter(filter));
    }

    /// Takes one applied decision back.
    fn undo(&mut self) {
        let conflicts = self.bench.conflicts();
        let applied = conflicts
            .iter()
            .filter(|one| one.status == ConflictStatus::Applied);
        let applied: Vec<_> = applied.map(|one| one.id).collect();
        let Some(id) = applied.get(self.random.usize(..applied.len().max(1))) else {
            return;
        };
        let now = self.bench.clock.now();
        let asked = self
            .bench
            .store
            .transaction_blocking(|tx| engine::undo(tx, *id, "ada", now));
        self.say(format!("undoes {id:?}: {:?}", asked.unwrap()));
    }

    /// Takes the last cycle back.
    fn roll_back(&mut self) {
        let (store, now) = (self.bench.store.clone(), self.bench.clock.now());
        let Some(last) = store.read_blocking(|r| r.last_cycle()).unwrap() else {
            return;
        };
        let plan = store
            .read_blocking(|r| plan_rollback(r, last.id, false))
            .unwrap();
        let Ok(plan) = plan else { return };
        let asked = store.transaction_blocking(|tx| roll_back(tx, &plan, "ada", now));
        self.say(format!("rolls {} back: {:?}", last.id, asked.unwrap()));
    }
}
