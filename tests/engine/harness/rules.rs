//! What the admin sets: rules, pauses, mappings.

use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::Value as Json;
use syncdeck::connectors::dynamics::Qualify;
use syncdeck::engine;
use syncdeck::mapping::EntityMap;
use syncdeck::model::{CycleReport, Entity, EntitySettings, Pause, RuleChange, Side};
use syncdeck::sandbox::dynamics;

use uuid::Uuid;

use super::Bench;
use super::wire::DYNAMICS;

impl Bench {
    /// An entity's settings as the store has them.
    pub fn settings(&self, entity: &Entity) -> EntitySettings {
        let stored = self.store.read_blocking(|r| r.entity_settings()).unwrap();
        let found = stored.into_iter().find(|one| one.entity == *entity);
        found.unwrap_or_else(|| EntitySettings::initial(entity.clone()))
    }

    /// Keeps an entity in step as a new profile does.
    pub fn begin(&self, entity: Entity) {
        let settings = EntitySettings::initial(entity);
        self.store
            .transaction_blocking(|tx| tx.set_entity_settings(&settings))
            .unwrap();
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
            field: None,
            until,
        };
        self.store
            .transaction_blocking(|tx| engine::hold(tx, pause))
            .unwrap();
    }

    /// Holds one field of leads back.
    pub fn hold_field(&self, field: &str) {
        let pause = Pause {
            entity: Some(Entity::LEAD),
            field: Some(field.to_owned()),
            ..Pause::ALL
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

    /// Adds pairs (TOML tables) to the default map of leads, as a new version.
    pub fn map_leads(&self, pairs: &str) {
        self.map_more(&Entity::LEAD, pairs);
    }

    /// Adds pairs (TOML tables) to the default map of an entity, as a new version.
    pub fn map_more(&self, entity: &Entity, pairs: &str) {
        let standard = EntityMap::standard(entity).unwrap().unwrap().to_toml();
        self.map(entity, &format!("{standard}\n{pairs}"));
    }

    /// Stores a new version of an entity's map.
    pub fn map(&self, entity: &Entity, document: &str) {
        let now = self.clock.now();
        self.store
            .transaction_blocking(|tx| engine::set_mapping(tx, entity, document, "ada", now))
            .unwrap()
            .unwrap();
    }

    /// Starts a backfill of leads.
    pub fn backfill_leads(&self, spec: engine::BackfillSpec) {
        self.backfill(&Entity::LEAD, spec);
    }

    /// Starts a backfill.
    pub fn backfill(&self, entity: &Entity, spec: engine::BackfillSpec) {
        let now = self.clock.now();
        self.store
            .transaction_blocking(|tx| engine::start_backfill(tx, entity, spec, now))
            .unwrap();
    }

    /// What an administrator of Dynamics does to a lead column's definition.
    pub async fn customise(&self, method: &str, path: &str, definition: Json) {
        self.customise_table("lead", method, path, definition).await;
    }

    /// What an administrator of Dynamics does to a column's definition.
    pub async fn customise_table(&self, table: &str, method: &str, path: &str, definition: Json) {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={DYNAMICS}/.default",
            dynamics::CLIENT_ID,
            dynamics::CLIENT_SECRET
                .replace('&', "%26")
                .replace('~', "%7E"),
        );
        let url = format!("{DYNAMICS}/{}/oauth2/v2.0/token", dynamics::TENANT);
        let request = http::Request::post(url)
            .header("host", "127.0.0.1:7001")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let answer = self.wire.plain(Side::Dynamics, request).await;
        let token: Json = serde_json::from_slice(answer.body()).unwrap();
        let token = token["access_token"].as_str().unwrap();
        let columns = format!("EntityDefinitions(LogicalName='{table}')/Attributes");
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{DYNAMICS}/api/data/v9.2/{columns}{path}"))
            .header("host", "127.0.0.1:7001")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::from(definition.to_string()))
            .unwrap();
        let answer = self.wire.plain(Side::Dynamics, request).await;
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(answer.status().is_success(), "{method} {path}: {body}");
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

impl Bench {
    /// Qualifies a lead by the vendor's own action over the Web API; the contact it became.
    pub async fn qualify(&self, lead: Uuid) -> Uuid {
        let dynamics = self.parts().dynamics;
        let rows = dynamics
            .qualify_lead(lead, Qualify::default())
            .await
            .unwrap();
        let contact = rows.iter().find(|one| one.table == "contact").unwrap();
        contact.id
    }
}
