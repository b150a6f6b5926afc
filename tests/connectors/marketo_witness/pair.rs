//! A sandbox instance on a socket, served in real time by a runtime of its own, and a connector whose time is the
//! test's: back-offs pass at once, while a request on its way holds the time still.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use syncdeck::clock::Clock;
use syncdeck::config::{LimitMode, MarketoProfile};
use syncdeck::connectors::marketo::{Marketo, NewPersonField, PeopleAction, PeopleWrite};
use syncdeck::connectors::{
    ConnectorError, HttpTransport, Transport, TransportError, WriteOutcome,
};
use syncdeck::model::{FieldInfo, FieldKind, Record, Value};
use syncdeck::sandbox::Faults;
use syncdeck::sandbox::marketo::{Instance, InstanceOptions};
use tokio::runtime::{Handle, Runtime};

/// Our key field.
pub const KEY: &str = "syncdeckRow";

/// Sends over real HTTP in the server's runtime. Tokio's paused time does not run ahead while a blocking task works.
struct Hop {
    http: HttpTransport,
    runtime: Handle,
}

#[async_trait]
impl Transport for Hop {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let (http, runtime) = (self.http.clone(), self.runtime.clone());
        let sent = tokio::task::spawn_blocking(move || {
            runtime.clone().block_on(async move {
                let sent = runtime.spawn(async move { http.send(request).await });
                sent.await.unwrap()
            })
        });
        sent.await.unwrap()
    }
}

pub struct Pair {
    pub marketo: Marketo,
    pub instance: Arc<Instance>,
    faults: Faults,
    runtime: Option<Runtime>,
}

impl Pair {
    /// With our key field in place.
    pub async fn with(options: InstanceOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let faults = options.faults.clone();
        let instance = Instance::new(options, Clock::system());
        let router = instance.router();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await
        });
        let profile = MarketoProfile {
            endpoint: format!("http://{address}/rest"),
            identity: format!("http://{address}/identity"),
            client_id: instance.client_id().to_owned(),
            client_secret: instance.client_secret().to_owned().into(),
            daily_calls: 50_000,
            partition: None,
        };
        let hop = Hop {
            http: HttpTransport::new().unwrap(),
            runtime: runtime.handle().clone(),
        };
        let clock = Clock::following_tokio(Clock::system().now());
        let marketo = Marketo::new(&profile, 1.0, LimitMode::Auto, Arc::new(hop), clock).unwrap();
        let pair = Self {
            marketo,
            instance,
            faults,
            runtime: Some(runtime),
        };
        let key = NewPersonField {
            name: KEY.to_owned(),
            label: "Syncdeck Row".to_owned(),
            kind: FieldKind::Text,
            description: "Key of the row".to_owned(),
        };
        pair.marketo.create_person_fields(&[key]).await.unwrap();
        pair
    }

    /// A seeded one, everything else at its default.
    pub async fn seeded(seed: u64) -> Self {
        let options = InstanceOptions {
            seed,
            ..InstanceOptions::default()
        };
        Self::with(options).await
    }

    /// Turns the dial: `606=x1,cut=0.1`; nothing is quiet.
    pub fn dial(&self, faults: &str) {
        let items = faults.split(',').filter(|item| !item.is_empty());
        let items: Vec<String> = items.map(|item| format!("marketo:{item}")).collect();
        self.faults.set(&items.join(",")).unwrap();
    }

    /// Writes people by our key, one changed field each.
    pub async fn write(
        &self,
        keys: &[&str],
        title: &str,
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let people = keys.iter().map(|key| {
            vec![
                (KEY.to_owned(), Value::text(*key)),
                ("title".to_owned(), Value::text(title)),
            ]
        });
        let write = PeopleWrite {
            partition_name: None,
            action: PeopleAction::CreateOrUpdate,
            lookup: KEY.to_owned(),
            people: people.collect(),
        };
        self.marketo.sync_people(&write).await
    }

    /// Reads people by our key.
    pub async fn read(&self, keys: &[&str]) -> Result<Vec<Record>, ConnectorError> {
        let values: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let fields = [KEY.to_owned(), "title".to_owned()];
        let kinds = [
            FieldInfo::new(KEY, FieldKind::Text),
            FieldInfo::new("title", FieldKind::Text),
        ];
        self.marketo.people(KEY, &values, &fields, &kinds).await
    }

    /// The titles of everybody the server holds, as it holds them.
    pub fn titles(&self) -> Vec<String> {
        let people = (1_000_001..1_003_000).filter_map(|id| self.instance.person(id));
        let title =
            |person: serde_json::Map<String, Json>| Some(person.get("title")?.as_str()?.to_owned());
        people.filter_map(title).collect()
    }
}

/// The server's time, which is not the test's.
pub fn server_now() -> DateTime<Utc> {
    Clock::system().now()
}

impl Drop for Pair {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
