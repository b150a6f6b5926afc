//! A Marketo that answers what it is told, in order, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use syncdeck::clock::Clock;
use syncdeck::config::{LimitMode, MarketoProfile, Share};
use syncdeck::connectors::marketo::Marketo;
use syncdeck::connectors::{Transport, TransportError};

/// What happens to one request.
#[derive(Clone)]
pub enum Reply {
    /// A complete answer.
    Http(u16, String),
    /// A complete answer of another type, with bytes.
    File(u16, Bytes),
    /// No connection is made.
    Refused,
    /// The connection breaks after the request was sent.
    Cut,
}

/// One request as it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub content_type: String,
    pub range: Option<String>,
    pub body: String,
    pub at: tokio::time::Instant,
}

impl Sent {
    /// The form fields of the body.
    pub fn form(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    tokens: VecDeque<Reply>,
    handed_out: u32,
    sent: Vec<Sent>,
    asked: Vec<Sent>,
}

/// The transport.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<State>>);

impl Script {
    /// Answers REST calls with these, in order. Tokens are handed out freely.
    pub fn answering<R: Into<Reply>>(replies: impl IntoIterator<Item = R>) -> Self {
        let script = Self::default();
        script.then(replies);
        script
    }

    /// More answers.
    pub fn then<R: Into<Reply>>(&self, replies: impl IntoIterator<Item = R>) {
        let mut state = self.0.lock().unwrap();
        state.replies.extend(replies.into_iter().map(Into::into));
    }

    /// Answers to the next token requests; afterwards fresh tokens of an hour.
    pub fn tokens<R: Into<Reply>>(self, replies: impl IntoIterator<Item = R>) -> Self {
        self.0.lock().unwrap().tokens = replies.into_iter().map(Into::into).collect();
        self
    }

    /// The REST requests.
    pub fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// The token requests.
    pub fn asked(&self) -> Vec<Sent> {
        self.0.lock().unwrap().asked.clone()
    }

    /// A client of this Marketo, its limits kept from the start.
    pub fn marketo(&self) -> Marketo {
        self.client(
            "https://123-ABC-456.mktorest.com",
            1.0,
            LimitMode::Real,
            50_000,
        )
    }

    pub fn client(
        &self,
        host: &str,
        share: impl Into<Share>,
        limits: LimitMode,
        daily_calls: u64,
    ) -> Marketo {
        let start = "2026-08-17T09:00:00Z".parse().unwrap();
        let clock = Clock::following_tokio(start);
        let profile = profile(host, daily_calls);
        Marketo::new(&profile, share, limits, Arc::new(self.clone()), clock).unwrap()
    }
}

fn profile(host: &str, daily_calls: u64) -> MarketoProfile {
    MarketoProfile {
        endpoint: format!("{host}/rest"),
        identity: format!("{host}/identity"),
        client_id: "2f1c-client".to_owned(),
        client_secret: "Zx81-secret".to_owned().into(),
        daily_calls,
        partition: None,
    }
}

/// A client without limits over any transport, outside a runtime.
pub fn client_over(transport: Arc<dyn Transport>) -> Marketo {
    let profile = profile("https://123-ABC-456.mktorest.com", 50_000);
    Marketo::new(&profile, 1.0, LimitMode::Off, transport, Clock::system()).unwrap()
}

impl From<String> for Reply {
    fn from(body: String) -> Self {
        Self::Http(200, body)
    }
}

impl From<&str> for Reply {
    fn from(body: &str) -> Self {
        Self::Http(200, body.to_owned())
    }
}

/// `success: true` with this `result`.
pub fn ran(result: &str) -> Reply {
    format!(r#"{{"requestId":"a1#18f0c2","success":true,"result":{result}}}"#).into()
}

/// `success: false` with this code.
pub fn failed(code: &str, message: &str) -> Reply {
    format!(
        r#"{{"requestId":"a1#18f0c2","success":false,"warnings":[],"errors":[{{"code":"{code}","message":"{message}"}}]}}"#
    )
    .into()
}

/// What the identity service answers.
pub fn token(name: &str, expires_in: i64) -> Reply {
    format!(
        r#"{{"access_token":"{name}","token_type":"bearer","expires_in":{expires_in},"scope":"sync-engine@example.com"}}"#
    )
    .into()
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let header = |name: &str| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let sent = Sent {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            authorization: header("authorization"),
            content_type: header("content-type").unwrap_or_default(),
            range: header("range"),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
            at: tokio::time::Instant::now(),
        };
        let reply = {
            let mut state = self.0.lock().unwrap();
            if sent.path == "/identity/oauth/token" {
                state.asked.push(sent);
                state.handed_out += 1;
                let number = state.handed_out;
                let scripted = state.tokens.pop_front();
                scripted.unwrap_or_else(|| token(&format!("token-{number}"), 3599))
            } else {
                state.sent.push(sent.clone());
                let scripted = state.replies.pop_front();
                scripted.unwrap_or_else(|| panic!("nobody expected {sent:?}"))
            }
        };
        // Every call takes a moment, so that callers overlap.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let (status, content_type, body) = match reply {
            Reply::Http(status, body) => (status, "application/json;charset=UTF-8", body.into()),
            Reply::File(status, body) => (status, "text/csv;charset=UTF-8", body),
            Reply::Refused => return Err(TransportError::Connect("connection refused".into())),
            Reply::Cut => return Err(TransportError::Interrupted("connection reset".into())),
        };
        Ok(http::Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(body)
            .unwrap())
    }
}
