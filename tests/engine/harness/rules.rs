//! What the admin sets: rules, pauses, mappings.

use chrono::TimeDelta;
use syncdeck::engine;
use syncdeck::model::{CycleReport, Entity, EntitySettings, Pause, RuleChange, Side};

use super::Bench;

impl Bench {
    /// An entity's settings as the store has them.
    pub fn settings(&self, entity: &Entity) -> EntitySettings {
        let stored = self.store.read_blocking(|r| r.entity_settings()).unwrap();
        let found = stored.into_iter().find(|one| one.entity == *entity);
        found.unwrap_or_else(|| EntitySettings::initial(entity.clone()))
    }

    /// Sets one rule.
    pub fn rule(&self, entity: &Entity, change: RuleChange) {
        let mut settings = self.settings(entity);
        change.apply(&mut settings.rules);
        self.store
            .transaction_blocking(|tx| tx.set_entity_settings(&settings))
            .unwrap();
    }

    /// Holds a part back, for so many seconds or until released.
    pub fn hold(&self, entity: Option<Entity>, side: Option<Side>, seconds: Option<i64>) {
        let until = seconds.map(|seconds| self.clock.now() + TimeDelta::seconds(seconds));
        let pause = Pause {
            entity,
            side,
            until,
        };
        self.store
            .transaction_blocking(|tx| engine::hold(tx, pause))
            .unwrap();
    }

    /// Lets everything go on.
    pub fn release(&self) {
        let now = self.clock.now();
        self.store
            .transaction_blocking(|tx| engine::release(tx, None, None, now))
            .unwrap();
    }

    /// A cycle with a plan approved.
    pub async fn approving(&self, plan: &str) -> CycleReport {
        let approve = Some(plan.to_owned());
        engine::one_cycle(self.parts(), approve).await.unwrap()
    }
}

/// The plan a halted cycle names.
pub fn plan_of(report: &CycleReport) -> String {
    let reason = report.reason.as_deref().unwrap_or_default();
    let plan = reason.split('\'').nth(1);
    plan.unwrap_or_else(|| panic!("no plan in {report:?}"))
        .to_owned()
}
