//! The wire between the engine and the two ends: routers called in-process, every call watched, any call spoilt.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Map, Value as Json};
use syncdeck::connectors::{Transport, TransportError};
use syncdeck::model::Side;
use syncdeck::sandbox::World;
use tower::ServiceExt;

/// Where the two ends pretend to be.
pub const DYNAMICS: &str = "http://127.0.0.1:7001";
pub const MARKETO: &str = "http://127.0.0.1:7002";

/// One record that a call writes.
#[derive(Debug, Clone)]
pub struct Write {
    pub side: Side,
    /// `leads.json updateOnly`, `PATCH leads`, `POST schema/fields.json` …
    pub what: String,
    /// The person's id or the row's GUID; empty for what has none yet.
    pub key: String,
    pub fields: Map<String, Json>,
    /// The row version it is bound to; written in vain where the row has moved on.
    pub version: Option<String>,
    /// Fields the target held just so when the write arrived: they should not have been sent.
    pub needless: Vec<String>,
    /// The row has moved on or is gone, so that it will be refused.
    pub stale: bool,
}

/// One call as the wire sees it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub side: Side,
    pub path: String,
    pub writes: Vec<Write>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Pass,
    /// It never arrives, and nobody is told.
    Swallowed,
    /// It is carried out, its answer is lost.
    Lost,
    /// Its sender is told that it was cut off; it is carried out so much later.
    Late(Duration),
    /// No connection.
    Refused,
    /// It arrives so much later.
    Held(Duration),
    /// It is carried out at once, and answered so much later.
    Slow(Duration),
    /// Nothing ever comes of it: its sender dies waiting.
    Hang,
}

type Hook = Box<dyn FnMut(&Sent) -> Fate + Send>;

pub struct Wire {
    world: Arc<World>,
    dynamics: Router,
    marketo: Router,
    latency: Duration,
    /// Answers of the schema calls, where they need not be worked out anew.
    schema: Mutex<Option<Arc<Schema>>>,
    seen: Mutex<Seen>,
    before: Mutex<Option<Hook>>,
    after: Mutex<Option<Hook>>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<Sent>,
    schema: Schema,
    schema_calls: u64,
    /// Whether Marketo's description of people names our fields.
    fields: Ours,
    limited: Vec<String>,
}

/// What is known of our fields in Marketo.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Ours {
    #[default]
    Missing,
    /// They were asked for; whether they are there has not been seen yet.
    Asked,
    There,
}

/// Codes and statuses that say that a limit was met.
const LIMITS: [&str; 3] = ["\"606\"", "\"615\"", "\"607\""];

/// Metadata of both ends, which no life changes: by address.
pub type Schema = std::collections::HashMap<String, http::Response<Bytes>>;

/// One in so many schema calls is carried out for real, so that faults strike there too.
const SCHEMA_FOR_REAL: u64 = 100;

impl Wire {
    pub fn new(world: Arc<World>, latency: Duration) -> Arc<Self> {
        Arc::new(Self {
            dynamics: world.dynamics.router(),
            marketo: world.marketo.router(),
            world,
            latency,
            schema: Mutex::default(),
            seen: Mutex::default(),
            before: Mutex::default(),
            after: Mutex::default(),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Calls since the last look, and forgets them.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.seen().calls)
    }

    /// Record writes since the last look, and forgets all calls.
    pub fn take_writes(&self) -> Vec<Write> {
        self.take()
            .into_iter()
            .flat_map(|sent| sent.writes)
            .collect()
    }

    /// Asked before a call is delivered.
    pub fn before(&self, hook: impl FnMut(&Sent) -> Fate + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }

    /// Told after a call was carried out, before its answer travels back; only [`Fate::Lost`] means something here.
    pub fn after(&self, hook: impl FnMut(&Sent) -> Fate + Send + 'static) {
        *self.after.lock().unwrap() = Some(Box::new(hook));
    }

    /// Nobody looks any more.
    pub fn unhook(&self) {
        *self.before.lock().unwrap() = None;
        *self.after.lock().unwrap() = None;
    }

    /// Spoils the next call that writes records to `side`.
    pub fn spoil_next_write(&self, side: Side, fate: Fate) {
        let mut left = 1;
        self.before(move |sent| {
            if left > 0 && sent.side == side && sent.writes.iter().any(is_record) {
                left -= 1;
                return fate;
            }
            Fate::Pass
        });
    }

    /// Does something once, just before the next record write to `side` arrives.
    pub fn just_before_write(&self, side: Side, act: impl FnOnce(&World) + Send + 'static) {
        let (mut act, world) = (Some(act), Arc::clone(&self.world));
        self.before(move |sent| {
            if sent.side == side
                && sent.writes.iter().any(is_record)
                && let Some(act) = act.take()
            {
                act(&world);
            }
            Fate::Pass
        });
    }

    /// The schema answers seen so far.
    pub fn schema(&self) -> Schema {
        self.seen().schema.clone()
    }

    /// Calls since the last look that were answered with a limit, and forgets them.
    pub fn take_limited(&self) -> Vec<String> {
        std::mem::take(&mut self.seen().limited)
    }

    /// Answers most schema calls from `schema`: they are the same in every world, and slow.
    pub fn know_schema(&self, schema: Arc<Schema>) {
        *self.schema.lock().unwrap() = Some(schema);
    }

    fn known(&self, request: &http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let known = self.schema.lock().unwrap().clone()?;
        let mut seen = self.seen();
        let uri = request.uri();
        let key = match seen.fields {
            _ if !is_description(uri.path()) => uri.to_string(),
            Ours::Asked => return None,
            Ours::Missing => format!("{uri} without ours"),
            Ours::There => uri.to_string(),
        };
        let answer = known.get(&key)?;
        seen.schema_calls += 1;
        (!seen.schema_calls.is_multiple_of(SCHEMA_FOR_REAL)).then(|| answer.clone())
    }

    async fn deliver(&self, side: Side, request: http::Request<Bytes>) -> Answered {
        if let Some(answer) = self.known(&request) {
            return Ok(answer);
        }
        let uri = request.uri().clone();
        if uri.path().ends_with("/schema/fields.json") && request.method() == http::Method::POST {
            self.seen().fields = Ours::Asked;
        }
        let router = match side {
            Side::Dynamics => self.dynamics.clone(),
            Side::Marketo => self.marketo.clone(),
        };
        let response = router.oneshot(request.map(Body::from)).await.unwrap();
        let (head, body) = response.into_parts();
        match body.collect().await {
            Ok(body) => {
                let answer = http::Response::from_parts(head, body.to_bytes());
                self.learn(&uri, &answer);
                Ok(answer)
            }
            Err(error) => Err(TransportError::Interrupted(error.to_string())),
        }
    }

    fn learn(&self, uri: &http::Uri, answer: &http::Response<Bytes>) {
        let (mut seen, body) = (self.seen(), answer.body());
        let says = |word: &str| memchr::memmem::find(body, word.as_bytes()).is_some();
        let short = body.len() < 1000;
        if answer.status() == 429 || (short && LIMITS.iter().any(|code| says(code))) {
            seen.limited.push(uri.to_string());
        }
        if answer.status() != http::StatusCode::OK {
            return;
        }
        if is_description(uri.path()) {
            if says("syncdeckDeleted") {
                seen.fields = Ours::There;
                seen.schema.insert(uri.to_string(), answer.clone());
            } else if seen.fields == Ours::Missing && (says("updateable") || says("readOnly")) {
                let key = format!("{uri} without ours");
                seen.schema.insert(key, answer.clone());
            }
        } else if uri.path().contains("/EntityDefinitions") {
            seen.schema.insert(uri.to_string(), answer.clone());
        }
    }

    fn ask(hook: &Mutex<Option<Hook>>, sent: &Sent) -> Fate {
        let mut hook = hook.lock().unwrap();
        hook.as_mut().map_or(Fate::Pass, |hook| hook(sent))
    }

    /// Delivers without being watched: a plain client's call.
    pub async fn plain(&self, side: Side, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.deliver(side, request).await.unwrap()
    }
}

type Answered = Result<http::Response<Bytes>, TransportError>;

/// The transport the connectors are given.
pub struct Line(pub Arc<Wire>);

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: http::Request<Bytes>) -> Answered {
        let wire = &self.0;
        let side = match request.uri().port_u16() {
            Some(7001) => Side::Dynamics,
            Some(7002) => Side::Marketo,
            port => panic!("a call to nowhere: port {port:?}"),
        };
        tokio::time::sleep(wire.latency).await;
        let mut sent = Sent {
            side,
            path: request.uri().path().to_owned(),
            writes: writes(side, &request),
        };
        let fate = Wire::ask(&wire.before, &sent);
        let cut = || Err(TransportError::Interrupted("the line went dead".to_owned()));
        match fate {
            Fate::Refused => return Err(TransportError::Connect("refused".to_owned())),
            Fate::Swallowed => return cut(),
            Fate::Hang => std::future::pending().await,
            Fate::Late(by) => {
                let late = Arc::clone(wire);
                tokio::spawn(async move {
                    tokio::time::sleep(by).await;
                    drop(late.deliver(side, request).await);
                });
                wire.seen().calls.push(sent);
                return cut();
            }
            Fate::Held(by) => tokio::time::sleep(by).await,
            Fate::Pass | Fate::Lost | Fate::Slow(_) => {}
        }
        for write in &mut sent.writes {
            compare(&wire.world, write);
        }
        wire.seen().calls.push(sent.clone());
        let answer = wire.deliver(side, request).await;
        if let Fate::Slow(by) = fate {
            tokio::time::sleep(by).await;
        }
        let after = Wire::ask(&wire.after, &sent);
        if after == Fate::Hang {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(wire.latency).await;
        if fate == Fate::Lost || after == Fate::Lost {
            return cut();
        }
        answer
    }
}

/// Marketo's description of people: the same in every world once our fields are among them.
fn is_description(path: &str) -> bool {
    path.contains("/leads/describe")
}

/// Whether a write is about one record, not about the schema.
pub fn is_record(write: &Write) -> bool {
    !write.what.contains("schema")
}

fn writes(side: Side, request: &http::Request<Bytes>) -> Vec<Write> {
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    let body = String::from_utf8_lossy(request.body());
    // The question whether the native sync is on looks like a write, but can change nothing.
    let probe = body.contains("syncdeck-probe-of-no-company");
    let is_read = probe || query.contains("_method=GET") || body.contains("_method=GET");
    if request.method() == http::Method::GET || path.contains("/oauth") || is_read {
        return Vec::new();
    }
    match side {
        Side::Marketo => people(path, &body),
        Side::Dynamics if path.ends_with("$batch") => parts(&body),
        Side::Dynamics => vec![Write {
            side,
            what: format!("{} {path}", request.method()),
            key: String::new(),
            fields: serde_json::from_str(&body).unwrap_or_default(),
            version: None,
            needless: Vec::new(),
            stale: false,
        }],
    }
}

fn people(path: &str, body: &str) -> Vec<Write> {
    let document: Json = serde_json::from_str(body).unwrap_or_default();
    let short = path.rsplit("/v1/").next().unwrap_or(path);
    let action = document["action"].as_str().unwrap_or_default();
    let records = document["input"].as_array().cloned().unwrap_or_default();
    records
        .into_iter()
        .map(|record| {
            let mut fields = record.as_object().cloned().unwrap_or_default();
            let key = fields
                .remove("id")
                .map_or_else(String::new, |id| id.to_string());
            Write {
                side: Side::Marketo,
                what: format!("{short} {action}"),
                key,
                fields,
                version: None,
                needless: Vec::new(),
                stale: false,
            }
        })
        .collect()
}

/// The writing operations of a `$batch`.
fn parts(body: &str) -> Vec<Write> {
    let mut found: Vec<Write> = Vec::new();
    let mut open = false;
    for line in body.lines() {
        let verb = line.split(' ').next().unwrap_or_default();
        if matches!(verb, "PATCH" | "POST" | "DELETE") {
            let (_, target) = line.split_once("/v9.2/").unwrap_or_default();
            let (set, rest) = target.split_once('(').unwrap_or((target, ""));
            let key = rest.split(')').next().unwrap_or_default().to_owned();
            found.push(Write {
                side: Side::Dynamics,
                what: format!("{verb} {set}"),
                key,
                fields: Map::new(),
                version: None,
                needless: Vec::new(),
                stale: false,
            });
            open = true;
        } else if let (true, Some(version)) = (open, line.strip_prefix("If-Match: ")) {
            if let Some(write) = found.last_mut() {
                let digits = version.chars().filter(char::is_ascii_digit);
                write.version = Some(digits.collect());
            }
        } else if open && line.starts_with('{') {
            if let Some(write) = found.last_mut() {
                write.fields = serde_json::from_str(line).unwrap();
            }
            open = false;
        }
    }
    found
}

/// What the target holds now.
fn held(world: &World, write: &Write) -> Option<Map<String, Json>> {
    if write.side == Side::Marketo {
        return world.marketo.person(write.key.parse().ok()?);
    }
    let table = if write.what.ends_with("contacts") {
        "contact"
    } else {
        "lead"
    };
    world.dynamics.row(table, write.key.parse().ok()?)
}

/// Compares a write with what its target holds as it arrives.
fn compare(world: &World, write: &mut Write) {
    let Some(held) = held(world, write) else {
        write.stale = !write.key.is_empty();
        return;
    };
    let now = held.get("versionnumber").map(ToString::to_string);
    write.stale = write.version.is_some() && write.version != now;
    if write.stale {
        return;
    }
    let same = |(name, value): &(&String, &Json)| held.get(*name).unwrap_or(&Json::Null) == *value;
    let needless = write.fields.iter().filter(same);
    write.needless = needless.map(|(name, _)| name.clone()).collect();
}
