//! How close the first copy comes to a bare client that makes the same HTTP exchanges and keeps nothing.
//!
//! Run by hand: `cargo bench --bench first_copy -- [PEOPLE]`. The engine copies a sandbox world over real HTTP while
//! its requests are written down; the same requests then go to a second world of the same seed, eight at a time, their
//! answers read and dropped. Prints both rates and their ratio.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::AUTHORIZATION;
use serde_json::Value;
use syncdeck::clock::Clock;
use syncdeck::config::{DynamicsProfile, FirstCopy, LimitMode, MarketoProfile, SyncProfile};
use syncdeck::connectors::dynamics::Dynamics;
use syncdeck::connectors::marketo::Marketo;
use syncdeck::connectors::{HttpTransport, Transport, TransportError};
use syncdeck::engine::{Parts, one_cycle};
use syncdeck::sandbox::{Limits, Sandbox, SandboxOptions};
use syncdeck::store::Store;

/// Requests of the bare client in flight.
const AT_ONCE: usize = 8;

type Request = http::Request<Bytes>;

/// Sends, and writes down what it sent.
struct Recorder {
    inner: HttpTransport,
    seen: Mutex<Vec<Request>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<http::Response<Bytes>, TransportError> {
        self.seen.lock().unwrap().push(request.clone());
        self.inner.send(request).await
    }
}

async fn world(people: usize) -> Sandbox {
    let options = SandboxOptions {
        people,
        limits: Limits::Off,
        ..SandboxOptions::default()
    };
    Sandbox::start(options, Clock::system()).await.unwrap()
}

fn parts(told: &Value, transport: Arc<dyn Transport>, store: Store) -> Parts {
    let at = |side: &str, what: &str| told[side][what].as_str().unwrap().to_owned();
    let clock = Clock::system();
    let dynamics = DynamicsProfile {
        url: at("dynamics", "url"),
        tenant: at("dynamics", "tenant"),
        token_url: Some(at("dynamics", "token_url")),
        client_id: at("dynamics", "client_id"),
        client_secret: at("dynamics", "client_secret").into(),
    };
    let marketo = MarketoProfile {
        endpoint: at("marketo", "endpoint"),
        identity: at("marketo", "identity"),
        client_id: at("marketo", "client_id"),
        client_secret: at("marketo", "client_secret").into(),
        daily_calls: 1_000_000,
        partition: None,
    };
    let limits = LimitMode::Off;
    Parts {
        profile: "bench".to_owned(),
        sync: SyncProfile {
            first_copy: FirstCopy::Go,
            limits,
            ..SyncProfile::default()
        },
        dynamics: Dynamics::new(&dynamics, 1.0, limits, transport.clone(), clock.clone()).unwrap(),
        marketo: Marketo::new(&marketo, 1.0, limits, transport, clock.clone()).unwrap(),
        store,
        clock,
    }
}

/// The engine's first copy: how long it took, and what it sent.
async fn engine(people: usize) -> (Duration, Vec<Request>, Value) {
    let sandbox = world(people).await;
    let folder = std::env::temp_dir().join(format!("syncdeck-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&folder.join("state.db")).unwrap();
    let inner = HttpTransport::new().unwrap();
    let recorder = Arc::new(Recorder {
        inner,
        seen: Mutex::default(),
    });
    let told = sandbox.announcement();
    let parts = parts(&told, recorder.clone(), store);
    let began = Instant::now();
    one_cycle(parts, None).await.unwrap();
    let took = began.elapsed();
    std::fs::remove_dir_all(folder).unwrap();
    let seen = std::mem::take(&mut *recorder.seen.lock().unwrap());
    (took, seen, told)
}

/// The recorded requests as the second world takes them: its addresses, its tokens.
async fn redirected(requests: Vec<Request>, from: &Value, to: &Value) -> Vec<Request> {
    let origins = |told: &Value| {
        let trimmed = |text: &Value| text.as_str().unwrap().trim_end_matches("/rest").to_owned();
        [
            trimmed(&told["dynamics"]["url"]),
            trimmed(&told["marketo"]["endpoint"]),
        ]
    };
    let (old, new) = (origins(from), origins(to));
    let mut tokens = [String::new(), String::new()];
    let mut moved = Vec::with_capacity(requests.len());
    for mut request in requests {
        let uri = request.uri().to_string();
        let side = usize::from(uri.starts_with(&old[1]));
        *request.uri_mut() = uri.replace(&old[side], &new[side]).parse().unwrap();
        if !request.headers().contains_key(AUTHORIZATION) {
            let answer = HttpTransport::new()
                .unwrap()
                .send(request.clone())
                .await
                .unwrap();
            let answer: Value = serde_json::from_slice(answer.body()).unwrap();
            tokens[side] = format!("Bearer {}", answer["access_token"].as_str().unwrap());
            continue;
        }
        request
            .headers_mut()
            .insert(AUTHORIZATION, tokens[side].parse().unwrap());
        moved.push(request);
    }
    moved
}

/// The same exchanges by a client that keeps nothing: how long, and how many were refused.
async fn bare(requests: Vec<Request>) -> (Duration, usize) {
    let client = HttpTransport::new().unwrap();
    let began = Instant::now();
    let refused = stream::iter(requests)
        .map(|request| client.send(request))
        .buffered(AT_ONCE)
        .filter(|answer| {
            let refused = answer.as_ref().is_ok_and(|it| it.status().as_u16() >= 400);
            std::future::ready(refused)
        })
        .count()
        .await;
    (began.elapsed(), refused)
}

#[tokio::main]
async fn main() {
    let people = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(20_000);
    let (engine_took, requests, first) = engine(people).await;
    let second = world(people).await;
    let requests = redirected(requests, &first, &second.announcement()).await;
    let exchanges = requests.len();
    let (bare_took, refused) = bare(requests).await;
    let line = |who: &str, took: Duration| {
        let seconds = took.as_secs_f64();
        println!(
            "{who:<7} {:>8.0} people/s {seconds:>8.2} s",
            people as f64 / seconds
        );
    };
    println!("{people} people, {exchanges} exchanges, {refused} refused by the second world");
    line("engine", engine_took);
    line("bare", bare_took);
    println!(
        "ratio   {:>8.2}",
        bare_took.as_secs_f64() / engine_took.as_secs_f64()
    );
}
