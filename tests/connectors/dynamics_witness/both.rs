//! A sandbox organisation with its fault dial, the connector signed in to it, and a plain HTTP
//! client beside them that sees what is really there.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncdeck::clock::Clock;
use syncdeck::config::{DynamicsProfile, LimitMode};
use syncdeck::connectors::dynamics::{
    Change, Dynamics, DynamicsAction, DynamicsWrite, Next, Page, Table,
};
use syncdeck::connectors::{ConnectorError, HttpTransport};
use syncdeck::model::{RecordKey, Value};
use syncdeck::sandbox::{Faults, Limits, SandboxOptions};
use uuid::Uuid;

use crate::sandbox::dynamics::harness::Org;

/// Rows of a page in these tests: several pages of a few rows.
pub const PAGE: u32 = 7;

pub struct Both {
    pub org: Org,
    pub faults: Faults,
    pub dynamics: Dynamics,
    pub lead: Table,
}

/// What a feed told: how often each row came, and the rows that are gone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub rows: BTreeMap<Uuid, u32>,
    pub gone: BTreeMap<Uuid, u32>,
}

impl Told {
    pub fn add(&mut self, page: &Page) {
        for change in &page.changes {
            match change {
                Change::Upsert(record) => *self.rows.entry(key(&record.key)).or_default() += 1,
                Change::Delete(id) => *self.gone.entry(*id).or_default() += 1,
            }
        }
    }
}

pub fn key(key: &RecordKey) -> Uuid {
    match key {
        RecordKey::Dynamics(id) => *id,
        RecordKey::Marketo(_) => panic!("not a row of Dynamics"),
    }
}

impl Both {
    pub async fn with(people: usize) -> Self {
        let faults = Faults::seeded(3);
        let org = Org::start(SandboxOptions {
            people,
            limits: Limits::Off,
            faults: faults.clone(),
            ..SandboxOptions::default()
        })
        .await;
        let announced = org.sandbox.announcement();
        let of = |name: &str| announced["dynamics"][name].as_str().unwrap().to_owned();
        let profile = DynamicsProfile {
            url: of("url"),
            tenant: of("tenant"),
            token_url: Some(of("token_url")),
            client_id: of("client_id"),
            client_secret: of("client_secret").into(),
        };
        let transport = Arc::new(HttpTransport::new().unwrap());
        let clock = Clock::system();
        let dynamics = Dynamics::new(&profile, 1.0, LimitMode::Off, transport, clock).unwrap();
        let lead = dynamics.table("lead").await.unwrap();
        Self {
            org,
            faults,
            dynamics,
            lead,
        }
    }

    /// The whole dial anew; throttling answers ask for no wait.
    pub fn dial(&self, faults: &str) {
        self.faults.set(&format!("retry-after=0,{faults}")).unwrap();
    }

    /// Nothing goes wrong any more, and the plain client is signed in.
    pub async fn calm(&mut self) {
        self.dial("");
        self.org.sign_in_again().await;
    }

    pub async fn first(&self) -> Page {
        let page = self.dynamics.first_page(&self.lead, &columns(), PAGE).await;
        page.unwrap()
    }

    /// Follows the feed from there to its end: what it told, and the delta link.
    pub async fn walk(&self, mut next: Next) -> Result<(Told, String), ConnectorError> {
        let mut told = Told::default();
        loop {
            match next {
                Next::Delta(link) => return Ok((told, link)),
                Next::Page(link) => {
                    let page = self.dynamics.follow(&self.lead, &link, PAGE).await?;
                    told.add(&page);
                    next = page.next;
                }
            }
        }
    }

    /// The row as a plain client reads it, or none.
    pub async fn row(&self, id: Uuid) -> Option<serde_json::Value> {
        let got = self.org.get(&format!("leads({id})")).await;
        (got.status == 200).then(|| got.json())
    }

    pub fn update(&self, id: Uuid, version: Option<String>, title: &str) -> DynamicsWrite<'_> {
        DynamicsWrite {
            table: &self.lead,
            id,
            action: DynamicsAction::Update { version },
            fields: vec![("jobtitle".to_owned(), Value::text(title))],
        }
    }

    pub fn create(&self, id: Uuid, title: &str) -> DynamicsWrite<'_> {
        let text = |name: &str, text: &str| (name.to_owned(), Value::text(text));
        DynamicsWrite {
            table: &self.lead,
            id,
            action: DynamicsAction::Create,
            fields: vec![
                text("lastname", "Witness"),
                text("subject", "witness"),
                text("jobtitle", title),
            ],
        }
    }

    pub fn delete(&self, id: Uuid) -> DynamicsWrite<'_> {
        DynamicsWrite {
            table: &self.lead,
            id,
            action: DynamicsAction::Delete { version: None },
            fields: Vec::new(),
        }
    }
}

pub fn columns() -> Vec<String> {
    ["lastname", "jobtitle", "customerid", "ownerid"]
        .map(str::to_owned)
        .into()
}
