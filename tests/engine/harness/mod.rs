//! A world in one thread: both ends in-process, the real connectors, engine and store, paused time.

pub mod oracle;
pub mod process;
pub mod rules;
pub mod wire;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use serde_json::{Map, Value as Json, json};
use syncdeck::clock::Clock;
use syncdeck::config::{DynamicsProfile, FirstCopy, LimitMode, MarketoProfile, SyncProfile};
use syncdeck::connectors::Transport;
use syncdeck::connectors::dynamics::Dynamics;
use syncdeck::connectors::marketo::Marketo;
use syncdeck::engine::{self, Parts};
use syncdeck::model::{
    Conflict, ConflictId, ConflictStatus, CycleOutcome, CycleReport, Direction, Entity,
    EntitySettings, Failure, Policy, RecordKey, Resolution, Side, Take, Value,
};
use syncdeck::sandbox::{Faults, Limits, SandboxOptions, World, dynamics};
use syncdeck::store::{ConflictFilter, FailureFilter, JournalRow, Link, Order, Store};
use uuid::Uuid;

use wire::{DYNAMICS, Line, MARKETO, Wire, Write};

/// The first person of an instance has this id.
pub const FIRST_PERSON: i64 = 1_000_001;
/// How long an unknown outcome rests.
pub const SETTLE: Duration = Duration::from_secs(120);

pub type Fields = Map<String, Json>;

/// Everything a test needs in its hands.
pub struct Bench {
    pub world: Arc<World>,
    pub wire: Arc<Wire>,
    pub store: Store,
    pub clock: Clock,
    pub sync: SyncProfile,
    /// Calls a day of the Marketo subscription.
    pub daily_calls: u64,
    /// The connectors of the running process; a restart makes new ones.
    ends: Mutex<Option<(Dynamics, Marketo)>>,
}

impl Bench {
    /// Nobody on either side.
    pub fn empty() -> Self {
        Self::with(0, 1)
    }

    /// `people` in Dynamics and a part of them in Marketo, as the sandbox seeds them.
    pub fn with(people: usize, seed: u64) -> Self {
        Self::on(Store::open_in_memory().unwrap(), people, seed, &|_| {})
    }

    /// Nobody on either side yet, and a sandbox set up as `choose` likes it.
    pub fn chosen(seed: u64, choose: &dyn Fn(&mut SandboxOptions)) -> Self {
        Self::on(Store::open_in_memory().unwrap(), 0, seed, choose)
    }

    /// As [`Bench::with`], and every entity kept in step as a new profile does.
    pub fn whole(people: usize, seed: u64) -> Self {
        let bench = Self::with(people, seed);
        for entity in engine::ENTITIES {
            bench.begin(entity);
        }
        bench
    }

    /// The same with the state in a file.
    pub fn with_file(people: usize, seed: u64, state: &Path) -> Self {
        Self::on(Store::open(state).unwrap(), people, seed, &|_| {})
    }

    fn on(store: Store, people: usize, seed: u64, choose: &dyn Fn(&mut SandboxOptions)) -> Self {
        let clock = Clock::following_tokio(Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap());
        let mut options = SandboxOptions {
            people,
            seed,
            limits: Limits::Off,
            activity_lag: Duration::from_secs(2),
            faults: Faults::seeded(seed),
            ..SandboxOptions::default()
        };
        choose(&mut options);
        let world = Arc::new(World::new(&options, clock.clone()).unwrap());
        let wire = Wire::new(Arc::clone(&world), Duration::from_millis(20));
        let sync = SyncProfile {
            interval: Duration::from_secs(300),
            first_copy: FirstCopy::Go,
            settle: SETTLE,
            share: 1.0.into(),
            limits: LimitMode::Off,
            listing: syncdeck::config::Listing::Off,
        };
        let bench = Self {
            world,
            wire,
            store,
            clock,
            sync,
            daily_calls: 1_000_000,
            ends: Mutex::new(None),
        };
        // A life of people is told by people alone, unless a test asks for all the rest.
        let others = engine::ENTITIES.into_iter().filter(|one| !one.is_person());
        others.for_each(|entity| bench.set(entity, Direction::Off, Policy::Dynamics));
        bench
    }

    /// The two ends as the engine is given them.
    pub fn parts(&self) -> Parts {
        let mut ends = self.ends.lock().unwrap();
        let (dynamics, marketo) = ends.get_or_insert_with(|| self.connect()).clone();
        Parts {
            profile: "bench".to_owned(),
            sync: self.sync.clone(),
            dynamics,
            marketo,
            store: self.store.clone(),
            clock: self.clock.clone(),
        }
    }

    fn connect(&self) -> (Dynamics, Marketo) {
        let transport: Arc<dyn Transport> = Arc::new(Line(Arc::clone(&self.wire)));
        let (share, limits) = (self.sync.share, self.sync.limits);
        let profile = DynamicsProfile {
            url: DYNAMICS.to_owned(),
            tenant: dynamics::TENANT.to_string(),
            token_url: Some(format!("{DYNAMICS}/{}/oauth2/v2.0/token", dynamics::TENANT)),
            client_id: dynamics::CLIENT_ID.to_owned(),
            client_secret: dynamics::CLIENT_SECRET.to_owned().into(),
        };
        let one = Dynamics::new(
            &profile,
            share.dynamics,
            limits,
            Arc::clone(&transport),
            self.clock.clone(),
        );
        let profile = MarketoProfile {
            endpoint: format!("{MARKETO}/rest"),
            identity: format!("{MARKETO}/identity"),
            client_id: self.world.marketo.client_id().to_owned(),
            client_secret: self.world.marketo.client_secret().to_owned().into(),
            daily_calls: self.daily_calls,
            partition: None,
        };
        let other = Marketo::new(
            &profile,
            share.marketo,
            limits,
            transport,
            self.clock.clone(),
        );
        (one.unwrap(), other.unwrap())
    }

    /// Forgets what only a process knows: the next cycle runs in a new one, on the same store.
    pub fn restart(&self) {
        *self.ends.lock().unwrap() = None;
    }

    /// One cycle, to its end.
    pub async fn cycle(&self) -> CycleReport {
        engine::one_cycle(self.parts(), None).await.unwrap()
    }

    /// A cycle once Marketo's activities have caught up.
    pub async fn later(&self) -> CycleReport {
        self.pass(10).await;
        self.cycle().await
    }

    /// Lets seconds pass.
    pub async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    // What people do.

    pub fn lead(&self, values: &[(&str, Json)]) -> Uuid {
        self.row_of("lead", values)
    }

    /// A lead with a name and an e-mail address; the shortest way to somebody.
    pub fn somebody(&self, name: &str) -> Uuid {
        self.lead(&person_columns(name))
    }

    pub fn row_of(&self, table: &str, values: &[(&str, Json)]) -> Uuid {
        self.world.dynamics.create_row(table, values).unwrap()
    }

    pub fn edit(&self, row: Uuid, column: &str, value: impl Into<Json>) {
        let table = self.table_of(row);
        let values = [(column, value.into())];
        self.world.dynamics.edit_row(table, row, &values).unwrap();
    }

    pub fn edit_person(&self, id: i64, field: &str, value: impl Into<Json>) {
        let done = self
            .world
            .marketo
            .edit_person(id, &[(field, value.into())], "Sales Insight");
        assert!(done, "person {id} is not there");
    }

    // What the two ends hold.

    fn table_of(&self, row: Uuid) -> &'static str {
        if self.world.dynamics.row("lead", row).is_some() {
            "lead"
        } else {
            "contact"
        }
    }

    pub fn row(&self, id: Uuid) -> Fields {
        self.world.dynamics.row(self.table_of(id), id).unwrap()
    }

    pub fn column(&self, id: Uuid, column: &str) -> Json {
        self.row(id).get(column).cloned().unwrap_or_default()
    }

    pub fn field(&self, id: i64, field: &str) -> Json {
        let person = self.world.marketo.person(id).unwrap();
        person.get(field).cloned().unwrap_or_default()
    }

    /// Everybody in Marketo.
    pub fn people(&self) -> Vec<(i64, Fields)> {
        let count = self.world.marketo.people_count();
        (FIRST_PERSON..)
            .filter_map(|id| Some((id, self.world.marketo.person(id)?)))
            .take(count)
            .collect()
    }

    /// The people stamped with this row.
    pub fn people_of(&self, row: Uuid) -> Vec<i64> {
        let stamped =
            |person: &Fields| person.get("syncdeckDynamicsId") == Some(&json!(row.to_string()));
        self.people()
            .into_iter()
            .filter(|(_, person)| stamped(person))
            .map(|(id, _)| id)
            .collect()
    }

    /// The one person stamped with this row.
    pub fn person_of(&self, row: Uuid) -> i64 {
        let people = self.people_of(row);
        assert_eq!(people.len(), 1, "people of {row}: {people:?}");
        people[0]
    }

    /// Every row of a table, by a plain client's read.
    pub async fn rows(&self, table: &str) -> Vec<Uuid> {
        self.rows_keyed(table, &format!("{table}id")).await
    }

    /// Every row of a table with a key column of another name.
    pub async fn rows_keyed(&self, table: &str, key: &str) -> Vec<Uuid> {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={DYNAMICS}/.default",
            dynamics::CLIENT_ID,
            dynamics::CLIENT_SECRET
                .replace('&', "%26")
                .replace('~', "%7E"),
        );
        let request =
            http::Request::post(format!("{DYNAMICS}/{}/oauth2/v2.0/token", dynamics::TENANT))
                .header("host", "127.0.0.1:7001")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes::from(form))
                .unwrap();
        let token = body(&self.wire.plain(Side::Dynamics, request).await);
        let token = token["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{token}"))
            .to_owned();
        let mut next = Some(format!("{DYNAMICS}/api/data/v9.2/{table}s?$select={key}"));
        let mut found = Vec::new();
        while let Some(url) = next {
            let request = http::Request::get(url)
                .header("host", "127.0.0.1:7001")
                .header("authorization", format!("Bearer {token}"))
                .body(Bytes::new())
                .unwrap();
            let page = body(&self.wire.plain(Side::Dynamics, request).await);
            let ids = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
            let id = |row: &Json| row[key].as_str()?.parse::<Uuid>().ok();
            found.extend(ids.iter().filter_map(id));
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        found
    }

    /// Where linked rows and people differ, as far as both are there.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for link in self.links() {
            let (Some(row), Some(person)) = (link.dynamics, link.marketo) else {
                continue;
            };
            let (table, row_id) = (link.entity.name().to_owned(), row);
            let row = self.world.dynamics.row(&table, row);
            let (Some(row), Some(person)) = (row, self.world.marketo.person(person)) else {
                continue;
            };
            for (column, ours, theirs) in oracle::differences(&table, &row, &person) {
                found.push(format!("{table} {row_id} {column}: {ours} != {theirs}"));
            }
        }
        found
    }

    pub fn assert_in_step(&self) {
        let differences = self.differences();
        assert!(differences.is_empty(), "{differences:#?}");
    }

    // What the engine remembers, and what it is told.

    pub fn links(&self) -> Vec<Link> {
        let mut found = self.all_links();
        found.retain(|link| link.state != syncdeck::store::LinkState::Tombstone);
        found
    }

    /// Links and tombstones.
    pub fn all_links(&self) -> Vec<Link> {
        self.links_of(&[Entity::LEAD, Entity::CONTACT])
    }

    /// Links and tombstones of some entities.
    pub fn links_of(&self, entities: &[Entity]) -> Vec<Link> {
        let mut found = Vec::new();
        for entity in entities {
            let mut after = None;
            loop {
                let page = self
                    .store
                    .read_blocking(|r| r.links_page(entity, after, 500))
                    .unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                found.extend(page);
            }
        }
        found
    }

    pub fn link(&self, row: Uuid) -> Option<Link> {
        let key = RecordKey::Dynamics(row);
        self.store
            .read_blocking(|r| r.links_by_key(&[key]))
            .unwrap()
            .remove(&key)
    }

    /// All conflicts, oldest first.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let all = ConflictFilter::default();
        self.store
            .read_blocking(|r| r.conflicts(&all, Order::OldestFirst, None, 100_000))
            .unwrap()
    }

    pub fn open_conflicts(&self) -> Vec<Conflict> {
        self.conflicts()
            .into_iter()
            .filter(|one| one.status.is_open())
            .collect()
    }

    /// The only conflict that waits.
    pub fn pending(&self) -> Conflict {
        let mut pending = self.conflicts();
        pending.retain(|one| one.status == ConflictStatus::Pending);
        assert_eq!(pending.len(), 1, "{pending:#?}");
        pending.remove(0)
    }

    pub fn status(&self, id: ConflictId) -> ConflictStatus {
        self.store
            .read_blocking(|r| r.conflict(id))
            .unwrap()
            .unwrap()
            .status
    }

    pub fn resolve(&self, id: ConflictId, take: Take) {
        let resolution = Resolution {
            take,
            by: "ada".to_owned(),
            at: self.clock.now(),
        };
        let done = self
            .store
            .transaction_blocking(|tx| engine::resolve(tx, id, &resolution))
            .unwrap();
        assert_eq!(done, syncdeck::store::Resolved::Done);
    }

    pub fn failures(&self) -> Vec<Failure> {
        let all = FailureFilter::default();
        self.store
            .read_blocking(|r| r.failures(&all, None, 1000))
            .unwrap()
    }

    pub fn journal(&self, row: Uuid) -> Vec<JournalRow> {
        let key = RecordKey::Dynamics(row);
        self.store
            .read_blocking(|r| r.journal_of(key, 1000))
            .unwrap()
    }

    pub fn set(&self, entity: Entity, direction: Direction, policy: Policy) {
        let settings = EntitySettings {
            entity,
            direction,
            policy,
            ..EntitySettings::initial(Entity::LEAD)
        };
        self.store
            .transaction_blocking(|tx| tx.set_entity_settings(&settings))
            .unwrap();
    }
}

/// Columns of somebody with a name and an e-mail address.
pub fn person_columns(name: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("subject", json!(format!("{name} asks"))),
        ("firstname", json!(name)),
        ("lastname", json!("Byron")),
        (
            "emailaddress1",
            json!(format!("{}@example.com", name.to_lowercase())),
        ),
    ]
}

/// Fields sent, by name, without our stamp.
pub fn field_names(write: &Write) -> Vec<&str> {
    let names = write.fields.keys().map(String::as_str);
    names.filter(|name| !name.starts_with("syncdeck")).collect()
}

/// What a report says was written, created and deleted, both sides and entities together.
pub fn written(report: &CycleReport) -> u64 {
    let sums = report
        .entities
        .iter()
        .map(|counts| counts.written.total() + counts.created.total() + counts.deleted.total());
    sums.sum()
}

pub fn text(value: &str) -> Value {
    Value::text(value)
}

pub fn assert_clean(report: &CycleReport) {
    assert_eq!(report.outcome, CycleOutcome::Clean, "{report:?}");
}

fn body(response: &http::Response<Bytes>) -> Json {
    serde_json::from_slice(response.body())
        .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(response.body())))
}
